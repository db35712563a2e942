#include "store/quad_sorter.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <queue>
#include <string>

namespace qp::store {

// Rows that a run reads or writes at a time.
static constexpr std::size_t kBlock = std::size_t{32} * 1024;
static constexpr std::size_t kSmallestBudget = 4096;

static Error trouble(const char* doing) {
  const bool full = errno == ENOSPC || errno == EDQUOT;
  return Error{full ? Code::Unavailable : Code::Storage,
               std::string("store: ") + doing + " a sorted run: " + std::strerror(errno),
               {}};
}

QuadSorter::QuadSorter(std::filesystem::path folder, std::size_t memory_bytes)
    : folder_(std::move(folder)),
      capacity_(std::max(memory_bytes / sizeof(Row), kSmallestBudget)) {}

QuadSorter::~QuadSorter() {
  for (const auto& files : runs_) {
    for (const int fd : files) {
      if (fd >= 0) ::close(fd);
    }
  }
}

void QuadSorter::sort_rows(Order order) {
  if (order != order_) {
    for (Row& row : rows_) row = positions(order, from_positions(order_, row));
    order_ = order;
  }
  std::sort(rows_.begin(), rows_.end());
  rows_.erase(std::unique(rows_.begin(), rows_.end()), rows_.end());
}

static Result<void> write_all(int fd, const char* at, std::size_t left) {
  while (left > 0) {
    const ssize_t written = ::write(fd, at, left);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return trouble("writing");
    at += written;
    left -= static_cast<std::size_t>(written);
  }
  return {};
}

Result<void> QuadSorter::spill() {
  auto& files = runs_.emplace_back();
  files.fill(-1);
  const std::uint64_t rows = rows_.size();
  for (const Order order : kOrders) {
    int& fd = files[static_cast<std::size_t>(order)];
    fd = ::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) return trouble("making");
    sort_rows(order);
    QP_TRY(write_all(fd, reinterpret_cast<const char*>(rows_.data()), rows_.size() * sizeof(Row)));
  }
  spilled_ += rows;
  rows_.clear();
  order_ = Order::Gspo;
  return {};
}

/// A sorted run, from a file or from memory.
class QuadSorter::Run {
 public:
  explicit Run(int fd) : fd_(fd) {}
  explicit Run(const std::vector<Row>& rows) : at_(rows.data()), end_(at_ + rows.size()) {}

  /// False: at its end.
  Result<bool> fetch() {
    if (at_ != end_) return true;
    if (fd_ < 0) return false;
    block_.resize(kBlock);
    std::size_t got = 0;
    while (got < kBlock * sizeof(Row)) {
      const ssize_t more = ::pread(fd_, reinterpret_cast<char*>(block_.data()) + got,
                                   kBlock * sizeof(Row) - got, offset_ + static_cast<off_t>(got));
      if (more < 0 && errno == EINTR) continue;
      if (more < 0) return trouble("reading");
      if (more == 0) break;
      got += static_cast<std::size_t>(more);
    }
    offset_ += static_cast<off_t>(got);
    at_ = block_.data();
    end_ = at_ + got / sizeof(Row);
    return at_ != end_;
  }
  const Row& row() const { return *at_; }
  void step() { ++at_; }

 private:
  int fd_ = -1;
  off_t offset_ = 0;
  std::vector<Row> block_;
  const Row* at_ = nullptr;
  const Row* end_ = nullptr;
};

Result<void> QuadSorter::sorted(Order order, const std::function<Result<void>(const Row&)>& each) {
  sort_rows(order);
  if (runs_.empty()) {
    for (const Row& row : rows_) QP_TRY(each(row));
    return {};
  }
  std::vector<std::unique_ptr<Run>> runs;
  runs.reserve(runs_.size() + 1);
  for (const auto& files : runs_) {
    runs.push_back(std::make_unique<Run>(files[static_cast<std::size_t>(order)]));
  }
  runs.push_back(std::make_unique<Run>(rows_));
  const auto later = [](const Run* a, const Run* b) { return b->row() < a->row(); };
  std::priority_queue<Run*, std::vector<Run*>, decltype(later)> next(later);
  for (const auto& run : runs) {
    if (QP_TRY(run->fetch())) next.push(run.get());
  }
  Row last{};  // no quad has None in it
  while (!next.empty()) {
    Run* run = next.top();
    next.pop();
    if (run->row() != last) {
      last = run->row();
      QP_TRY(each(last));
    }
    run->step();
    if (QP_TRY(run->fetch())) next.push(run);
  }
  return {};
}

}  // namespace qp::store
