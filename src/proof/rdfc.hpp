#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "base/result.hpp"
#include "proof/hasher.hpp"
#include "rdf/term.hpp"

namespace qp::proof {

/// RDF Dataset Canonicalization 1.0, and what it grew from; they differ in how control characters
/// are escaped, in the result and in what is hashed.
enum class Canonicalization { Rdfc10, Urdna2015 };

struct CanonicalizeOptions {
  Canonicalization algorithm = Canonicalization::Rdfc10;
  HashAlgorithm hash = HashAlgorithm::Sha256;
  /// Work allowed for blank nodes that look alike, in hashes and permutations.
  std::size_t steps = limits::kCanonicalSteps;
};

struct CanonicalDataset {
  std::string nquads;  ///< one line a quad, in code point order
  /// `labels[n]` is the input's label of `_:c14n<n>`; borrowed from the input.
  std::vector<std::string_view> labels;
};

/// The canonical form of `quads`, which are valid (`rdf::validate`), in any order, repeats allowed:
/// datasets have the same one if and only if they are isomorphic.
/// TooLarge ("not verifiable: ...") for a dataset made to need more than `steps`, within
/// milliseconds by default; BadInput for a blank node as a predicate.
Result<CanonicalDataset> canonicalize(std::span<const rdf::QuadView> quads,
                                      const CanonicalizeOptions& options = {});

}  // namespace qp::proof
