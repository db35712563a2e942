#include "ap/media.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "ap/tables.hpp"
#include "base/limits.hpp"
#include "base/random.hpp"
#include "base/text.hpp"

namespace qp::ap {

namespace {

constexpr std::size_t kNameBytes = 18;

constexpr MediaType kUnknown{"application/octet-stream", "bin", "Document", false};

/// `magic` at `offset`, and (where there is one) `brand` at `brand_offset`.
struct Signature {
  MediaType type;
  std::string_view magic;
  std::size_t offset = 0;
  std::string_view brand{};
  std::size_t brand_offset = 8;
};

using namespace std::string_view_literals;

constexpr MediaType kMp4{"video/mp4", "mp4", "Video", true};
constexpr MediaType kMpeg{"audio/mpeg", "mp3", "Audio", true};

constexpr std::array kSignatures = {
    Signature{{"image/png", "png", "Image", true}, "\x89PNG\r\n\x1a\n"sv},
    Signature{{"image/jpeg", "jpg", "Image", true}, "\xff\xd8\xff"sv},
    Signature{{"image/gif", "gif", "Image", true}, "GIF87a"sv},
    Signature{{"image/gif", "gif", "Image", true}, "GIF89a"sv},
    Signature{{"image/webp", "webp", "Image", true}, "RIFF"sv, 0, "WEBP"sv},
    Signature{{"image/avif", "avif", "Image", true}, "ftyp"sv, 4, "avif"sv},
    Signature{{"image/heic", "heic", "Image", false}, "ftyp"sv, 4, "heic"sv},
    Signature{{"audio/mp4", "m4a", "Audio", true}, "ftyp"sv, 4, "M4A "sv},
    Signature{{"video/quicktime", "mov", "Video", false}, "ftyp"sv, 4, "qt  "sv},
    Signature{kMp4, "ftyp"sv, 4},
    Signature{{"video/webm", "webm", "Video", true}, "\x1a\x45\xdf\xa3"sv},
    Signature{{"audio/ogg", "ogg", "Audio", true}, "OggS"sv},
    Signature{{"audio/flac", "flac", "Audio", true}, "fLaC"sv},
    Signature{{"audio/wav", "wav", "Audio", true}, "RIFF"sv, 0, "WAVE"sv},
    Signature{kMpeg, "ID3"sv},
    Signature{kMpeg, "\xff\xfb"sv},
    Signature{kMpeg, "\xff\xf3"sv},
    Signature{{"application/pdf", "pdf", "Document", false}, "%PDF-"sv},
};

bool fits(const Signature& signature, std::string_view bytes) {
  const auto has = [&](std::string_view text, std::size_t offset) {
    return bytes.size() >= offset + text.size() && bytes.substr(offset, text.size()) == text;
  };
  return has(signature.magic, signature.offset) &&
         (signature.brand.empty() || has(signature.brand, signature.brand_offset));
}

}  // namespace

const MediaType& sniff_media(std::string_view bytes) {
  for (const Signature& signature : kSignatures) {
    if (fits(signature, bytes)) return signature.type;
  }
  return kUnknown;
}

Result<std::uint64_t> media_bytes_of(const store::Txn& txn, std::string_view user) {
  const auto kept = QP_TRY(txn.get(kMediaBytes, user));
  return kept ? text::to_uint(*kept).value_or(0) : 0;
}

Result<std::string> add_media(store::WriteTxn& txn, std::string_view user, const MediaType& type,
                              std::string_view bytes, std::uint64_t most) {
  const std::uint64_t used = QP_TRY(media_bytes_of(txn, user)) + bytes.size();
  if (used > most) {
    return error(Code::TooLarge,
                 "Your files would be more than " + std::to_string(most / limits::kMiB) + " MiB");
  }
  std::string name = random::token(kNameBytes) + "." + std::string(type.extension);
  QP_TRY(put_media(txn, user, name, type, bytes));
  return name;
}

Result<void> put_media(store::WriteTxn& txn, std::string_view user, std::string_view name,
                       const MediaType& type, std::string_view bytes) {
  if (QP_TRY(txn.get(kMedia, name))) return {};
  std::string value(type.name);
  value.append("\n").append(bytes);
  QP_TRY(txn.put(kMedia, name, value));
  if (user.empty()) return {};
  const std::uint64_t used = QP_TRY(media_bytes_of(txn, user)) + bytes.size();
  return txn.put(kMediaBytes, user, std::to_string(used));
}

namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto [line, rest] = text::split_once(text, '\n');
    lines.emplace_back(line);
    text = rest.value_or("");
  }
  return lines;
}

bool names(std::string_view line, std::string_view file) {
  return text::split_once(line, ' ').first == file;
}

}  // namespace

Result<void> attach_media(store::WriteTxn& txn, std::string_view object, std::string_view user,
                          std::string_view name) {
  QP_TRY(detach_media(txn, object, name));
  const auto kept = QP_TRY(txn.get(kMediaOf, object));
  std::string lines(kept.value_or(""));
  if (!lines.empty()) lines += '\n';
  return txn.put(kMediaOf, object, lines.append(name).append(" ").append(user));
}

Result<void> detach_media(store::WriteTxn& txn, std::string_view object, std::string_view name) {
  const auto kept = QP_TRY(txn.get(kMediaOf, object));
  if (!kept) return {};
  std::string left;
  for (const std::string& line : lines_of(*kept)) {
    if (!names(line, name)) left.append(left.empty() ? "" : "\n").append(line);
  }
  if (!left.empty()) return txn.put(kMediaOf, object, left);
  QP_TRY(txn.erase(kMediaOf, object));
  return {};
}

Result<void> drop_media(store::WriteTxn& txn, std::string_view user, std::string_view name) {
  const auto media = QP_TRY(find_media(txn, name));
  if (!media) return {};
  const std::uint64_t bytes = media->bytes.size();
  QP_TRY(txn.erase(kMedia, name));
  if (user.empty()) return {};
  const std::uint64_t used = QP_TRY(media_bytes_of(txn, user));
  return txn.put(kMediaBytes, user, std::to_string(used - std::min(used, bytes)));
}

Result<void> drop_media_of(store::WriteTxn& txn, std::string_view object) {
  if (object.empty() || object.size() > kMaxKey) return {};
  const auto kept = QP_TRY(txn.get(kMediaOf, object));
  if (!kept) return {};
  for (const std::string& line : lines_of(*kept)) {
    const auto [name, user] = text::split_once(line, ' ');
    QP_TRY(drop_media(txn, user.value_or(""), name));
  }
  QP_TRY(txn.erase(kMediaOf, object));
  return {};
}

Result<std::optional<StoredMedia>> find_media(const store::Txn& txn, std::string_view name) {
  if (name.empty() || name.size() > kMaxKey) return std::optional<StoredMedia>();
  const auto value = QP_TRY(txn.get(kMedia, name));
  if (!value) return std::optional<StoredMedia>();
  const auto line = value->find('\n');
  return std::optional(StoredMedia{std::string(value->substr(0, line)), value->substr(line + 1)});
}

}  // namespace qp::ap
