#include "bulk/archive_writer.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <system_error>
#include <vector>

#include "bulk/limits.hpp"

namespace qp::bulk {

ArchiveWriter::ArchiveWriter(const std::filesystem::path& path)
    : path_(path), part_(path.string() + ".part"), archive_(archive_write_new()) {}

ArchiveWriter::~ArchiveWriter() {
  if (archive_ != nullptr) archive_write_free(archive_);
  if (member_ != nullptr) std::fclose(member_);
  if (!part_.empty()) ::unlink(part_.c_str());
}

Error ArchiveWriter::failed() const {
  const char* text = archive_error_string(archive_);
  return error(Code::Storage,
               path_.string() + ": " + (text == nullptr ? "cannot be written" : text));
}

Result<std::unique_ptr<ArchiveWriter>> ArchiveWriter::create(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return error(Code::Storage,
                 path.string() + " is there and no file: nothing is put in its place");
  }
  std::unique_ptr<ArchiveWriter> writer(new ArchiveWriter(path));
  QP_TRY(writer->begin());
  return writer;
}

Result<void> ArchiveWriter::begin() {
  const bool is_zip = path_.extension() == ".zip";
  if (is_zip) {
    archive_write_set_format_zip(archive_);
  } else {
    archive_write_set_format_pax_restricted(archive_);
    archive_write_add_filter_gzip(archive_);
  }
  // For its owner's eyes: messages to few are in it.
  const int fd = ::open(part_.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) {
    return error(Code::Storage, part_.string() + ": " + std::generic_category().message(errno));
  }
  ::close(fd);
  if (archive_write_open_filename(archive_, part_.c_str()) != ARCHIVE_OK) return failed();
  return {};
}

Result<void> ArchiveWriter::open(std::string_view name) {
  name_ = name;
  const auto folder = path_.has_parent_path() ? path_.parent_path() : std::filesystem::path(".");
  const int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  member_ = fd < 0 ? std::tmpfile() : ::fdopen(fd, "w+");
  if (member_ == nullptr) return error(Code::Storage, "no room for a temporary file");
  return {};
}

Result<void> ArchiveWriter::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), member_) != bytes.size()) {
    return error(Code::Storage, "a temporary file cannot be written");
  }
  return {};
}

Result<void> ArchiveWriter::close() {
  const long size = std::ftell(member_);
  if (size < 0 || std::fflush(member_) != 0 || std::fseek(member_, 0, SEEK_SET) != 0) {
    return error(Code::Storage, "a temporary file cannot be written");
  }
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, name_.c_str());
  archive_entry_set_size(entry, size);
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, S_IRUSR | S_IWUSR);
  archive_entry_set_mtime(entry, std::time(nullptr), 0);
  const int code = archive_write_header(archive_, entry);
  archive_entry_free(entry);
  if (code != ARCHIVE_OK) return failed();
  std::vector<char> buffer(256 * limits::kKiB);
  for (;;) {
    const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), member_);
    if (count == 0) break;
    if (archive_write_data(archive_, buffer.data(), count) < 0) return failed();
  }
  if (std::ferror(member_) != 0) return error(Code::Storage, "a temporary file cannot be read");
  std::fclose(member_);
  member_ = nullptr;
  return {};
}

Result<void> ArchiveWriter::finish() {
  if (archive_write_close(archive_) != ARCHIVE_OK) return failed();
  std::error_code trouble;
  std::filesystem::rename(part_, path_, trouble);
  if (trouble) return error(Code::Storage, path_.string() + ": " + trouble.message());
  part_.clear();
  return {};
}

}  // namespace qp::bulk
