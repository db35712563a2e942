#include "store/queue.hpp"

#include "store/bytes.hpp"

namespace qp::store {

static std::string queue_key(std::uint64_t id) { return number_key(id, 8); }

// The length first: no lane's keys begin with those of another.
static std::string lane_prefix(std::string_view lane) {
  std::string key = number_key(lane.size(), 2);
  return key.append(lane);
}

std::string queue_lane_key(std::string_view lane, std::uint64_t id) {
  std::string key = lane_prefix(lane);
  append_number(key, id, 8);
  return key;
}

// The sign bit is turned, so that times before 1970 sort first.
static std::uint64_t sortable(std::int64_t due) {
  return static_cast<std::uint64_t>(due) ^ (std::uint64_t{1} << 63);
}

std::string queue_head_key(std::int64_t due, std::uint64_t id) {
  std::string key = number_key(sortable(due), 8);
  append_number(key, id, 8);
  return key;
}

std::optional<QueueItem> decode_queue(std::string_view value) {
  ByteReader reader(value);
  QueueItem item;
  item.due = static_cast<std::int64_t>(reader.number(8));
  item.attempts = static_cast<std::uint32_t>(reader.number(4));
  item.lane = reader.text();
  item.last_result = reader.text();
  item.payload = reader.rest();
  return reader.good() ? std::optional(std::move(item)) : std::nullopt;
}

Result<void> Queue::put(const QueueItem& item) {
  const std::string key = queue_key(item.id);
  std::string value = number_key(static_cast<std::uint64_t>(item.due), 8);
  append_number(value, item.attempts, 4);
  append_text(value, item.lane);
  append_text(value, item.last_result);
  value.append(item.payload);
  append_checksum(key, value);
  return access_.put(Db::Queue, key, value);
}

Result<std::optional<QueueItem>> Queue::item(std::uint64_t id) const {
  const std::string key = queue_key(id);
  const auto found = QP_TRY(access_.get(Db::Queue, key));
  if (!found) return std::nullopt;
  auto item = decode_queue(without_checksum(*found).value_or(std::string_view()));
  if (!item) return damaged(Db::Queue, key);
  item->id = id;
  return item;
}

Result<std::optional<std::uint64_t>> Queue::head(std::string_view lane) const {
  std::optional<std::uint64_t> id;
  const std::string prefix = lane_prefix(lane);
  QP_TRY(access_.each(Db::QueueLane, prefix, [&](std::string_view key, auto) {
    id = ByteReader(key.substr(prefix.size())).number(8);
    return false;
  }));
  return id;
}

Result<std::vector<QueueItem>> Queue::due(std::int64_t now, std::size_t limit) const {
  std::vector<std::uint64_t> ids;
  QP_TRY(access_.each(Db::QueueHead, {}, [&](std::string_view key, auto) {
    ByteReader reader(key);
    if (ids.size() >= limit || reader.number(8) > sortable(now)) return false;
    ids.push_back(reader.number(8));
    return true;
  }));
  std::vector<QueueItem> items;
  for (const std::uint64_t id : ids) {
    auto item = QP_TRY(this->item(id));
    if (!item) return damaged(Db::Queue, queue_key(id));
    items.push_back(*std::move(item));
  }
  return items;
}

Result<std::vector<QueueItem>> Queue::list(std::size_t limit) const {
  std::vector<QueueItem> items;
  std::optional<Error> trouble;
  QP_TRY(access_.each(Db::Queue, {}, [&](std::string_view key, std::string_view value) {
    if (items.size() >= limit) return false;
    auto item = decode_queue(without_checksum(value).value_or(std::string_view()));
    if (!item) {
      trouble = damaged(Db::Queue, key);
      return false;
    }
    item->id = ByteReader(key).number(8);
    items.push_back(*std::move(item));
    return true;
  }));
  if (trouble) return *std::move(trouble);
  return items;
}

Result<std::optional<std::int64_t>> Queue::next_due() const {
  std::optional<std::int64_t> due;
  QP_TRY(access_.each(Db::QueueHead, {}, [&](std::string_view key, auto) {
    due = static_cast<std::int64_t>(ByteReader(key).number(8) ^ (std::uint64_t{1} << 63));
    return false;
  }));
  return due;
}

Result<std::uint64_t> Queue::push(std::int64_t due, std::string_view lane, std::string_view payload,
                                  Counters& counters) {
  if (lane.size() > kLaneBytes) return bad_input("lane name too long");
  QueueItem item;
  item.id = counters.next_queue++;
  item.due = due;
  item.lane = lane;
  item.payload = payload;
  if (!QP_TRY(head(lane))) QP_TRY(access_.put(Db::QueueHead, queue_head_key(due, item.id), {}));
  QP_TRY(access_.put(Db::QueueLane, queue_lane_key(lane, item.id), {}));
  QP_TRY(put(item));
  return item.id;
}

Result<void> Queue::reschedule(std::uint64_t id, std::int64_t due, std::string_view last_result) {
  auto item = QP_TRY(this->item(id));
  if (!item) return error(Code::NotFound, "no such queue item");
  item->last_result = last_result;
  ++item->attempts;
  return move(*std::move(item), due);
}

Result<void> Queue::move(std::uint64_t id, std::int64_t due) {
  auto item = QP_TRY(this->item(id));
  if (!item) return error(Code::NotFound, "no such queue item");
  return move(*std::move(item), due);
}

Result<void> Queue::move(QueueItem item, std::int64_t due) {
  if (QP_TRY(head(item.lane)) == item.id) {
    QP_TRY(access_.erase(Db::QueueHead, queue_head_key(item.due, item.id)));
    QP_TRY(access_.put(Db::QueueHead, queue_head_key(due, item.id), {}));
  }
  item.due = due;
  return put(item);
}

Result<void> Queue::remove(std::uint64_t id) {
  const auto item = QP_TRY(this->item(id));
  if (!item) return {};
  QP_TRY(access_.erase(Db::Queue, queue_key(id)));
  const bool was_head = QP_TRY(head(item->lane)) == id;
  QP_TRY(access_.erase(Db::QueueLane, queue_lane_key(item->lane, id)));
  if (!was_head) return {};
  QP_TRY(access_.erase(Db::QueueHead, queue_head_key(item->due, id)));
  const auto next = QP_TRY(head(item->lane));
  if (!next) return {};
  const auto promoted = QP_TRY(this->item(*next));
  if (!promoted) return damaged(Db::Queue, queue_key(*next));
  return access_.put(Db::QueueHead, queue_head_key(promoted->due, *next), {});
}

}  // namespace qp::store
