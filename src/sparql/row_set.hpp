#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "vocab/term_id.hpp"

namespace qp::sparql {

inline std::uint64_t hash_ids(const TermId* ids, std::size_t count) {
  std::uint64_t hash = 0x9e3779b97f4a7c15U;
  for (std::size_t i = 0; i < count; ++i) {
    hash = (hash ^ qp::number(ids[i])) * 0xff51afd7ed558ccdU;
    hash ^= hash >> 32;
  }
  return hash;
}

/// Different rows of ids, numbered in the order in which they came.
class RowSet {
 public:
  explicit RowSet(std::size_t width) : width_(width), slots_(16, kFree) {}

  /// The number of this row, and whether it is new.
  std::pair<std::uint32_t, bool> add(const TermId* row) {
    if ((std::size_t{count_} + 1) * 2 > slots_.size()) grow();
    const std::size_t slot = find(row);
    if (slots_[slot] != kFree) return {slots_[slot], false};
    slots_[slot] = count_;
    cells_.insert(cells_.end(), row, row + width_);
    return {count_++, true};
  }
  /// So that the next `more` rows need none; `context`, which looks at the time, may end it.
  template <class Context>
  Result<void> make_room(std::size_t more, Context& context) {
    while ((count_ + more) * 2 > slots_.size()) {
      slots_.assign(slots_.size() * 2, kFree);
      for (std::uint32_t i = 0; i < count_; ++i) {
        put(i);
        if (i % kRowsBetweenTicks == 0) QP_TRY(context.tick(kRowsBetweenTicks));
      }
    }
    return {};
  }
  bool contains(const TermId* row) const { return slots_[find(row)] != kFree; }
  /// The number of this row, or kFree.
  std::uint32_t number_of(const TermId* row) const { return slots_[find(row)]; }

  const TermId* row(std::uint32_t number) const { return cells_.data() + number * width_; }
  std::uint32_t size() const { return count_; }
  std::size_t bytes() const { return slots_.capacity() * 4 + cells_.capacity() * 8; }
  static constexpr std::uint32_t kFree = UINT32_MAX;

 private:
  std::size_t find(const TermId* row) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hash_ids(row, width_) & mask;
    while (slots_[slot] != kFree &&
           !std::equal(row, row + width_, cells_.data() + slots_[slot] * width_)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }
  static constexpr std::uint32_t kRowsBetweenTicks = 1024;
  void put(std::uint32_t number) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hash_ids(row(number), width_) & mask;
    while (slots_[slot] != kFree) slot = (slot + 1) & mask;
    slots_[slot] = number;
  }
  void grow() {
    slots_.assign(slots_.size() * 2, kFree);
    for (std::uint32_t i = 0; i < count_; ++i) put(i);
  }

  std::size_t width_;
  std::uint32_t count_ = 0;
  std::vector<std::uint32_t> slots_;
  std::vector<TermId> cells_;
};

}  // namespace qp::sparql
