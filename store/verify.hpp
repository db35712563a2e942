#pragma once

#include "base/result.hpp"
#include "store/dictionary.hpp"
#include "store/store.hpp"

namespace qp::store {

/// Reads everything in one picture of the store and says what does not agree: the four indexes
/// with each other and with the counted sums, ids with the dictionary, graph records with their
/// quads, sequences and queue with their indexes, values with their checksums.
Result<Verification> verify(const Access& access, const Dictionary& dictionary);

}  // namespace qp::store
