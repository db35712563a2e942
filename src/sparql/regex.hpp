#pragma once

#include <functional>
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
  /// empty string, `replacement` is malformed, or `may_go_on`, asked behind each match with how
  /// much is made, said no.
  std::optional<std::string> replace(std::string_view text, std::string_view replacement,
                                     const std::function<bool(std::size_t made)>& may_go_on) const;

  /// One search is not interrupted: longer texts are for nobody to search.
  static constexpr std::size_t kTextBytes = std::size_t{1} << 20;

 private:
  explicit Regex(std::unique_ptr<re2::RE2> matcher);
  std::unique_ptr<re2::RE2> matcher_;
};

}  // namespace qp::sparql
