#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "sparql/execution.hpp"
#include "sparql/results.hpp"

namespace qp::tools {

struct TableStyle {
  std::size_t width = 0;  ///< of the terminal; 0: as wide as the cells are
  bool colours = false;
};

/// A SELECT as a table, an ASK as `yes` or `no`. How many rows there were.
Result<std::uint64_t> print_table(sparql::Execution& execution, const TableStyle& style,
                                  std::ostream& out);

/// The same answer without a character that a terminal would take for a command: as `\u001B`, where
/// the format has a way to write that (they only stand inside of texts and IRIs), else as U+FFFD.
std::string escaped_for_terminal(std::string_view text, sparql::Format format);

}  // namespace qp::tools
