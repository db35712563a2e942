#include "store/dictionary.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "rdf/language_tag.hpp"
#include "store/bytes.hpp"
#include "store/inline_term.hpp"
#include "vocab/terms.hpp"

namespace qp::store {

using rdf::TermClass;
using rdf::TermKind;
using rdf::TermView;

static constexpr std::size_t kLanguageBytes = 255;
static constexpr std::size_t kHashBytes = 16;

WordIndex::WordIndex(std::size_t rows) {
  const auto known = vocab::rows().first(std::min(rows, vocab::rows().size()));
  by_iri_.reserve(known.size());
  for (const Word& word : known) by_iri_.emplace(word.iri, word.id);
}

std::optional<TermId> WordIndex::find(std::string_view iri) const {
  const auto found = by_iri_.find(iri);
  return found == by_iri_.end() ? std::nullopt : std::optional(found->second);
}

TermClass class_of(const TermView& term) {
  if (term.kind == TermKind::Iri) return TermClass::Iri;
  if (term.kind == TermKind::Blank) return TermClass::Blank;
  if (!term.language.empty()) return TermClass::LangString;
  return term.datatype == xsd::string.iri ? TermClass::String : TermClass::Typed;
}

void append_hashed(std::string& out, const TermView& term) {
  const TermClass kind = class_of(term);
  out.push_back(static_cast<char>(kind));
  if (kind == TermClass::Typed) append_text(out, term.datatype);
  if (kind == TermClass::LangString) append_text(out, term.language);
  out.append(term.value);
}

void append_row(std::string& out, const TermView& term, TermId datatype) {
  const TermClass kind = class_of(term);
  if (kind == TermClass::Typed) append_id(out, datatype);
  if (kind == TermClass::LangString) {
    append_number(out, term.language.size(), 1);
    out.append(term.language);
  }
  out.append(term.value);
}

static std::string hash_of(const TermView& term) {
  std::string bytes;
  append_hashed(bytes, term);
  return hash_key(bytes);
}

std::optional<TermId> Dictionary::without_lookup(const TermView& term) const {
  if (term.kind == TermKind::Iri) return words_.find(term.value);
  if (term.kind == TermKind::Literal) return inline_literal(term);
  return std::nullopt;
}

Result<std::optional<TermId>> Dictionary::find_blank(std::string_view label) const {
  const auto value = text::to_uint(label.substr(label.empty() ? 0 : 1));
  const auto next =
      (counters_ ? *counters_ : QP_TRY(read_counters(access_))).next(TermClass::Blank);
  if (!value || *value < kFirstTerm || *value >= next) return std::nullopt;
  const TermId id = make_id(TermClass::Blank, *value);
  return blank_label(id) == label ? std::optional(id) : std::nullopt;
}

// Two terms of the same hash: the later one lies under the hash and a counting byte.
Result<Dictionary::Place> Dictionary::locate(const TermView& term) const {
  Place place{hash_of(term), std::nullopt};
  for (int step = 0;; ++step) {
    const auto found = QP_TRY(access_.get(Db::TermIds, place.key));
    if (!found) return place;
    const TermId id = ByteReader(*found).id();
    if (QP_TRY(stored(id)) == term) {
      place.id = id;
      return place;
    }
    if (step != 0) place.key.pop_back();
    if (step == UINT8_MAX) return error(Code::Unavailable, "store: too many terms of one hash");
    place.key.push_back(static_cast<char>(step + 1));
  }
}

Result<std::optional<TermId>> Dictionary::find(const TermView& term) const {
  if (const auto tag = rdf::usual_case(term.language)) {
    return find({term.kind, term.value, term.datatype, *tag});
  }
  if (const auto id = without_lookup(term)) return id;
  if (term.kind == TermKind::Blank) return find_blank(term.value);
  return QP_TRY(locate(term)).id;
}

Result<void> check_term(const TermView& term) {
  if (term.language.size() > kLanguageBytes) return bad_input("language tag too long");
  if (term.kind == TermKind::Iri && term.value.size() > limits::kIriBytes) {
    return bad_input("IRI too long");
  }
  return {};
}

Result<TermId> Dictionary::intern(const TermView& term) {
  if (const auto tag = rdf::usual_case(term.language)) {
    return intern({term.kind, term.value, term.datatype, *tag});
  }
  if (const auto id = without_lookup(term)) return *id;
  if (term.kind == TermKind::Blank) {
    // A label says nothing outside its document: whoever reads one asks for new_blank.
    const auto known = QP_TRY(find_blank(term.value));
    if (!known) return bad_input("a blank node label that this store did not give out");
    return *known;
  }
  QP_TRY(check_term(term));
  const Place place = QP_TRY(locate(term));
  if (place.id) return *place.id;

  const TermClass kind = class_of(term);
  TermId datatype = TermId::None;
  if (kind == TermClass::Typed) {
    datatype = QP_TRY(intern({TermKind::Iri, term.datatype, {}, {}}));
  }
  std::string row;
  append_row(row, term, datatype);
  const TermId id = make_id(kind, counters_->take(kind));
  QP_TRY(access_.put(Db::TermIds, place.key, id_key(id)));
  QP_TRY(access_.put(Db::Terms, id_key(id), row));
  ++counters_->terms;
  counters_->term_sum += row_hash(id_key(id), row);
  return id;
}

Result<std::optional<TermId>> Dictionary::find_row(const TermView& term) const {
  return QP_TRY(locate(term)).id;
}

Result<bool> Dictionary::erase(TermId id) {
  const std::string key = id_key(id);
  const TermView term = QP_TRY(stored(id));
  const Place place = QP_TRY(locate(term));
  if (place.id != id) return damaged(Db::Terms, key);
  std::string next = place.key.substr(0, kHashBytes);
  next.push_back(place.key.size() == kHashBytes ? '\1' : static_cast<char>(place.key.back() + 1));
  if (QP_TRY(access_.contains(Db::TermIds, next))) return false;
  --counters_->terms;
  counters_->term_sum -= row_hash(key, *QP_TRY(access_.get(Db::Terms, key)));
  QP_TRY(access_.erase(Db::TermIds, place.key));
  return access_.erase(Db::Terms, key);
}

Result<void> Dictionary::change_datatype(TermId from, TermId to) {
  const std::string old_front = id_key(from), front = id_key(to);
  const std::string first = id_key(make_id(TermClass::Typed, kFirstTerm));
  std::vector<std::string> keys;
  Cursor at = QP_TRY(access_.cursor(Db::Terms));
  for (bool found = QP_TRY(at.seek(first)); found; found = QP_TRY(at.next())) {
    if (at.value().starts_with(old_front)) keys.emplace_back(at.key());
  }
  for (const std::string& key : keys) {
    const std::string old(QP_TRY(access_.get(Db::Terms, key)).value_or(std::string_view()));
    const std::string row = front + old.substr(old_front.size());
    counters_->term_sum += row_hash(key, row) - row_hash(key, old);
    QP_TRY(access_.put(Db::Terms, key, row));
  }
  return {};
}

TermId Dictionary::new_blank() {
  return make_id(TermClass::Blank, counters_->take(TermClass::Blank));
}

Result<TermView> Dictionary::resolve(TermId id) const {
  if (number(id) != 0 && number(id) <= vocab::rows().size()) {
    return TermView{TermKind::Iri, vocab::rows()[number(id) - 1].iri, {}, {}};
  }
  if (is_inlined(id)) {
    return TermView{
        TermKind::Literal, spelt_.emplace_back(spell_inlined(id)), inlined_datatype(id), {}};
  }
  if (rdf::is_blank(id)) {
    const auto label = QP_TRY(find_blank(blank_label(id)));
    if (!label) return error(Code::NotFound, "no such blank node");
    return TermView{TermKind::Blank, spelt_.emplace_back(blank_label(id)), {}, {}};
  }
  return stored(id);
}

Result<TermView> Dictionary::stored(TermId id) const {
  const auto row = QP_TRY(access_.get(Db::Terms, id_key(id)));
  if (!row) return Error{Code::NotFound, "no term " + std::to_string(number(id)), {}};
  ByteReader reader(*row);
  switch (rdf::term_class(id)) {
    case TermClass::Iri:
      return TermView{TermKind::Iri, *row, {}, {}};
    case TermClass::String:
      return TermView{TermKind::Literal, *row, xsd::string.iri, {}};
    case TermClass::LangString: {
      const std::string_view language = reader.take(reader.number(1));
      return TermView{TermKind::Literal, reader.rest(), rdf::langString.iri, language};
    }
    case TermClass::Typed: {
      const TermId datatype = reader.id();
      // A datatype is an IRI; anything else is damage, and would not end.
      if (!reader.good() || !rdf::is_iri(datatype)) return damaged(Db::Terms, id_key(id));
      return TermView{TermKind::Literal, reader.rest(), QP_TRY(resolve(datatype)).value, {}};
    }
    default:
      return damaged(Db::Terms, id_key(id));
  }
}

}  // namespace qp::store
