#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

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
  static TermId local_id(std::size_t index);
  TermId add(const rdf::TermView& term);

  const store::Txn& txn_;
  std::deque<rdf::Term> made_;
  std::unordered_map<rdf::TermView, TermId, rdf::TermHash> ids_;  ///< views of `made_`
  std::uint64_t blanks_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace qp::sparql
