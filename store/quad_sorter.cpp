#include "store/quad_sorter.hpp"

#include <algorithm>
#include <memory>
#include <queue>

namespace qp::store {

// Rows that a run reads or writes at a time.
static constexpr std::size_t kBlock = std::size_t{32} * 1024;
static constexpr std::size_t kSmallestBudget = 4096;
static constexpr std::size_t kAhead = 24;

namespace {

/// What is moved while rows are arranged.
struct Item {
  std::uint64_t key;
  std::uint32_t row;
};
// A row that waits; one that is arranged, its place, and what that takes.
constexpr std::size_t kRowBytes =
    2 * sizeof(QuadSorter::Row) + sizeof(std::uint32_t) + 2 * sizeof(Item);

}  // namespace

QuadSorter::QuadSorter(std::filesystem::path folder, std::size_t memory_bytes)
    : folder_(std::move(folder)),
      capacity_(std::clamp(memory_bytes / kRowBytes, kSmallestBudget, std::size_t{UINT32_MAX})) {}

QuadSorter::~QuadSorter() {
  if (spilling_.valid()) spilling_.wait();
}

QuadSorter::Row QuadSorter::row(Order order, std::size_t place) const {
  if (order == Order::Spog) return rows_[place];
  return positions(order, from_positions(Order::Spog, rows_[arranged_[place]]));
}

// Rows that are alike in the first position of `order` stay in the order that they are in. By the
// bytes in which first positions differ, the lowest first.
void QuadSorter::arrange_by(Order order, bool from_spog) {
  std::vector<Item> items(rows_.size()), other(rows_.size());
  const auto first = [&](const Row& row) {
    return number(positions(order, from_positions(Order::Spog, row))[0]);
  };
  std::uint64_t differing = 0;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const std::uint32_t row = from_spog ? static_cast<std::uint32_t>(i) : arranged_[i];
    items[i] = {first(rows_[row]), row};
    differing |= items[i].key ^ items[0].key;
  }
  for (unsigned shift = 0; shift < 64; shift += 8) {
    if ((differing >> shift & 0xff) == 0) continue;
    std::array<std::size_t, 257> begins{};
    for (const Item& item : items) ++begins[(item.key >> shift & 0xff) + 1];
    for (std::size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
    for (const Item& item : items) other[begins[item.key >> shift & 0xff]++] = item;
    items.swap(other);
  }
  arranged_.resize(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) arranged_[i] = items[i].row;
}

// Spog by g is gspo, spog by o is ospg, and that by p is posg.
void QuadSorter::arrange(Order order) {
  if (!sorted_) {
    std::sort(rows_.begin(), rows_.end());
    rows_.erase(std::unique(rows_.begin(), rows_.end()), rows_.end());
    sorted_ = true;
    order_ = Order::Spog;
  }
  if (order == order_ || order == Order::Spog) return;
  if (order == Order::Posg) arrange(Order::Ospg);
  arrange_by(order, order != Order::Posg);
  order_ = order;
}

Result<void> QuadSorter::write_run(QuadSorter& rows, Files& files) {
  std::vector<Row> block;
  for (const Order order : {Order::Spog, Order::Gspo, Order::Ospg, Order::Posg}) {
    UnnamedFile& file =
        *(files[static_cast<std::size_t>(order)] = std::make_unique<UnnamedFile>(rows.folder_));
    rows.arrange(order);
    const std::size_t count = rows.rows_.size();
    for (std::size_t at = 0; at < count; at += block.size()) {
      block.resize(std::min(kBlock, count - at));
      for (std::size_t i = 0; i < block.size(); ++i) block[i] = rows.row(order, at + i);
      QP_TRY(
          file.append({reinterpret_cast<const char*>(block.data()), block.size() * sizeof(Row)}));
    }
  }
  return {};
}

Result<void> QuadSorter::spill() {
  QP_TRY(spilled());
  if (!leaving_) leaving_ = std::make_unique<QuadSorter>(folder_, 0);
  leaving_->rows_.swap(rows_);
  leaving_->sorted_ = false;
  spilled_ += leaving_->rows_.size();
  auto& files = *runs_.emplace_back(std::make_unique<Files>());
  spilling_ =
      std::async(std::launch::async, [this, &files] { return write_run(*leaving_, files); });
  return {};
}

Result<void> QuadSorter::spilled() {
  if (!spilling_.valid()) return {};
  auto written = spilling_.get();
  leaving_->rows_.clear();
  return written;
}

/// A sorted run, from a file or from memory.
class QuadSorter::Run {
 public:
  explicit Run(const UnnamedFile& file) : file_(&file) {}
  explicit Run(const std::vector<Row>& rows) : at_(rows.data()), end_(at_ + rows.size()) {}

  /// False: at its end.
  Result<bool> fetch() {
    if (at_ != end_) return true;
    if (file_ == nullptr) return false;
    block_.resize(kBlock);
    const std::size_t got = QP_TRY(file_->read(
        offset_, {reinterpret_cast<char*>(block_.data()), block_.size() * sizeof(Row)}));
    offset_ += got;
    at_ = block_.data();
    end_ = at_ + got / sizeof(Row);
    return at_ != end_;
  }
  const Row& row() const { return *at_; }
  void step() { ++at_; }

 private:
  const UnnamedFile* file_ = nullptr;
  std::uint64_t offset_ = 0;
  std::vector<Row> block_;
  const Row* at_ = nullptr;
  const Row* end_ = nullptr;
};

Result<void> QuadSorter::sorted(Order order, const std::function<Result<void>(const Row&)>& each) {
  QP_TRY(spilled());
  leaving_.reset();
  arrange(order);
  if (runs_.empty()) {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      // Rows lie all over memory: those that come soon are asked for now.
      const std::size_t soon = i + kAhead;
      if (order != Order::Spog && soon < rows_.size()) {
        __builtin_prefetch(&rows_[arranged_[soon]]);
      }
      QP_TRY(each(row(order, i)));
    }
    return {};
  }
  std::vector<std::unique_ptr<Run>> runs;
  runs.reserve(runs_.size() + 1);
  for (const auto& files : runs_) {
    runs.push_back(std::make_unique<Run>(*(*files)[static_cast<std::size_t>(order)]));
  }
  std::vector<Row> last_run(rows_.size());
  for (std::size_t i = 0; i < rows_.size(); ++i) last_run[i] = row(order, i);
  runs.push_back(std::make_unique<Run>(last_run));
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
