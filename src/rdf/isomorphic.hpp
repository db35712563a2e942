#pragma once

#include "rdf/term.hpp"

namespace qp::rdf {

/// Equal as RDF datasets: some one-to-one renaming of blank nodes turns one into the other. Order
/// and repeats do not matter. Exponential at worst: for tests and for data of our own.
bool isomorphic(const Dataset& a, const Dataset& b);

}  // namespace qp::rdf
