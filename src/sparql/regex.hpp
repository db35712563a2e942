#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace qp::sparql {

/// A regular expression of XPath (F&O 5.6.1), matched in linear time by RE2. What RE2 cannot do in
/// linear time (back references) and what it lacks (class subtraction, blocks) does not compile.
class Regex {
 public:
  /// `flags`: of `smixq`. nullptr: a fault in either.
  static std::shared_ptr<const Regex> compile(std::string_view pattern, std::string_view flags);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  bool matches(std::string_view text) const;
  /// Each match becomes `replacement`, in which `$1` is a group. nullopt: the pattern matches the
  /// empty string, or `replacement` is malformed.
  std::optional<std::string> replace(std::string_view text, std::string_view replacement) const;

 private:
  explicit Regex(std::unique_ptr<re2::RE2> matcher);
  std::unique_ptr<re2::RE2> matcher_;
};

}  // namespace qp::sparql
