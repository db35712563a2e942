#include "tools/query_table.hpp"

#include <algorithm>
#include <ostream>

#include "base/text.hpp"
#include "sparql/results.hpp"

namespace qp::tools {

namespace {

/// Characters, near enough to columns of a terminal.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string cut(std::string text, std::size_t width) {
  if (width_of(text) <= width) return text;
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80 && ++seen == width) break;
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
  }
  table.end();
  return count;
}

}  // namespace qp::tools
