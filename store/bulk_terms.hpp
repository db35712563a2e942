#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "store/counters.hpp"
#include "store/dictionary.hpp"
#include "store/row_file.hpp"
#include "store/sorted_runs.hpp"

namespace qp::store {

/// The terms of a bulk load: those that are new, by the hash of what they are; beyond a budget of
/// memory in unnamed files. Those that the old store has keep their ids. Used by one thread.
class BulkTerms {
 public:
  /// `old`: the dictionary of the store that is loaded into.
  BulkTerms(const WordIndex& words, const Dictionary& old, Counters& counters,
            const std::filesystem::path& folder, std::size_t memory_bytes);
  BulkTerms(const BulkTerms&) = delete;
  BulkTerms& operator=(const BulkTerms&) = delete;

  Result<TermId> intern(const rdf::TermView& term);
  TermId new_blank();

  /// Of what the old store has too.
  Result<std::optional<TermId>> find(const rdf::TermView& term) const;
  /// Text of the view lives until the next `intern`.
  Result<rdf::TermView> resolve(TermId id) const;

  /// New rows of `terms`, by id.
  Result<void> each_row(const std::function<Result<void>(TermId, std::string_view)>& each);
  /// New rows of `term_ids`, by hash; two of one hash follow each other.
  using Hash = std::array<char, 16>;
  Result<void> each_hash(const std::function<Result<void>(const Hash&, TermId)>& each);

 private:
  /// Some bits of the hash, class and payload of the id; 0: empty.
  enum class Slot : std::uint64_t { Empty = 0 };
  struct Hashed {
    Hash hash;
    TermId id;
  };
  struct ByHash {
    static bool is_before(const Hashed& a, const Hashed& b);
    static std::uint64_t hash(const Hashed& one);
  };
  static constexpr std::size_t kClasses = Counters::kClasses;

  struct Recent {
    std::string iri;
    TermId id = TermId::None;
  };
  Result<TermId> intern_new(const rdf::TermView& term);
  /// The id of a term that is in `slots_`, and of one that is new here; None for another.
  Result<TermId> find_in_slots(std::uint64_t hash, const rdf::TermView& term) const;
  Result<TermId> find_new(const Hash& hash, const rdf::TermView& term) const;
  bool is_new(TermId id) const;
  Result<std::string_view> row_of(TermId id, std::string& space) const;
  Result<bool> is_row(TermId id, const rdf::TermView& term) const;
  Result<void> put(std::uint64_t hash, TermId id);
  /// More slots, or emptied ones. Those of other terms than the newest are forgotten, to be found
  /// again where they are.
  Result<void> make_room();
  void put_in_slot(std::uint64_t hash, TermId id);

  const WordIndex& words_;
  const Dictionary& old_;
  Counters& counters_;

  std::size_t most_slots_;
  std::vector<Slot> slots_;  ///< open addressing, a power of two; all waiting hashes are in it
  std::size_t used_ = 0;
  SortedRuns<Hashed, ByHash> hashes_;            ///< of the new terms
  std::array<std::uint64_t, kClasses> first_{};  ///< payload of the first new term
  std::vector<std::unique_ptr<RowList>> rows_;   ///< of the new terms, by class
  std::array<Recent, 256> recent_;               ///< IRIs; a line repeats much of the one before
  std::string scratch_, row_;
  mutable std::string looked_at_;
  mutable std::deque<std::string> resolved_;  ///< what views of `resolve` are in
  mutable bool is_stale_ = false;             ///< there was an `intern` since
};

}  // namespace qp::store
