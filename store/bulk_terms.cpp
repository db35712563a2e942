#include "store/bulk_terms.hpp"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#include "rdf/language_tag.hpp"
#include "store/bytes.hpp"
#include "store/inline_term.hpp"
#include "vocab/terms.hpp"

namespace qp::store {

using rdf::TermClass;
using rdf::TermKind;

static constexpr std::size_t kFirstSlots = std::size_t{1} << 12;
// A slot: 24 bits of the hash, 4 of the class, 36 of the payload.
static constexpr int kSlotPayloadBits = 36;
static constexpr int kSlotIdBits = 40;
static constexpr std::uint64_t kSlotPayload = (std::uint64_t{1} << kSlotPayloadBits) - 1;
// A slot and what waits of the hashes for it: half of the memory. The filter has the rest, and is
// good for as many terms as that has bytes.
static constexpr std::size_t kBytesPerSlot = 32;
// For the newest rows of a class; most are of one or two.
static constexpr std::size_t kRowsShare = 16;
// So much of the slots is used.
static constexpr std::size_t kUsedTenths = 7;

static std::array<char, 16> bytes_of(XXH128_hash_t hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  std::array<char, 16> bytes{};
  std::memcpy(bytes.data(), canonical.digest, bytes.size());
  return bytes;
}
static XXH128_hash_t number_of(const std::array<char, 16>& hash) {
  XXH128_canonical_t canonical;
  std::memcpy(canonical.digest, hash.data(), hash.size());
  return XXH128_hashFromCanonical(&canonical);
}

bool BulkTerms::ByHash::is_before(const Hashed& a, const Hashed& b) {
  const XXH128_hash_t one = number_of(a.hash), other = number_of(b.hash);
  return one.high64 != other.high64 ? one.high64 < other.high64 : one.low64 < other.low64;
}
std::uint64_t BulkTerms::ByHash::hash(const Hashed& one) { return number_of(one.hash).low64; }

BulkTerms::BulkTerms(const WordIndex& words, const Dictionary& old, Counters& counters,
                     const std::filesystem::path& folder, std::size_t memory_bytes)
    : words_(words),
      old_(old),
      counters_(counters),
      most_slots_(std::max(kFirstSlots, std::bit_floor(memory_bytes / 2 / kBytesPerSlot))),
      slots_(kFirstSlots),
      hashes_(folder, SIZE_MAX, memory_bytes / 2),
      first_(counters.next_term) {
  for (std::size_t kind = 0; kind < kClasses; ++kind) {
    rows_.push_back(std::make_unique<RowList>(folder, memory_bytes / kRowsShare));
  }
}

bool BulkTerms::is_new(TermId id) const {
  const auto kind = static_cast<std::size_t>(rdf::term_class(id));
  const std::uint64_t payload = number(id) & kPayloadMask;
  return kind < kClasses && payload >= first_[kind] && payload - first_[kind] < rows_[kind]->size();
}

Result<std::string_view> BulkTerms::row_of(TermId id, std::string& space) const {
  const auto kind = static_cast<std::size_t>(rdf::term_class(id));
  return rows_[kind]->at((number(id) & kPayloadMask) - first_[kind], space);
}

// Equal hashes are looked into; a row of the old store only where it must be.
Result<bool> BulkTerms::is_row(TermId id, const rdf::TermView& term) const {
  const TermClass kind = class_of(term);
  if (rdf::term_class(id) != kind) return false;
  if (!is_new(id)) {
    const auto known = old_.resolve(id);
    return known && *known == term;
  }
  const std::string_view row = QP_TRY(row_of(id, looked_at_));
  if (kind == TermClass::LangString) {
    ByteReader reader(row);
    return reader.take(reader.number(1)) == term.language && reader.rest() == term.value;
  }
  if (kind != TermClass::Typed) return row == term.value;
  ByteReader reader(row);
  const TermId datatype = reader.id();
  if (reader.rest() != term.value) return false;
  const std::uint64_t name = number(datatype);
  if (name <= vocab::rows().size()) return vocab::rows()[name - 1].iri == term.datatype;
  return is_row(datatype, {TermKind::Iri, term.datatype, {}, {}});
}

Result<TermId> BulkTerms::find_in_slots(std::uint64_t hash, const rdf::TermView& term) const {
  std::size_t at = hash & (slots_.size() - 1);
  for (; slots_[at] != Slot::Empty; at = (at + 1) & (slots_.size() - 1)) {
    const auto slot = static_cast<std::uint64_t>(slots_[at]);
    if (slot >> kSlotIdBits != hash >> kSlotIdBits) continue;
    const TermId id =
        make_id(static_cast<TermClass>(slot >> kSlotPayloadBits & 0xf), slot & kSlotPayload);
    if (QP_TRY(is_row(id, term))) return id;
  }
  return TermId::None;
}

Result<TermId> BulkTerms::find_new(const Hash& hash, const rdf::TermView& term) const {
  const auto found = QP_TRY(
      hashes_.find({hash, TermId::None}, [&](const Hashed& one) { return is_row(one.id, term); }));
  return found ? found->id : TermId::None;
}

void BulkTerms::put_in_slot(std::uint64_t hash, TermId id) {
  std::size_t at = hash & (slots_.size() - 1);
  while (slots_[at] != Slot::Empty) at = (at + 1) & (slots_.size() - 1);
  const auto kind = static_cast<std::uint64_t>(rdf::term_class(id));
  slots_[at] = static_cast<Slot>(hash >> kSlotIdBits << kSlotIdBits | kind << kSlotPayloadBits |
                                 (number(id) & kSlotPayload));
  ++used_;
}

Result<void> BulkTerms::put(std::uint64_t hash, TermId id) {
  put_in_slot(hash, id);
  return used_ * 10 > slots_.size() * kUsedTenths ? make_room() : Result<void>();
}

Result<void> BulkTerms::make_room() {
  used_ = 0;
  if (slots_.size() >= most_slots_) {
    std::fill(slots_.begin(), slots_.end(), Slot::Empty);
    return hashes_.spill();
  }
  const std::size_t size = slots_.size() * 2;
  slots_ = std::vector<Slot>();  // before there is another
  slots_.resize(size);
  for (const Hashed& one : hashes_.waiting()) put_in_slot(number_of(one.hash).low64, one.id);
  return {};
}

TermId BulkTerms::new_blank() {
  return make_id(TermClass::Blank, counters_.take(TermClass::Blank));
}

Result<TermId> BulkTerms::intern(const rdf::TermView& term) {
  is_stale_ = true;
  if (term.kind == TermKind::Blank) {
    return Error{Code::Internal, "a blank node has no name in a bulk load", {}};
  }
  if (term.kind != TermKind::Iri || term.value.empty()) return intern_new(term);
  const auto last = static_cast<unsigned char>(term.value.back());
  Recent& recent = recent_[(term.value.size() * 7 + last) % recent_.size()];
  if (recent.id == TermId::None || recent.iri != term.value) {
    recent.id = TermId::None;
    const TermId id = QP_TRY(intern_new(term));
    recent.iri = term.value;
    recent.id = id;
  }
  return recent.id;
}

Result<TermId> BulkTerms::intern_new(const rdf::TermView& term) {
  if (const auto tag = rdf::usual_case(term.language)) {
    return intern_new({term.kind, term.value, term.datatype, *tag});
  }
  if (term.kind == TermKind::Iri) {
    if (const auto word = words_.find(term.value)) return *word;
  } else if (const auto inlined = inline_literal(term)) {
    return *inlined;
  }
  scratch_.clear();
  append_hashed(scratch_, term);
  const XXH128_hash_t hash = XXH3_128bits(scratch_.data(), scratch_.size());
  TermId id = QP_TRY(find_in_slots(hash.low64, term));
  if (id != TermId::None) return id;
  const Hash bytes = bytes_of(hash);
  id = QP_TRY(find_new(bytes, term));
  if (id == TermId::None) {
    QP_TRY(check_term(term));
    id = QP_TRY(old_.find(term)).value_or(TermId::None);
  }
  if (id == TermId::None) {
    TermId datatype = TermId::None;
    const TermClass kind = class_of(term);
    if (kind == TermClass::Typed) {
      datatype = QP_TRY(intern({TermKind::Iri, term.datatype, {}, {}}));
    }
    row_.clear();
    append_row(row_, term, datatype);
    id = make_id(kind, counters_.take(kind));
    if ((number(id) & kPayloadMask) > kSlotPayload) {
      return Error{Code::Unavailable, "store: too many terms for a bulk load", {}};
    }
    QP_TRY(rows_[static_cast<std::size_t>(kind)]->add(row_));
    QP_TRY(hashes_.add({bytes, id}));
  }
  QP_TRY(put(hash.low64, id));
  return id;
}

Result<std::optional<TermId>> BulkTerms::find(const rdf::TermView& term) const {
  if (const auto tag = rdf::usual_case(term.language)) {
    return find({term.kind, term.value, term.datatype, *tag});
  }
  if (term.kind == TermKind::Iri) {
    if (const auto word = words_.find(term.value)) return word;
  } else if (const auto inlined = inline_literal(term)) {
    return inlined;
  }
  if (term.kind != TermKind::Blank) {
    std::string hashed;
    append_hashed(hashed, term);
    const XXH128_hash_t hash = XXH3_128bits(hashed.data(), hashed.size());
    TermId id = QP_TRY(find_in_slots(hash.low64, term));
    if (id == TermId::None) id = QP_TRY(find_new(bytes_of(hash), term));
    if (id != TermId::None) return std::optional(id);
  }
  return old_.find(term);
}

Result<rdf::TermView> BulkTerms::resolve(TermId id) const {
  if (!is_new(id)) return old_.resolve(id);
  if (std::exchange(is_stale_, false)) resolved_.clear();
  std::string& row = resolved_.emplace_back();
  const std::string_view found = QP_TRY(row_of(id, row));
  if (found.data() != row.data()) row = found;
  ByteReader reader(row);
  switch (rdf::term_class(id)) {
    case TermClass::LangString: {
      const std::string_view language = reader.take(reader.number(1));
      return rdf::TermView{TermKind::Literal, reader.rest(), rdf::langString.iri, language};
    }
    case TermClass::Typed: {
      const rdf::TermView datatype = QP_TRY(resolve(reader.id()));
      return rdf::TermView{TermKind::Literal, reader.rest(), datatype.value, {}};
    }
    case TermClass::String:
      return rdf::TermView{TermKind::Literal, reader.rest(), xsd::string.iri, {}};
    default:
      return rdf::TermView{TermKind::Iri, reader.rest(), {}, {}};
  }
}

Result<void> BulkTerms::each_row(
    const std::function<Result<void>(TermId, std::string_view)>& each) {
  for (std::size_t kind = 0; kind < kClasses; ++kind) {
    QP_TRY(rows_[kind]->each([&](std::uint64_t number, std::string_view row) {
      return each(make_id(static_cast<TermClass>(kind), first_[kind] + number), row);
    }));
  }
  return {};
}

Result<void> BulkTerms::each_hash(const std::function<Result<void>(const Hash&, TermId)>& each) {
  auto sorted = QP_TRY(hashes_.sorted());
  while (const Hashed* one = QP_TRY(sorted.next())) QP_TRY(each(one->hash, one->id));
  return {};
}

}  // namespace qp::store
