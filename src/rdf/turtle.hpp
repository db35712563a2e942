#pragma once

#include <span>
#include <string>
#include <string_view>

#include "rdf/term.hpp"

/// Turtle and TriG for people to read: prefixes, one block for each subject.
namespace qp::rdf {

struct Prefix {
  std::string_view name, iri;
};

/// The quads, whatever their graphs, as Turtle; where `graph` is not empty, as TriG with all of
/// them in that graph. Quads of one subject stand together. Prefixes that nothing uses are left
/// out.
std::string to_turtle(std::span<const QuadView> quads, std::span<const Prefix> prefixes,
                      std::string_view graph = {});

}  // namespace qp::rdf
