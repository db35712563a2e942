#include "store/documents.hpp"

#include <zstd.h>

#include <algorithm>

#include "store/bytes.hpp"

namespace qp::store {

static constexpr int kZstdLevel = 3;
// No document is longer; a damaged frame may say so.
static constexpr unsigned long long kLongestDocument = 1ULL << 30;

std::string encode_document(std::string_view key, const DocumentRecord& record) {
  std::string value;
  append_id(value, record.id);
  append_text(value, record.context);
  value.append(reinterpret_cast<const char*>(record.sha256.data()), record.sha256.size());
  append_text(value, record.source_url);
  append_text(value, record.attested_by);
  append_text(value, record.attested_how);
  append_text(value, record.via);
  append_number(value, static_cast<std::uint64_t>(record.received), 8);
  append_id(value, record.root);
  append_number(value, record.graphs.size(), 4);
  for (const TermId graph : record.graphs) append_id(value, graph);
  append_id(value, record.claims);
  append_text(value, record.fidelity);
  append_checksum(key, value);
  return value;
}

std::optional<DocumentRecord> decode_document(std::string_view value) {
  ByteReader reader(value);
  DocumentRecord record;
  record.id = reader.id();
  record.context = reader.text();
  const std::string_view digest = reader.take(record.sha256.size());
  std::copy(digest.begin(), digest.end(), record.sha256.begin());
  record.source_url = reader.text();
  record.attested_by = reader.text();
  record.attested_how = reader.text();
  record.via = reader.text();
  record.received = static_cast<std::int64_t>(reader.number(8));
  record.root = reader.id();
  const std::uint64_t graphs = reader.number(4);
  for (std::uint64_t i = 0; i < graphs && reader.good(); ++i) {
    record.graphs.push_back(reader.id());
  }
  record.claims = reader.id();
  record.fidelity = reader.text();
  return reader.complete() ? std::optional(std::move(record)) : std::nullopt;
}

DocumentPacker::DocumentPacker() : context_(ZSTD_createCCtx()) {}
DocumentPacker::~DocumentPacker() { ZSTD_freeCCtx(context_); }

Result<std::string> DocumentPacker::pack(std::string_view key, std::string_view bytes) {
  if (bytes.size() > kLongestDocument) return error(Code::TooLarge, "document too long");
  if (context_ == nullptr) return Error{Code::Unavailable, "store: no memory to compress", {}};
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compressCCtx(context_, packed.data(), packed.size(), bytes.data(),
                                             bytes.size(), kZstdLevel);
  if (ZSTD_isError(size)) return Error{Code::Internal, ZSTD_getErrorName(size), {}};
  packed.resize(size);
  append_checksum(key, packed);
  return packed;
}

std::optional<std::string> unpack_document(std::string_view value) {
  const unsigned long long size = ZSTD_getFrameContentSize(value.data(), value.size());
  if (size > kLongestDocument) return std::nullopt;  // also: unknown, or not a frame
  std::string bytes(size, '\0');
  const std::size_t got = ZSTD_decompress(bytes.data(), bytes.size(), value.data(), value.size());
  return got == size ? std::optional(std::move(bytes)) : std::nullopt;
}

Result<std::optional<DocumentRecord>> Documents::record(TermId id) const {
  const std::string key = id_key(id);
  const auto found = QP_TRY(access_.get(Db::Documents, key));
  if (!found) return std::nullopt;
  auto record = decode_document(without_checksum(*found).value_or(std::string_view()));
  if (!record) return damaged(Db::Documents, key);
  return record;
}

Result<std::string> Documents::bytes(TermId id) const {
  const std::string key = id_key(id);
  const auto found = QP_TRY(access_.get(Db::DocumentBytes, key));
  if (!found) return error(Code::NotFound, "no bytes are kept of this document");
  // These are shown as what a sender signed: here the checksum is worth its time.
  auto bytes =
      checksum_holds(key, *found) ? unpack_document(*without_checksum(*found)) : std::nullopt;
  if (!bytes) return damaged(Db::DocumentBytes, key);
  return *std::move(bytes);
}

Result<void> Documents::put(const DocumentRecord& record, std::string_view bytes) {
  const std::string key = id_key(record.id);
  const std::string value = QP_TRY(DocumentPacker().pack(key, bytes));
  QP_TRY(access_.put(Db::DocumentBytes, key, value));
  return access_.put(Db::Documents, key, encode_document(key, record));
}

Result<void> Documents::update(const DocumentRecord& record) {
  const std::string key = id_key(record.id);
  if (!QP_TRY(access_.contains(Db::Documents, key))) {
    return error(Code::NotFound, "no such document");
  }
  return access_.put(Db::Documents, key, encode_document(key, record));
}

Result<void> Documents::erase_bytes(TermId id) {
  QP_TRY(access_.erase(Db::DocumentBytes, id_key(id)));
  return {};
}

}  // namespace qp::store
