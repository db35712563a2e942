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
#include "store/unnamed_file.hpp"

namespace qp::store {

/// The terms of a bulk load: those that are new, in memory (beyond the budget in an unnamed file,
/// mapped), by the hash of what they are. Those that the old store has keep their ids.
class BulkTerms {
 public:
  /// `old`: the dictionary of the store that is loaded into.
  BulkTerms(const WordIndex& words, const Dictionary& old, Counters& counters,
            std::filesystem::path folder, std::size_t memory_bytes);
  ~BulkTerms();
  BulkTerms(const BulkTerms&) = delete;
  BulkTerms& operator=(const BulkTerms&) = delete;

  Result<TermId> intern(const rdf::TermView& term);
  TermId new_blank();

  /// Of what the old store has too.
  Result<std::optional<TermId>> find(const rdf::TermView& term) const;
  /// Text of the view lives until the next `intern`.
  Result<rdf::TermView> resolve(TermId id) const;
  /// What is held in memory, but for text within the budget.
  std::size_t memory_used() const;

  /// New rows of `terms`, by id.
  Result<void> each_row(const std::function<Result<void>(TermId, std::string_view)>& each) const;
  /// New rows of `term_ids`, by hash; two of one hash follow each other.
  using Hash = std::array<char, 16>;
  Result<void> each_hash(const std::function<Result<void>(const Hash&, TermId)>& each) const;

 private:
  /// Some bits of the hash, class and payload of the id; 0: empty.
  enum class Slot : std::uint64_t { Empty = 0 };
  /// In the file of hashes.
  struct Hashed {
    Hash hash;
    TermId id;
  };
  static constexpr std::size_t kClasses = Counters::kClasses;

  struct Recent {
    std::string iri;
    TermId id = TermId::None;
  };
  Result<TermId> intern_new(const rdf::TermView& term);
  /// The id of a term that is new here, None for another.
  TermId find_new(std::uint64_t hash, const rdf::TermView& term) const;
  Result<char*> keep(std::string_view row);
  Result<void> add_chunk(std::size_t bytes);
  std::string_view row_of(TermId id) const;
  bool is_row(TermId id, const rdf::TermView& term) const;
  /// Those that the old store has too are forgotten, to be found there again.
  Result<void> grow();
  void put(std::uint64_t hash, TermId id);
  Result<void> keep_hash(const Hash& hash, TermId id);
  Result<void> each_kept_hash(const std::function<void(const Hashed&)>& each) const;
  /// Mapped text leaves memory; what is asked for comes back.
  void let_go() const;

  const WordIndex& words_;
  const Dictionary& old_;
  Counters& counters_;
  std::size_t budget_;  ///< bytes of chunks that may be on the heap

  std::vector<Slot> slots_;  ///< open addressing, a power of two
  std::size_t used_ = 0;
  std::array<std::uint64_t, kClasses> first_{};         ///< payload of the first new term
  std::array<std::deque<const char*>, kClasses> rows_;  ///< of the new terms: u32 length, bytes
  UnnamedFile hashes_;                                  ///< of them, in their order, but for
  std::vector<Hashed> last_hashes_;
  std::uint64_t hashes_written_ = 0;
  struct Chunk {
    char* at;
    std::size_t bytes;
    bool mapped;
  };
  std::vector<Chunk> chunks_;
  std::size_t chunk_used_ = 0;
  std::size_t kept_ = 0;            ///< bytes of all chunks
  UnnamedFile file_;                ///< behind the mapped chunks
  std::array<Recent, 256> recent_;  ///< IRIs; a line repeats much of the one before
  std::string scratch_, row_;
};

}  // namespace qp::store
