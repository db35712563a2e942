#include "store/bulk_terms.hpp"

#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "rdf/language_tag.hpp"
#include "store/bytes.hpp"
#include "store/inline_term.hpp"
#include "vocab/terms.hpp"

namespace qp::store {

using rdf::TermClass;
using rdf::TermKind;

static constexpr std::size_t kChunkBytes = std::size_t{8} << 20;
static constexpr std::size_t kFirstSlots = std::size_t{1} << 16;
// A slot: 24 bits of the hash, 4 of the class, 36 of the payload.
static constexpr int kSlotPayloadBits = 36;
static constexpr int kSlotIdBits = 40;
static constexpr std::uint64_t kSlotPayload = (std::uint64_t{1} << kSlotPayloadBits) - 1;
static constexpr std::size_t kHashesAtOnce = 4096;
// Hashes that are sorted at a time.
static constexpr std::size_t kSortedHashes = std::size_t{256} * 1024;
static constexpr std::uint64_t kRowsPerLook = 65'536;

BulkTerms::BulkTerms(const WordIndex& words, const Dictionary& old, Counters& counters,
                     std::filesystem::path folder, std::size_t memory_bytes)
    : words_(words),
      old_(old),
      counters_(counters),
      budget_(memory_bytes),
      slots_(kFirstSlots),
      first_(counters.next_term),
      hashes_(folder),
      file_(std::move(folder)) {}

BulkTerms::~BulkTerms() {
  for (const Chunk& chunk : chunks_) {
    if (chunk.mapped) {
      ::munmap(chunk.at, chunk.bytes);
    } else {
      std::free(chunk.at);
    }
  }
}

// Within the budget on the heap, beyond it in a file that the kernel can write out.
Result<void> BulkTerms::add_chunk(std::size_t bytes) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t size = (std::max(kChunkBytes, bytes) + page - 1) / page * page;
  Chunk chunk{nullptr, size, kept_ + size > budget_};
  chunk.at = chunk.mapped ? QP_TRY(file_.map_more(size)) : static_cast<char*>(std::malloc(size));
  if (chunk.at == nullptr) return Error{Code::Unavailable, "store: no memory for terms", {}};
  chunks_.push_back(chunk);
  let_go();
  chunk_used_ = 0;
  kept_ += size;
  return {};
}

Result<char*> BulkTerms::keep(std::string_view row) {
  const auto length = static_cast<std::uint32_t>(row.size());
  const std::size_t bytes = sizeof length + row.size();
  if (chunks_.empty() || chunk_used_ + bytes > chunks_.back().bytes) QP_TRY(add_chunk(bytes));
  char* at = chunks_.back().at + chunk_used_;
  std::memcpy(at, &length, sizeof length);
  std::memcpy(at + sizeof length, row.data(), row.size());
  chunk_used_ += bytes;
  return at;
}

std::string_view BulkTerms::row_of(TermId id) const {
  const auto kind = static_cast<std::size_t>(rdf::term_class(id));
  const char* at = rows_[kind][(number(id) & kPayloadMask) - first_[kind]];
  std::uint32_t length = 0;
  std::memcpy(&length, at, sizeof length);
  return {at + sizeof length, length};
}

