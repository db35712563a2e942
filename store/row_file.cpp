#include "store/row_file.hpp"

#include <algorithm>

#include "store/access.hpp"

namespace qp::store {

// Of a RowList. Rows have some 64 bytes.
static constexpr std::size_t kSmallestList = std::size_t{64} * 1024;
static constexpr std::size_t kBytesPerPlace = 64;
static constexpr std::size_t kPlacesAtOnce = 4096;

static Result<void> fill(const UnnamedFile& file, std::uint64_t offset, std::span<char> out) {
  const std::size_t got = QP_TRY(file.read(offset, out));
  if (got == out.size()) return {};
  return error(Code::Storage, "store: a temporary file is cut short");
}

Result<RowFile::Place> RowFile::add(std::string_view row) {
  const Place place{written_ + waiting_.size(), static_cast<std::uint32_t>(row.size())};
  waiting_.append(row);
  if (waiting_.size() < flush_bytes_) return place;
  QP_TRY(file_.append(waiting_));
  written_ += waiting_.size();
  waiting_.clear();
  if (waiting_.capacity() > 4 * flush_bytes_) waiting_ = {};
  return place;
}

Result<std::string_view> RowFile::read(Place place, std::string& space) const {
  if (place.at >= written_) {
    return std::string_view(waiting_).substr(place.at - written_, place.bytes);
  }
  space.resize(place.bytes);
  QP_TRY(fill(file_, place.at, space));
  return std::string_view(space);
}

Result<std::string_view> RowFile::read_on(Place place) {
  if (place.at >= written_) {
    return std::string_view(waiting_).substr(place.at - written_, place.bytes);
  }
  const std::uint64_t end = place.at + place.bytes;
  if (place.at < window_at_ || end > window_at_ + window_.size()) {
    const std::uint64_t wanted =
        std::max<std::uint64_t>(place.bytes, std::min(flush_bytes_, kFlushBytes));
    const std::uint64_t bytes = std::min(wanted, written_ - place.at);
    QP_TRY(read({place.at, static_cast<std::uint32_t>(bytes)}, window_));
    window_at_ = place.at;
  }
  return std::string_view(window_).substr(place.at - window_at_, place.bytes);
}

RowList::RowList(const std::filesystem::path& folder, std::size_t memory_bytes)
    : most_places_(std::max(memory_bytes, kSmallestList) / kBytesPerPlace),
      rows_(folder, std::max(memory_bytes, kSmallestList)),
      places_file_(folder) {}

Result<void> RowList::add(std::string_view row) {
  places_.push_back(QP_TRY(rows_.add(row)));
  if (places_.size() < most_places_) return {};
  QP_TRY(places_file_.append(
      {reinterpret_cast<const char*>(places_.data()), places_.size() * sizeof(RowFile::Place)}));
  places_written_ += places_.size();
  places_.clear();
  return {};
}

Result<void> RowList::read_places(std::uint64_t first, std::span<RowFile::Place> out) const {
  return fill(places_file_, first * sizeof(RowFile::Place),
              {reinterpret_cast<char*>(out.data()), out.size_bytes()});
}

Result<std::string_view> RowList::at(std::uint64_t number, std::string& space) const {
  if (number >= places_written_) return rows_.read(places_[number - places_written_], space);
  RowFile::Place place;
  QP_TRY(read_places(number, {&place, 1}));
  return rows_.read(place, space);
}

Result<void> RowList::each(
    const std::function<Result<void>(std::uint64_t, std::string_view)>& each) {
  std::uint64_t number = 0;
  for (std::vector<RowFile::Place> some; number < places_written_;) {
    some.resize(
        static_cast<std::size_t>(std::min<std::uint64_t>(kPlacesAtOnce, places_written_ - number)));
    QP_TRY(read_places(number, some));
    for (const RowFile::Place place : some) QP_TRY(each(number++, QP_TRY(rows_.read_on(place))));
  }
  for (const RowFile::Place place : places_) {
    QP_TRY(each(number++, QP_TRY(rows_.read_on(place))));
  }
  return {};
}

}  // namespace qp::store
