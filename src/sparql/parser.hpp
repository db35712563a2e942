#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sparql/ast.hpp"
#include "sparql/deadline.hpp"

namespace qp::sparql {

/// Where a text is no SPARQL, why, and what to try.
struct Fault {
  Position at;
  std::string what;
  std::string hint;  ///< empty: none is known
};

struct ParseOptions {
  std::string base;  ///< relative IRIs resolve against it until BASE names another
  /// The namespace of a prefix that the text does not declare; empty view: there is none.
  std::string_view (*known_prefix)(std::string_view prefix) = nullptr;
  Deadline deadline{};
};

/// The namespaces of vocab/ by their prefix, for ParseOptions.
std::string_view vocabulary_prefix(std::string_view prefix);

/// SPARQL 1.1 Query and Update. BadInput says the line, the column and the hint in words; `fault`
/// gets the same in pieces. TooLarge: over kSparqlBytes or kSparqlDepth. Unavailable: the deadline.
Result<Query> parse_query(std::string_view text, const ParseOptions& options = {},
                          Fault* fault = nullptr);
Result<Update> parse_update(std::string_view text, const ParseOptions& options = {},
                            Fault* fault = nullptr);

/// The variables in scope behind `group`, 18.2.1, in order of appearance.
std::vector<Variable> in_scope(const Group& group);

}  // namespace qp::sparql
