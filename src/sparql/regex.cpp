#include "sparql/regex.hpp"

#include <re2/re2.h>

#include <vector>

namespace qp::sparql {

namespace {

/// The spelling of RE2 for one of XPath.
class Translation {
 public:
  Translation(std::string_view pattern, bool without_space)
      : pattern_(pattern), without_space_(without_space) {}

  std::optional<std::string> run() {
    while (at_ < pattern_.size()) {
      if (!step()) return std::nullopt;
    }
    return in_class_ ? std::nullopt : std::optional(std::move(made_));
  }

 private:
  bool step() {
    const char c = pattern_[at_++];
    if (c == '\\') return escape();
    if (in_class_) {
      if (c == '[') return false;  // class subtraction
      if (c == ']') in_class_ = false;
    } else if (c == '[') {
      in_class_ = true;
      made_ += c;
      if (at_ < pattern_.size() && pattern_[at_] == '^') made_ += pattern_[at_++];
      return true;
    } else if (without_space_ && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
      return true;
    }
    made_ += c;
    return true;
  }

  // Multi-character escapes, XSD part 2 F.1.1, as sets of Unicode categories.
  bool escape() {
    struct Row {
      char letter;
      std::string_view members;
      bool negated;
    };
    static constexpr Row kRows[] = {
        {'d', R"(\p{Nd})", false},
        {'D', R"(\P{Nd})", false},
        {'w', R"(\p{L}\p{M}\p{N}\p{S})", false},
        {'W', R"(\p{P}\p{Z}\p{C})", false},
        {'s', R"( \t\n\r)", false},
        {'S', R"( \t\n\r)", true},
        {'i', R"(_:\p{L})", false},
        {'I', R"(_:\p{L})", true},
        {'c', R"(\-._:\p{L}\p{M}\p{Nd}·)", false},
        {'C', R"(\-._:\p{L}\p{M}\p{Nd}·)", true},
    };
    if (at_ == pattern_.size()) return false;
    const char c = pattern_[at_++];
    if (c >= '1' && c <= '9') return false;
    if ((c == 'p' || c == 'P') && pattern_.substr(at_).starts_with("{Is")) return false;
    for (const Row& row : kRows) {
      if (row.letter != c) continue;
      if (!in_class_) {
        made_.append(row.negated ? "[^" : "[").append(row.members) += ']';
      } else if (row.negated) {
        return false;
      } else {
        made_ += row.members;
      }
      return true;
    }
    made_ += '\\';
    made_ += c;
    return true;
  }

  std::string_view pattern_;
  bool without_space_;
  std::size_t at_ = 0;
  bool in_class_ = false;
  std::string made_;
};

}  // namespace

Regex::Regex(std::unique_ptr<re2::RE2> matcher) : matcher_(std::move(matcher)) {}
Regex::~Regex() = default;

std::shared_ptr<const Regex> Regex::compile(std::string_view pattern, std::string_view flags) {
  if (flags.find_first_not_of("smixq") != std::string_view::npos) return nullptr;
  const auto has = [flags](char flag) { return flags.find(flag) != std::string_view::npos; };
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(!has('i'));
  options.set_literal(has('q'));
  std::string text(pattern);
  if (!has('q')) {
    const auto translated = Translation(pattern, has('x')).run();
    if (!translated) return nullptr;
    text = *translated;
    if (has('s') || has('m')) {
      text = std::string("(?") + (has('s') ? "s" : "") + (has('m') ? "m" : "") + ")" + text;
    }
  }
  auto matcher = std::make_unique<re2::RE2>(text, options);
  if (!matcher->ok()) return nullptr;
  return std::shared_ptr<const Regex>(new Regex(std::move(matcher)));
}

bool Regex::matches(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *matcher_);
}

/// Pieces of text, and the groups between them: `a$1b` -> "a", 1, "b".
static std::optional<std::vector<std::pair<std::string, int>>> parts_of(std::string_view text,
                                                                        int groups) {
  std::vector<std::pair<std::string, int>> parts(1, {{}, -1});
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      ++i;
      if (i == text.size() || (text[i] != '\\' && text[i] != '$')) return std::nullopt;
      parts.back().first += text[i];
    } else if (c == '$') {
      if (i + 1 == text.size() || text[i + 1] < '0' || text[i + 1] > '9') return std::nullopt;
      int group = text[++i] - '0';
      // More digits belong to the number as long as there is such a group.
      while (i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9' &&
             group * 10 + (text[i + 1] - '0') <= groups) {
        group = group * 10 + (text[++i] - '0');
      }
      parts.back().second = group;
      parts.emplace_back(std::string(), -1);
    } else {
      parts.back().first += c;
    }
  }
  return parts;
}

std::optional<std::string> Regex::replace(std::string_view text, std::string_view replacement,
                                          const std::function<bool(std::size_t)>& may_go_on) const {
  if (re2::RE2::PartialMatch("", *matcher_)) return std::nullopt;
  const int groups = matcher_->NumberOfCapturingGroups();
  const auto parts = parts_of(replacement, groups);
  if (!parts) return std::nullopt;
  std::vector<re2::StringPiece> found(static_cast<std::size_t>(groups) + 1);
  const re2::StringPiece subject(text.data(), text.size());
  std::string made;
  std::size_t at = 0;
  while (at <= text.size() && matcher_->Match(subject, at, text.size(), re2::RE2::UNANCHORED,
                                              found.data(), static_cast<int>(found.size()))) {
    const auto begin = static_cast<std::size_t>(found[0].data() - text.data());
    made.append(text.substr(at, begin - at));
    for (const auto& [piece, group] : *parts) {
      made += piece;
      if (group >= 0 && group <= groups) {
        const re2::StringPiece& part = found[static_cast<std::size_t>(group)];
        made.append(part.data(), part.size());
      }
    }
    if (!may_go_on(made.size())) return std::nullopt;
    at = begin + found[0].size();
    if (found[0].empty()) {
      if (at == text.size()) break;
      made += text[at++];
    }
  }
  if (at < text.size()) made.append(text.substr(at));
  return made;
}

}  // namespace qp::sparql
