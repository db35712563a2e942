#include "bulk/record_file.hpp"

#include <array>
#include <cstdint>

namespace qp::bulk {

namespace {

Error trouble() { return error(Code::Storage, "records cannot be kept in a temporary file"); }

bool write_text(std::FILE* file, std::string_view text) {
  const std::uint64_t size = text.size();
  return std::fwrite(&size, sizeof size, 1, file) == 1 &&
         std::fwrite(text.data(), 1, text.size(), file) == text.size();
}

bool read_text(std::FILE* file, std::string& text) {
  std::uint64_t size = 0;
  if (std::fread(&size, sizeof size, 1, file) != 1) return false;
  text.resize(size);
  return std::fread(text.data(), 1, text.size(), file) == text.size();
}

}  // namespace

RecordFile::~RecordFile() {
  if (file_ != nullptr) std::fclose(file_);
}

Result<void> RecordFile::add(const Record& record) {
  if (file_ == nullptr) file_ = std::tmpfile();
  if (file_ == nullptr) return trouble();
  const char kind = static_cast<char>(record.kind);
  ++count_;
  const bool done = write_text(file_, record.position) && write_text(file_, *record.bytes) &&
                    write_text(file_, {&kind, 1}) && write_text(file_, record.collection) &&
                    write_text(file_, record.context);
  return done ? Result<void>() : Result<void>(trouble());
}

std::optional<Record> RecordFile::next() {
  if (file_ == nullptr) return std::nullopt;
  if (!is_read_ && std::fseek(file_, 0, SEEK_SET) != 0) return std::nullopt;
  is_read_ = true;
  Record record{{}, std::string()};
  std::string bytes, kind;
  const bool done = read_text(file_, record.position) && read_text(file_, bytes) &&
                    read_text(file_, kind) && read_text(file_, record.collection) &&
                    read_text(file_, record.context) && kind.size() == 1;
  if (!done) return std::nullopt;
  record.bytes = std::move(bytes);
  record.kind = static_cast<Record::Kind>(kind.front());
  return record;
}

}  // namespace qp::bulk
