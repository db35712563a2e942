#pragma once

#include <span>
#include <string>
#include <vector>

#include "rdf/term.hpp"
#include "vocab/prefixes.hpp"

/// Turtle and TriG for people to read.
namespace qp::rdf {

/// Writes quads as they come. Those of one graph, of one subject in it and of one predicate of
/// that stand together where they follow one another. Without named graphs the text is Turtle,
/// else TriG.
class TurtleWriter {
 public:
  /// What nothing uses of `prefixes` is left out of the text. They outlive the writer.
  explicit TurtleWriter(std::span<const vocab::Prefix> prefixes);

  void add(const QuadView& quad);
  /// All of the text, prefixes first. To be called once, at the end.
  std::string finish();

 private:
  void end_statement();
  void begin_graph(const TermView& graph);
  void verb(const TermView& verb);
  void term(const TermView& term);
  bool write_short(std::string_view iri);

  std::span<const vocab::Prefix> prefixes_;
  std::vector<bool> used_;
  std::string body_;
  Quad last_;  ///< its subject is empty where no statement is open, its object is not kept
};

/// The quads in their order.
std::string to_turtle(std::span<const QuadView> quads, std::span<const vocab::Prefix> prefixes);

}  // namespace qp::rdf
