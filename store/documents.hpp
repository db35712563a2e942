#pragma once

#include <optional>
#include <string>

#include "store/access.hpp"
#include "store/types.hpp"

struct ZSTD_CCtx_s;

namespace qp::store {

/// The documents that came or were made here: a record each, and their exact bytes (zstd).
class Documents {
 public:
  explicit Documents(Access& access) : access_(access) {}

  Result<std::optional<DocumentRecord>> record(TermId id) const;
  /// NotFound: never there, or erased.
  Result<std::string> bytes(TermId id) const;

  Result<void> put(const DocumentRecord& record, std::string_view bytes);
  /// NotFound when there is no such document.
  Result<void> update(const DocumentRecord& record);
  Result<void> erase_bytes(TermId id);

 private:
  Access& access_;
};

/// A record's row, without its checksum; nullopt: damaged.
std::optional<DocumentRecord> decode_document(std::string_view value);
/// And with it.
std::string encode_document(std::string_view key, const DocumentRecord& record);

/// Makes the rows of documents' bytes. Used by one thread.
class DocumentPacker {
 public:
  DocumentPacker();
  ~DocumentPacker();
  DocumentPacker(const DocumentPacker&) = delete;
  DocumentPacker& operator=(const DocumentPacker&) = delete;
  /// With its checksum.
  Result<std::string> pack(std::string_view key, std::string_view bytes);

 private:
  ZSTD_CCtx_s* context_;
};
std::optional<std::string> unpack_document(std::string_view value);

}  // namespace qp::store
