#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/access.hpp"
#include "store/counters.hpp"
#include "store/types.hpp"

namespace qp::store {

/// Durable work with a due time. Promises are those of Txn and WriteTxn.
///
/// Only the oldest item of a lane, its head, can be due; the heads have an index by due time, so
/// that a dead host with a long lane costs one row there.
class Queue {
 public:
  static constexpr std::size_t kLaneBytes = 400;

  explicit Queue(Access& access) : access_(access) {}

  Result<std::vector<QueueItem>> due(std::int64_t now, std::size_t limit) const;
  Result<std::vector<QueueItem>> list(std::size_t limit) const;
  Result<std::optional<std::int64_t>> next_due() const;

  Result<std::uint64_t> push(std::int64_t due, std::string_view lane, std::string_view payload,
                             Counters& counters);
  /// NotFound when there is no such item. Counts an attempt.
  Result<void> reschedule(std::uint64_t id, std::int64_t due, std::string_view last_result);
  /// NotFound when there is no such item. No attempt was made.
  Result<void> move(std::uint64_t id, std::int64_t due);
  /// No error when there is no such item.
  Result<void> remove(std::uint64_t id);

 private:
  Result<std::optional<QueueItem>> item(std::uint64_t id) const;
  Result<std::optional<std::uint64_t>> head(std::string_view lane) const;
  Result<void> put(const QueueItem& item);
  Result<void> move(QueueItem item, std::int64_t due);

  Access& access_;
};

/// An item from its row, without checksum (`id` is not in it); nullopt: damaged.
std::optional<QueueItem> decode_queue(std::string_view value);
std::string queue_lane_key(std::string_view lane, std::uint64_t id);
std::string queue_head_key(std::int64_t due, std::uint64_t id);

}  // namespace qp::store
