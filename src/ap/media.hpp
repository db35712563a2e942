#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ap/actor.hpp"
#include "base/result.hpp"
#include "store/store.hpp"

/// Files that people upload (uploadMedia). What a file is, its bytes say, and nobody else: it is
/// never served as anything that a browser would run.
namespace qp::ap {

/// A kind of file, found by its first bytes.
struct MediaType {
  std::string_view name;         ///< "image/png"
  std::string_view extension;    ///< "png"
  std::string_view object_type;  ///< "Image", "Video", "Audio", "Document"
  bool is_shown;                 ///< by browsers, in place; others are offered as a download
};
/// What nothing else fits is application/octet-stream; HTML, SVG and scripts are among that.
const MediaType& sniff_media(std::string_view bytes);

struct StoredMedia {
  std::string type;
  std::string_view bytes;  ///< borrowed from the transaction
};

/// Keeps the file; its name, random and with an extension, is what it is asked for by. TooLarge
/// where the user's files would have more than `most` bytes.
Result<std::string> add_media(store::WriteTxn& txn, std::string_view user, const MediaType& type,
                              std::string_view bytes, std::uint64_t most = limits::kMediaPerUser);
/// The file is the object's: it goes when that is deleted. `user`: who gets its bytes back; empty:
/// they were nobody's.
Result<void> attach_media(store::WriteTxn& txn, std::string_view object, std::string_view user,
                          std::string_view name);
/// It is not, after all.
Result<void> detach_media(store::WriteTxn& txn, std::string_view object, std::string_view name);
/// Takes a file of the user's away again.
Result<void> drop_media(store::WriteTxn& txn, std::string_view user, std::string_view name);
/// The same for the files of an object; nothing where it has none.
Result<void> drop_media_of(store::WriteTxn& txn, std::string_view object);
/// The same under a given name, for who brings files along: however many they are. A name that is
/// taken is left as it is; an empty `user` has no bytes of it.
Result<void> put_media(store::WriteTxn& txn, std::string_view user, std::string_view name,
                       const MediaType& type, std::string_view bytes);
Result<std::optional<StoredMedia>> find_media(const store::Txn& txn, std::string_view name);
/// Bytes that the user has here.
Result<std::uint64_t> media_bytes_of(const store::Txn& txn, std::string_view user);

}  // namespace qp::ap
