#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"

/// Structured field values (RFC 8941), as far as signatures need them: dictionaries of items and
/// inner lists. Decimals are not read.
namespace qp::sig::structured {

enum class Kind { Integer, String, Token, Bytes, Boolean };

struct BareItem {
  Kind kind = Kind::Boolean;
  std::string value;  ///< unescaped, decoded; `1` or `0` of a Boolean

  /// Canonical (RFC 8941 4.1.3.1).
  std::string text() const;
};
using Parameters = std::vector<std::pair<std::string, BareItem>>;

struct Item : BareItem {
  Parameters parameters;

  /// Canonical (RFC 8941 4.1.3).
  std::string text() const;
};

struct InnerList {
  std::vector<Item> items;
  Parameters parameters;

  std::string text() const;
};

struct Member {
  std::variant<Item, InnerList> value;
};
using Dictionary = std::vector<std::pair<std::string, Member>>;

/// In the order of the field. Stricter than RFC 8941: a key may come once only, in dictionaries
/// and parameters, and there are at most 16 members, 32 items a list, 16 parameters.
Result<Dictionary> parse_dictionary(std::string_view field);

const BareItem* find(const Parameters& parameters, std::string_view name);
const Member* find(const Dictionary& dictionary, std::string_view name);

/// An sf-string; BadInput for characters outside of visible ASCII and blank.
Result<std::string> quote(std::string_view text);

}  // namespace qp::sig::structured
