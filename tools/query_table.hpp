#pragma once

#include <iosfwd>

#include "sparql/execution.hpp"

namespace qp::tools {

struct TableStyle {
  std::size_t width = 0;  ///< of the terminal; 0: as wide as the cells are
  bool colours = false;
};

/// A SELECT as a table, an ASK as `yes` or `no`. How many rows there were.
Result<std::uint64_t> print_table(sparql::Execution& execution, const TableStyle& style,
                                  std::ostream& out);

}  // namespace qp::tools
