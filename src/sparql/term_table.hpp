#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "rdf/term.hpp"
#include "rdf/term_id.hpp"
#include "store/store.hpp"

namespace qp::sparql {

/// The terms of one running query by id: those that its store knows and those that the query
/// makes. Two ids are equal exactly when their terms are the same term; None is no term.
/// Belongs to the thread that runs the query, and outlives nothing of its transaction.
class TermTable {
 public:
  explicit TermTable(const store::Txn& txn) : txn_(txn) {}

  /// The store's id where it has one, else one of this table. A blank node gets an id of its own
  /// by its label, never one of the store's.
  Result<TermId> intern(const rdf::TermView& term);
  /// The view is valid as long as the table and its transaction.
  Result<rdf::TermView> resolve(TermId id) const;

  /// A term that `intern` gives this id again: a blank node has its number for a label.
  Result<rdf::Term> term_for(TermId id) const;

  /// A blank node that nothing else is.
  TermId new_blank();
  /// No quad of the store can have it.
  static constexpr bool is_local(TermId id) {
    return static_cast<std::uint64_t>(id) >> rdf::kClassShift == kLocalClass;
  }
  bool is_blank(TermId id) const;
  /// What the terms made here take.
  std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::uint64_t kLocalClass = 15;
  static constexpr std::uint32_t kFree = UINT32_MAX;
  static TermId local_id(std::size_t index);
  TermId add(const rdf::TermView& term);
  std::string_view keep(std::string_view text);
  /// Where the term is in `slots_`, or the free place for it.
  std::size_t slot_of(const rdf::TermView& term, std::size_t hash) const;
  void grow();

  // In few pieces, so that millions of terms are gone at once when the query ends.
  const store::Txn& txn_;
  std::deque<rdf::TermView> made_;  ///< views of `blocks_`
  std::vector<std::size_t> hashes_;
  std::vector<std::uint32_t> slots_;  ///< numbers in `made_`, by hash; kFree
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t block_size_ = 4096, left_ = 0;  ///< of the next block; of the last one
  char* end_ = nullptr;                       ///< of what is kept in it
  std::uint64_t blanks_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace qp::sparql
