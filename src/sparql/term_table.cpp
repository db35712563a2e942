#include "sparql/term_table.hpp"

namespace qp::sparql {

TermId TermTable::local_id(std::size_t index) {
  return static_cast<TermId>(kLocalClass << rdf::kClassShift | index);
}

TermId TermTable::add(const rdf::TermView& term) {
  const TermId id = local_id(made_.size());
  const rdf::Term& kept = made_.emplace_back(rdf::Term::copy(term));
  ids_.emplace(rdf::TermView(kept), id);
  bytes_ += sizeof(rdf::Term) + 64 + term.value.size() + term.datatype.size();
  return id;
}

Result<TermId> TermTable::intern(const rdf::TermView& term) {
  const auto known = ids_.find(term);
  if (known != ids_.end()) return known->second;
  if (term.kind != rdf::TermKind::Blank) {
    const auto stored = QP_TRY(txn_.find(term));
    if (stored) return *stored;
  }
  return add(term);
}

Result<rdf::TermView> TermTable::resolve(TermId id) const {
  if (!is_local(id)) return txn_.resolve(id);
  const std::size_t index = static_cast<std::uint64_t>(id) & ((1ULL << rdf::kClassShift) - 1);
  if (index >= made_.size()) return Error{Code::Internal, "a term that no query made", {}};
  return rdf::TermView(made_[index]);
}

// A label of the store is `b` and a number; a period keeps these apart and is allowed inside.
TermId TermTable::new_blank() {
  return add({rdf::TermKind::Blank, "q." + std::to_string(++blanks_), {}, {}});
}

}  // namespace qp::sparql
