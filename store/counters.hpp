#pragma once

#include <array>
#include <cstdint>

#include "base/result.hpp"
#include "rdf/term_id.hpp"
#include "store/access.hpp"

namespace qp::store {

/// 1-65535 are rows of terms.def.
inline constexpr std::uint64_t kFirstTerm = 65536;

constexpr TermId make_id(rdf::TermClass kind, std::uint64_t payload) {
  return static_cast<TermId>(static_cast<std::uint64_t>(kind) << rdf::kClassShift | payload);
}

/// What the store counts. One record, read at the begin of each write transaction and written at
/// its end, so that several processes may take turns.
struct Counters {
  static constexpr std::size_t kClasses = 5;  ///< the classes that are numbered

  std::uint64_t generation = 0;  ///< commits so far
  std::array<std::uint64_t, kClasses> next_term{kFirstTerm, kFirstTerm, kFirstTerm, kFirstTerm,
                                                kFirstTerm};
  std::uint64_t next_audience = 2;
  std::uint64_t next_queue = 1;
  std::uint64_t changes = 0;   ///< of graphs: the newest GraphRecord::version
  std::uint64_t terms = 0;     ///< rows of `terms`
  std::uint64_t term_sum = 0;  ///< of hashes over these rows
  std::uint64_t quads = 0;
  /// Sums of hashes over all quads, without and with ordinals: each index must give the same.
  std::uint64_t quad_sum = 0;
  std::uint64_t ordinal_sum = 0;

  std::uint64_t next(rdf::TermClass kind) const {
    return next_term[static_cast<std::size_t>(kind)];
  }
  std::uint64_t take(rdf::TermClass kind) { return next_term[static_cast<std::size_t>(kind)]++; }
};

Result<Counters> read_counters(const Access& access);
Result<void> write_counters(Access& access, const Counters& counters);

}  // namespace qp::store
