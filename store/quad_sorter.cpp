#include "store/quad_sorter.hpp"

#include <algorithm>
#include <memory>

#include "store/sorted_runs.hpp"

namespace qp::store {

// Rows that are written at a time, and those of a run that are read.
static constexpr std::size_t kBlock = std::size_t{32} * 1024;
static constexpr std::size_t kSmallestBlock = 256;
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
      capacity_(std::clamp(memory_bytes / kRowBytes, kSmallestBudget, std::size_t{UINT32_MAX})) {
  for (auto& file : files_) file = std::make_unique<UnnamedFile>(folder_);
}

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

Result<void> QuadSorter::write_run(QuadSorter& rows, const Files& files) {
  std::vector<Row> block;
  for (const Order order : {Order::Spog, Order::Gspo, Order::Ospg, Order::Posg}) {
    UnnamedFile& file = *files[static_cast<std::size_t>(order)];
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
  spilling_ = std::async(std::launch::async, [this] { return write_run(*leaving_, files_); });
  return {};
}

Result<void> QuadSorter::spilled() {
  if (!spilling_.valid()) return {};
  auto written = spilling_.get();
  const std::uint64_t first = runs_.empty() ? 0 : runs_.back().first + runs_.back().count;
  runs_.push_back({first, leaving_->rows_.size()});
  leaving_->rows_.clear();
  return written;
}

static bool is_before(const QuadSorter::Row& a, const QuadSorter::Row& b) { return a < b; }

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
  // All blocks together take no more than a run does in memory.
  const std::size_t block = std::clamp(capacity_ / runs_.size(), kSmallestBlock, kBlock);
  const UnnamedFile& file = *files_[static_cast<std::size_t>(order)];
  Merge<Row, &is_before> merged;
  for (const Part& part : runs_) QP_TRY(merged.add({file, part.first, part.count, block}));
  std::vector<Row> last_run(rows_.size());
  for (std::size_t i = 0; i < rows_.size(); ++i) last_run[i] = row(order, i);
  QP_TRY(merged.add(Run<Row>(last_run)));
  Row last{};  // no quad has None in it
  while (const Row* row = QP_TRY(merged.next())) {
    if (*row == last) continue;
    last = *row;
    QP_TRY(each(last));
  }
  return {};
}

}  // namespace qp::store
