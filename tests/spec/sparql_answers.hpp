#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rdf/term.hpp"

/// The answers that the suites expect, in each of the formats that they use.
namespace qp::tests {

struct ExpectedAnswer {
  enum class Kind { Table, Boolean, Graph };
  Kind kind = Kind::Table;
  std::vector<std::string> names;
  using Row = std::map<std::string, rdf::Term>;
  std::vector<Row> rows;
  bool ordered = false;  ///< the file says in which order
  bool boolean = false;
  rdf::Dataset graph;
};

/// An RDF file: Turtle, N-Triples, or the simple RDF/XML of the suites.
rdf::Dataset read_rdf(const std::filesystem::path& file, const std::string& base);
ExpectedAnswer read_answer(const std::filesystem::path& file, const std::string& base);

ExpectedAnswer parse_srx(const std::string& text);
ExpectedAnswer parse_srj(const std::string& text);
/// CSV has no types: every value that is not `_:x` is a plain literal.
ExpectedAnswer parse_csv(const std::string& text);
ExpectedAnswer parse_tsv(const std::string& text);

/// Equal as multisets (or in order), with a one-to-one renaming of blank nodes. Numbers are equal
/// by value where their datatypes are the same.
bool same_rows(const ExpectedAnswer& expected, const ExpectedAnswer& found, bool in_order,
               bool lax_cardinality);

}  // namespace qp::tests
