#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.hpp"
#include "rdf/term.hpp"
#include "rdf/term_id.hpp"
#include "store/access.hpp"
#include "store/counters.hpp"

namespace qp::store {

/// The rows of terms.def by their IRI. Built once; never changes; any thread.
class WordIndex {
 public:
  /// Of the first `rows` rows.
  explicit WordIndex(std::size_t rows);
  std::optional<TermId> find(std::string_view iri) const;
  std::size_t size() const { return by_iri_.size(); }

 private:
  std::unordered_map<std::string_view, TermId> by_iri_;
};

/// Term <-> TermId. Words and inlined literals are not stored; every other term has one row in
/// each direction. Ids are never reused.
class Dictionary {
 public:
  /// `counters`: those of a transaction that writes; nullptr: one that only reads.
  Dictionary(Access& access, const WordIndex& words, Counters* counters)
      : access_(access), words_(words), counters_(counters) {}

  Result<std::optional<TermId>> find(const rdf::TermView& term) const;
  /// Text of the view lives in the transaction, or in this object if it had to be spelt.
  Result<rdf::TermView> resolve(TermId id) const;
  Result<TermId> intern(const rdf::TermView& term);
  TermId new_blank();
  /// The id of the term's row, also where the term is a word by now.
  Result<std::optional<TermId>> find_row(const rdf::TermView& term) const;
  /// Takes the rows of a term out that nothing names any more. False: it has to stay, because
  /// another of its hash lies behind it.
  Result<bool> erase(TermId id);
  /// The literals of one datatype get another id for it.
  Result<void> change_datatype(TermId from, TermId to);

 private:
  struct Place {
    std::string key;  ///< where the term's id is, or would be put
    std::optional<TermId> id;
  };
  Result<Place> locate(const rdf::TermView& term) const;
  std::optional<TermId> without_lookup(const rdf::TermView& term) const;
  Result<std::optional<TermId>> find_blank(std::string_view label) const;
  Result<rdf::TermView> stored(TermId id) const;

  Access& access_;
  const WordIndex& words_;
  Counters* counters_;
  mutable std::deque<std::string> spelt_;
};

rdf::TermClass class_of(const rdf::TermView& term);
/// Appends what the hash of a term is taken of: class, then what tells terms of that class apart.
void append_hashed(std::string& out, const rdf::TermView& term);
/// Appends the row of a term; `datatype` is that of a Typed one.
void append_row(std::string& out, const rdf::TermView& term, TermId datatype);
/// BadInput for a term that is longer than a store takes.
Result<void> check_term(const rdf::TermView& term);

}  // namespace qp::store
