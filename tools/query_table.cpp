#include "tools/query_table.hpp"

#include <unigbrk.h>
#include <unistr.h>
#include <uniwidth.h>

#include <algorithm>
#include <cstdio>
#include <ostream>

#include "base/text.hpp"
#include "tools/command.hpp"

namespace qp::tools {

namespace {

const std::uint8_t* bytes(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

/// Where the next character that is shown as one begins: an accent stays with its letter, and a
/// family is together.
std::size_t next_character(std::string_view text, std::size_t at) {
  const std::uint8_t* const end = bytes(text) + text.size();
  const std::uint8_t* const next = u8_grapheme_next(bytes(text) + at, end);
  return next == nullptr ? text.size() : static_cast<std::size_t>(next - bytes(text));
}

/// Columns of a terminal.
std::size_t width_of_one(std::string_view character) {
  ucs4_t first = 0;
  const int length = u8_mbtouc(&first, bytes(character), character.size());
  const int width = std::max(0, uc_width(first, "UTF-8"));
  static constexpr std::string_view kAsPicture = "\xEF\xB8\x8F";
  const bool pair = first >= 0x1F1E6 && first <= 0x1F1FF;  // of the letters of a flag
  const bool is_wide = pair ? length < static_cast<int>(character.size())
                            : character.find(kAsPicture) != std::string_view::npos;
  return is_wide ? 2 : static_cast<std::size_t>(width);
}

std::size_t width_of(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; })) {
    return text.size();
  }
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = next_character(text, at);
    width += width_of_one(text.substr(at, next - at));
    at = next;
  }
  return width;
}

std::string cut(std::string text, std::size_t width) {
  if (width_of(text) <= width) return text;
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size();) {
    const std::size_t next = next_character(text, at);
    seen += width_of_one(std::string_view(text).substr(at, next - at));
    if (seen >= width) break;
    at = next;
  }
  text.resize(at);
  return text + "…";
}

std::string cell(const rdf::TermView& term) {
  std::string text = term.kind == rdf::TermKind::Literal && term.language.empty() &&
                             term.datatype == "http://www.w3.org/2001/XMLSchema#string"
                         ? std::string(term.value)
                         : sparql::short_term(term);
  return text::for_terminal(std::move(text));
}

/// The first rows say how wide the columns are; the rest follows as it comes.
class Table {
 public:
  Table(const std::vector<std::string>& names, const TableStyle& style, std::ostream& out)
      : names_(names), style_(style), out_(out) {}

  void add(std::vector<std::string> cells) {
    if (!measured_) {
      waiting_.push_back(std::move(cells));
      static constexpr std::size_t kMeasured = 1'000;
      if (waiting_.size() == kMeasured) begin();
    } else {
      line(cells, false);
    }
  }
  void end() {
    if (!measured_) begin();
  }

 private:
  void begin() {
    measured_ = true;
    for (const std::string& name : names_) widths_.push_back(width_of(name) + 1);
    for (const auto& cells : waiting_) {
      for (std::size_t i = 0; i < cells.size(); ++i) {
        widths_[i] = std::max(widths_[i], width_of(cells[i]));
      }
    }
    fit();
    std::vector<std::string> heads;
    heads.reserve(names_.size());
    for (const std::string& name : names_) heads.push_back("?" + name);
    line(heads, true);
    std::string rule;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      rule += i == 0 ? "" : "  ";
      for (std::size_t j = 0; j < widths_[i]; ++j) rule += "─";
    }
    out_ << rule << "\n";
    for (const auto& cells : waiting_) line(cells, false);
    waiting_.clear();
  }

  /// The widest columns give way until all fit.
  void fit() {
    if (style_.width == 0 || widths_.empty()) return;
    static constexpr std::size_t kNarrowest = 8;
    const std::size_t between = 2 * (widths_.size() - 1);
    const std::size_t room = style_.width > between ? style_.width - between : 0;
    while (true) {
      std::size_t sum = 0;
      for (const std::size_t width : widths_) sum += width;
      const auto widest = std::max_element(widths_.begin(), widths_.end());
      if (sum <= room || *widest <= kNarrowest) return;
      --*widest;
    }
  }

  void line(const std::vector<std::string>& cells, bool head) {
    if (head && style_.colours) out_ << "\033[1m";
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string text = style_.width == 0 ? cells[i] : cut(cells[i], widths_[i]);
      out_ << (i == 0 ? "" : "  ") << text;
      if (i + 1 < cells.size() && width_of(text) < widths_[i]) {
        out_ << std::string(widths_[i] - width_of(text), ' ');
      }
    }
    if (head && style_.colours) out_ << "\033[0m";
    out_ << "\n";
  }

  const std::vector<std::string>& names_;
  TableStyle style_;
  std::ostream& out_;
  bool measured_ = false;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> waiting_;
};

}  // namespace

Result<std::uint64_t> print_table(sparql::Execution& execution, const TableStyle& style,
                                  std::ostream& out) {
  if (execution.form() == sparql::Query::Form::Ask) {
    out << (QP_TRY(execution.ask()) ? "yes" : "no") << "\n";
    return 1;
  }
  Table table(execution.names(), style, out);
  std::uint64_t count = 0;
  sparql::Batch rows;
  while (QP_TRY(execution.next(rows))) {
    count += rows.rows;
    for (std::size_t i = 0; i < rows.rows; ++i) {
      std::vector<std::string> cells;
      for (std::size_t j = 0; j < rows.width; ++j) {
        const TermId id = rows.row(i)[j];
        cells.push_back(id == TermId::None ? std::string() : cell(QP_TRY(execution.term(id))));
      }
      table.add(std::move(cells));
    }
    if (!out) return error(Code::Storage, std::string(kCannotPrint));
  }
  table.end();
  return count;
}

std::string escaped_for_terminal(std::string_view text, sparql::Format format) {
  using sparql::Format;
  const bool escapes = format != Format::Csv && format != Format::Xml;
  std::string made;
  for (std::size_t at = 0; at < text.size();) {
    ucs4_t character = 0;
    const auto length = static_cast<std::size_t>(
        std::max(1, u8_mbtouc(&character, bytes(text) + at, text.size() - at)));
    const std::string_view here = text.substr(at, length);
    at += length;
    if (here == "\n" || here == "\r" || here == "\t" ||
        text::for_terminal(std::string(here)) == here) {
      made += here;
    } else if (escapes) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04X", static_cast<unsigned>(character));
      made += code;
    } else {
      made += "\xEF\xBF\xBD";
    }
  }
  return made;
}

}  // namespace qp::tools
