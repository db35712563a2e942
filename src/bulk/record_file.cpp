#include "bulk/record_file.hpp"

#include <algorithm>
#include <cstdint>

namespace qp::bulk {

namespace {

Error trouble() { return error(Code::Storage, "records cannot be kept in a temporary file"); }

bool write_number(std::FILE* file, std::uint64_t number) {
  return std::fwrite(&number, sizeof number, 1, file) == 1;
}
bool read_number(std::FILE* file, std::uint64_t& number) {
  return std::fread(&number, sizeof number, 1, file) == 1;
}

bool write_text(std::FILE* file, std::string_view text) {
  return write_number(file, text.size()) &&
         std::fwrite(text.data(), 1, text.size(), file) == text.size();
}
bool read_text(std::FILE* file, std::string& text) {
  std::uint64_t size = 0;
  if (!read_number(file, size)) return false;
  text.resize(size);
  return std::fread(text.data(), 1, text.size(), file) == text.size();
}

/// Their number and one; 0: there is no list.
bool write_readers(std::FILE* file, const std::optional<std::vector<std::string>>& readers) {
  if (!write_number(file, readers ? readers->size() + 1 : 0)) return false;
  return !readers || std::ranges::all_of(
                         *readers, [&](const auto& reader) { return write_text(file, reader); });
}
bool read_readers(std::FILE* file, std::optional<std::vector<std::string>>& readers) {
  std::uint64_t number = 0;
  if (!read_number(file, number)) return false;
  if (number == 0) return true;
  readers.emplace();
  for (; number > 1; --number) {
    if (!read_text(file, readers->emplace_back())) return false;
  }
  return true;
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
                    write_text(file_, record.context) && write_readers(file_, record.readers);
  return done ? Result<void>() : Result<void>(trouble());
}

std::optional<Record> RecordFile::next() {
  if (read_ == count_) return std::nullopt;
  const bool is_begun = read_ > 0 || std::fseek(file_, 0, SEEK_SET) == 0;
  ++read_;
  Record record{{}, std::string()};
  std::string bytes, kind;
  const bool done = is_begun && read_text(file_, record.position) && read_text(file_, bytes) &&
                    read_text(file_, kind) && read_text(file_, record.collection) &&
                    read_text(file_, record.context) && read_readers(file_, record.readers) &&
                    kind.size() == 1;
  if (!done) {
    read_ = count_;
    return Record{"records that waited", trouble()};
  }
  record.bytes = std::move(bytes);
  record.kind = static_cast<Record::Kind>(kind.front());
  return record;
}

}  // namespace qp::bulk
