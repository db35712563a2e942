#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// Small functions on text that the standard library lacks. ASCII only, unless they say otherwise.
namespace qp::text {

std::string lower(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);
std::string_view trim(std::string_view text);
/// Pieces between `separator`s, empty ones included; views into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);
/// The text before the first `separator` and that after it; no second part where there is none.
std::pair<std::string_view, std::optional<std::string_view>> split_once(std::string_view text,
                                                                        char separator);

/// A whole unsigned decimal number, nothing around it.
std::optional<std::uint64_t> to_uint(std::string_view text);

/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);
void append_utf8(std::string& out, std::uint32_t code_point);

/// RFC 4648 base64, with padding. Decoding is strict; url-safe uses section 5 without padding.
std::string base64(std::string_view bytes);
std::string base64_url(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);
std::optional<std::string> from_base64_url(std::string_view text);

std::string hex(std::string_view bytes);

/// RFC 3986 percent-encoding of everything but unreserved characters.
std::string percent_encode(std::string_view text);
/// Fails on a `%` without two hex digits. `+` stays `+`.
std::optional<std::string> percent_decode(std::string_view text);

/// application/x-www-form-urlencoded, in order.
using Form = std::vector<std::pair<std::string, std::string>>;
Result<Form> parse_form(std::string_view body);
std::optional<std::string_view> find(const Form& form, std::string_view name);

/// Does not tell by its duration where two secrets differ.
bool equals_in_constant_time(std::string_view a, std::string_view b);

/// On one line, and nothing that a terminal would take for a command: spaces in place of C0, DEL
/// and C1.
std::string for_terminal(std::string text);

}  // namespace qp::text
