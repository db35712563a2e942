#include "sparql/term_table.hpp"

#include "base/text.hpp"
#include "rdf/language_tag.hpp"

namespace qp::sparql {

static constexpr char kNumbered = '=';  // no label of a text begins with it

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
  if (const auto tag = rdf::usual_case(term.language)) {
    return intern({term.kind, term.value, term.datatype, *tag});
  }
  const auto known = ids_.find(term);
  if (known != ids_.end()) return known->second;
  if (term.kind == rdf::TermKind::Blank && term.value.starts_with(kNumbered)) {
    const auto id = text::to_uint(term.value.substr(1));
    if (id) return static_cast<TermId>(*id);
  }
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

Result<rdf::Term> TermTable::term_for(TermId id) const {
  if (is_blank(id)) return rdf::Term::blank(kNumbered + std::to_string(number(id)));
  return rdf::Term::copy(QP_TRY(resolve(id)));
}

bool TermTable::is_blank(TermId id) const {
  if (!is_local(id)) return rdf::is_blank(id);
  const Result<rdf::TermView> term = resolve(id);
  return term && term->kind == rdf::TermKind::Blank;
}

// A label of the store is `b` and a number; a period keeps these apart and is allowed inside.
TermId TermTable::new_blank() {
  return add({rdf::TermKind::Blank, "q." + std::to_string(++blanks_), {}, {}});
}

}  // namespace qp::sparql