// Equal hashes of 64 bits are looked into; a row of the old store only where it must be.
bool BulkTerms::is_row(TermId id, const rdf::TermView& term) const {
  const TermClass kind = class_of(term);
  if (rdf::term_class(id) != kind) return false;
  const std::uint64_t payload = number(id) & kPayloadMask;
  if (payload < first_[static_cast<std::size_t>(kind)]) {
    const auto known = old_.resolve(id);
    return known && *known == term;
  }
  std::string_view row = row_of(id);
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

TermId BulkTerms::find_new(std::uint64_t hash, const rdf::TermView& term) const {
  std::size_t at = hash & (slots_.size() - 1);
  for (; slots_[at] != Slot::Empty; at = (at + 1) & (slots_.size() - 1)) {
    const auto slot = static_cast<std::uint64_t>(slots_[at]);
    if (slot >> kSlotIdBits != hash >> kSlotIdBits) continue;
    const TermId id =
        make_id(static_cast<TermClass>(slot >> kSlotPayloadBits & 0xf), slot & kSlotPayload);
    if (is_row(id, term)) return id;
  }
  return TermId::None;
}

void BulkTerms::put(std::uint64_t hash, TermId id) {
  std::size_t at = hash & (slots_.size() - 1);
  while (slots_[at] != Slot::Empty) at = (at + 1) & (slots_.size() - 1);
  const auto kind = static_cast<std::uint64_t>(rdf::term_class(id));
  slots_[at] = static_cast<Slot>(hash >> kSlotIdBits << kSlotIdBits | kind << kSlotPayloadBits |
                                 (number(id) & kSlotPayload));
  ++used_;
}

Result<void> BulkTerms::grow() {
  const std::size_t size = slots_.size() * 2;
  slots_ = std::vector<Slot>();  // before there is another
  slots_.resize(size);
  used_ = 0;
  return each_kept_hash([this](const Hashed& one) {
    XXH128_canonical_t canonical;
    std::memcpy(canonical.digest, one.hash.data(), sizeof(Hash));
    put(XXH128_hashFromCanonical(&canonical).low64, one.id);
  });
}

Result<void> BulkTerms::keep_hash(const Hash& hash, TermId id) {
  last_hashes_.push_back({hash, id});
  if (last_hashes_.size() < kHashesAtOnce) return {};
  QP_TRY(hashes_.append(
      {reinterpret_cast<const char*>(last_hashes_.data()), last_hashes_.size() * sizeof(Hashed)}));
  hashes_written_ += last_hashes_.size();
  last_hashes_.clear();
  return {};
}

Result<void> BulkTerms::each_kept_hash(const std::function<void(const Hashed&)>& each) const {
  std::vector<Hashed> some(kHashesAtOnce);
  for (std::uint64_t done = 0; done < hashes_written_; done += some.size()) {
    const std::span<char> out(reinterpret_cast<char*>(some.data()), some.size() * sizeof(Hashed));
    const std::size_t got = QP_TRY(hashes_.read(done * sizeof(Hashed), out));
    if (got != out.size()) return error(Code::Storage, "store: a temporary file is cut short");
    for (const Hashed& one : some) each(one);
  }
  for (const Hashed& one : last_hashes_) each(one);
  return {};
}

void BulkTerms::let_go() const {
  for (const Chunk& chunk : chunks_) {
    if (chunk.mapped) ::madvise(chunk.at, chunk.bytes, MADV_DONTNEED);
  }
}

TermId BulkTerms::new_blank() {
  return make_id(TermClass::Blank, counters_.take(TermClass::Blank));
}

Result<TermId> BulkTerms::intern(const rdf::TermView& term) {
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
  if (const TermId id = find_new(hash.low64, term); id != TermId::None) return id;
  QP_TRY(check_term(term));
  const auto known = QP_TRY(old_.find(term));
  TermId id = known.value_or(TermId::None);
  if (!known) {
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
    rows_[static_cast<std::size_t>(kind)].push_back(QP_TRY(keep(row_)));
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, hash);
    Hash bytes;
    std::memcpy(bytes.data(), canonical.digest, sizeof(Hash));
    QP_TRY(keep_hash(bytes, id));
  }
  put(hash.low64, id);
  if (used_ * 10 > slots_.size() * 7) QP_TRY(grow());
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
    const std::uint64_t hash = XXH3_128bits(hashed.data(), hashed.size()).low64;
    if (const TermId id = find_new(hash, term); id != TermId::None) return std::optional(id);
  }
  return old_.find(term);
}

Result<rdf::TermView> BulkTerms::resolve(TermId id) const {
  const auto kind = static_cast<std::size_t>(rdf::term_class(id));
  const std::uint64_t payload = number(id) & kPayloadMask;
  const bool is_new =
      kind < kClasses && payload >= first_[kind] && payload - first_[kind] < rows_[kind].size();
  if (!is_new) return old_.resolve(id);
  ByteReader reader(row_of(id));
  switch (static_cast<TermClass>(kind)) {
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

std::size_t BulkTerms::memory_used() const {
  std::size_t bytes = slots_.capacity() * sizeof(Slot);
  for (const auto& rows : rows_) bytes += rows.size() * sizeof(const char*);
  return bytes;
}

Result<void> BulkTerms::each_row(
    const std::function<Result<void>(TermId, std::string_view)>& each) const {
  for (std::size_t kind = 0; kind < kClasses; ++kind) {
    for (std::size_t i = 0; i < rows_[kind].size(); ++i) {
      const TermId id = make_id(static_cast<TermClass>(kind), first_[kind] + i);
      QP_TRY(each(id, row_of(id)));
      if (i % kRowsPerLook == 0) let_go();
    }
  }
  return {};
}

Result<void> BulkTerms::each_hash(
    const std::function<Result<void>(const Hash&, TermId)>& each) const {
  // Hashes are spread evenly: those between two of them at a time.
  const std::uint64_t count = hashes_written_ + last_hashes_.size();
  const std::uint64_t parts = count / kSortedHashes + 1;
  std::vector<Hashed> some;
  for (std::uint64_t part = 0; part < parts; ++part) {
    some.clear();
    QP_TRY(each_kept_hash([&](const Hashed& one) {
      const auto head = ByteReader(std::string_view(one.hash.data(), 4)).number(4);
      if (head * parts >> 32 == part) some.push_back(one);
    }));
    std::sort(some.begin(), some.end(), [](const Hashed& a, const Hashed& b) {
      const int order = std::memcmp(a.hash.data(), b.hash.data(), sizeof(Hash));
      return order != 0 ? order < 0 : a.id < b.id;
    });
    for (const Hashed& one : some) QP_TRY(each(one.hash, one.id));
  }
  return {};
}

}  // namespace qp::store
