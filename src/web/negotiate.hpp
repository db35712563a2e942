#pragma once

#include <optional>
#include <string_view>

/// Which media type is answered, and which are read (RFC 9110 12.5.1, ActivityPub 3.2).
namespace qp::web {

/// In the order in which this server prefers them.
enum class Representation { ActivityJson, LdJson, Json, Html, Turtle, TriG, NQuads };

inline bool is_json(Representation representation) {
  return representation <= Representation::Json;
}

/// The Content-Type of it. LdJson names the ActivityStreams profile, without which peers refuse it.
std::string_view content_type(Representation representation);

/// What suits an Accept field best; ActivityJson where there is none or everything is welcome;
/// nullopt: nothing that is written here is accepted (406).
std::optional<Representation> negotiate(std::optional<std::string_view> accept);

/// `application/activity+json` or `application/ld+json`, parameters ignored.
bool is_activity_type(std::string_view content_type);
/// `application/json`, parameters ignored.
bool is_json_type(std::string_view content_type);
/// `application/x-www-form-urlencoded`, parameters ignored.
bool is_form_type(std::string_view content_type);

/// The request fields that the answer for a resource depends on: the value of Vary.
inline constexpr std::string_view kVary =
    "Accept, Authorization, Signature, Signature-Input, Origin";

}  // namespace qp::web
