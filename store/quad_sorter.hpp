#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "store/quad_index.hpp"
#include "store/unnamed_file.hpp"

namespace qp::store {

/// Sorts quads in each order, in memory up to a budget and beyond it in unnamed files of `folder`,
/// which go when this does. What is in memory is sorted once, as Spog; each of the other orders is
/// one stable sort by one position away.
class QuadSorter {
 public:
  /// A quad by the positions of an order.
  using Row = std::array<TermId, 4>;

  QuadSorter(std::filesystem::path folder, std::size_t memory_bytes);
  ~QuadSorter();
  QuadSorter(const QuadSorter&) = delete;
  QuadSorter& operator=(const QuadSorter&) = delete;

  Result<void> add(const QuadIds& quad) {
    rows_.push_back(positions(Order::Spog, quad));
    sorted_ = false;
    return rows_.size() < capacity_ ? Result<void>() : spill();
  }
  std::uint64_t added() const { return spilled_ + rows_.size(); }
  std::size_t runs() const { return runs_.size(); }

  /// Gives every row once, sorted, until `each` fails. Call it for any order, any number of times,
  /// when all are added. Posg is quickest after Ospg.
  Result<void> sorted(Order order, const std::function<Result<void>(const Row&)>& each);

 private:
  using Files = std::array<std::unique_ptr<UnnamedFile>, kOrders.size()>;  ///< by order
  struct Part {
    std::uint64_t first, count;  ///< in each of the files
  };
  /// What is in memory goes to files while more is added.
  Result<void> spill();
  Result<void> spilled();
  static Result<void> write_run(QuadSorter& rows, const Files& files);
  void arrange(Order order);
  void arrange_by(Order order, bool from_spog);
  Row row(Order order, std::size_t place) const;

  std::filesystem::path folder_;
  std::size_t capacity_;
  std::vector<Row> rows_;                ///< in memory, in the positions of Spog
  bool sorted_ = true;                   ///< rows_, and without repeats
  std::vector<std::uint32_t> arranged_;  ///< numbers of rows_ in the order `order_`
  Order order_ = Order::Spog;            ///< Spog: arranged_ is not used
  std::uint64_t spilled_ = 0;
  Files files_;
  std::vector<Part> runs_;
  std::unique_ptr<QuadSorter> leaving_;  ///< what a spill writes
  std::future<Result<void>> spilling_;
};

}  // namespace qp::store
