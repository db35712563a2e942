#include "sparql/term_table.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "rdf/language_tag.hpp"

namespace qp::sparql {

static constexpr char kNumbered = '=';  // no label of a text begins with it

TermId TermTable::local_id(std::size_t index) {
  return static_cast<TermId>(kLocalClass << rdf::kClassShift | index);
}

std::string_view TermTable::keep(std::string_view text) {
  static constexpr std::size_t kMostOfABlock = std::size_t{1} << 20;
  if (text.empty()) return {};
  if (text.size() > left_) {
    left_ = std::max(block_size_, text.size());
    block_size_ = std::min(block_size_ * 2, kMostOfABlock);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
    end_ = blocks_.back().get();
  }
  const std::string_view kept(std::copy(text.begin(), text.end(), end_) - text.size(), text.size());
  end_ += text.size();
  left_ -= text.size();
  return kept;
}

std::size_t TermTable::slot_of(const rdf::TermView& term, std::size_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot] != kFree && (hashes_[slots_[slot]] != hash || made_[slots_[slot]] != term)) {
    slot = (slot + 1) & mask;
  }
  return slot;
}

void TermTable::grow() {
  slots_.assign(std::max(slots_.size() * 2, std::size_t{64}), kFree);
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t i = 0; i < hashes_.size(); ++i) {
    std::size_t slot = hashes_[i] & mask;
    while (slots_[slot] != kFree) slot = (slot + 1) & mask;
    slots_[slot] = i;
  }
}

static std::size_t hash_of(const rdf::TermView& term) {
  const std::size_t hash = rdf::TermHash()(term) * 0x9e3779b97f4a7c15U;
  return hash ^ hash >> 32;
}

TermId TermTable::add(const rdf::TermView& term) {
  if ((made_.size() + 1) * 2 > slots_.size()) grow();
  const std::size_t hash = hash_of(term);
  slots_[slot_of(term, hash)] = static_cast<std::uint32_t>(made_.size());
  const TermId id = local_id(made_.size());
  hashes_.push_back(hash);
  made_.push_back({term.kind, keep(term.value), keep(term.datatype), keep(term.language)});
  bytes_ += sizeof(rdf::TermView) + sizeof hash + 3 * sizeof kFree + term.value.size() +
            term.datatype.size() + term.language.size();
  return id;
}

Result<TermId> TermTable::intern(const rdf::TermView& term) {
  if (const auto tag = rdf::usual_case(term.language)) {
    return intern({term.kind, term.value, term.datatype, *tag});
  }
  if (!slots_.empty()) {
    const std::uint32_t known = slots_[slot_of(term, hash_of(term))];
    if (known != kFree) return local_id(known);
  }
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
  return made_[index];
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
