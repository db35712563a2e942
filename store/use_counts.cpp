#include "store/use_counts.hpp"

#include <string>

#include "store/bytes.hpp"
#include "vocab/terms.hpp"

namespace qp::store {

void UseCounter::count(Order order, const QuadIds& quad) {
  using Kind = UseTable::Kind;
  if (order != Order::Spog && order != Order::Posg) return;
  const QuadIds last = order == order_ ? last_ : QuadIds{};
  order_ = order;
  last_ = quad;
  if (predicate_ == nullptr || quad.p != last.p) predicate_ = &rows_[{Kind::Predicate, quad.p}];
  if (order == Order::Spog) {
    if (quad.p != last.p || quad.s != last.s) ++predicate_->subjects;
    return;
  }
  const bool new_object = quad.p != last.p || quad.o != last.o;
  ++predicate_->quads;
  if (new_object) ++predicate_->objects;
  if (quad.p != rdf::type) return;
  UseCounts& type = rows_[{Kind::Class, quad.o}];
  ++type.quads;
  if (new_object) ++type.objects;
  if (new_object || quad.s != last.s) ++type.subjects;
}

static std::string key_of(const UseTable::Row& row) {
  std::string key(1, static_cast<char>(row.first));
  append_id(key, row.second);
  return key;
}

std::optional<UseTable::Row> decode_use_key(std::string_view key) {
  ByteReader reader(key);
  const std::uint64_t kind = reader.number(1);
  const TermId id = reader.id();
  if (!reader.complete() || kind > static_cast<std::uint64_t>(UseTable::Kind::Class)) {
    return std::nullopt;
  }
  return UseTable::Row{static_cast<UseTable::Kind>(kind), id};
}

std::optional<UseCounts> decode_use(std::string_view value) {
  ByteReader reader(value);
  UseCounts use;
  use.quads = reader.number(8);
  use.subjects = reader.number(8);
  use.objects = reader.number(8);
  return reader.complete() ? std::optional(use) : std::nullopt;
}

std::pair<std::string, std::string> encode_use(UseTable::Row row, const UseCounts& use) {
  std::string key = key_of(row);
  std::string value;
  append_number(value, use.quads, 8);
  append_number(value, use.subjects, 8);
  append_number(value, use.objects, 8);
  append_checksum(key, value);
  return {std::move(key), std::move(value)};
}

Result<UseCounts> UseTable::find(Kind kind, TermId id) const {
  const std::string key = key_of({kind, id});
  const auto found = QP_TRY(access_.get(Db::Statistics, key));
  if (!found) return UseCounts{};
  const auto use = decode_use(without_checksum(*found).value_or(std::string_view()));
  if (!use) return damaged(Db::Statistics, key);
  return *use;
}

Result<UseTable::Rows> UseTable::all(Kind kind) const {
  Rows rows;
  std::optional<Error> trouble;
  const std::string prefix(1, static_cast<char>(kind));
  QP_TRY(access_.each(Db::Statistics, prefix, [&](std::string_view key, std::string_view value) {
    const auto row = decode_use_key(key);
    const auto use = decode_use(without_checksum(value).value_or(std::string_view()));
    if (row && use) {
      rows.emplace_back(row->second, *use);
    } else {
      trouble = damaged(Db::Statistics, key);
    }
    return !trouble;
  }));
  if (trouble) return *std::move(trouble);
  return rows;
}

Result<void> UseTable::flush() {
  for (const auto& [row, change] : changes_) {
    UseCounts use = QP_TRY(find(row.first, row.second));
    use.quads += change.quads;
    use.subjects += change.subjects;
    use.objects += change.objects;
    const auto [key, value] = encode_use(row, use);
    if (use.quads == 0) {
      QP_TRY(access_.erase(Db::Statistics, key));
    } else {
      QP_TRY(access_.put(Db::Statistics, key, value));
    }
  }
  changes_.clear();
  return {};
}

}  // namespace qp::store
