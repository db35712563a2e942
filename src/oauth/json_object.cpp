#include "oauth/json_object.hpp"

namespace qp::oauth {

ObjectWriter& ObjectWriter::text(std::string_view key, std::string_view value) {
  object_.set(arena_, arena_.copy(key), json::Value::string(arena_.copy(value)));
  return *this;
}

ObjectWriter& ObjectWriter::number(std::string_view key, std::int64_t value) {
  object_.set(arena_, arena_.copy(key), json::Value::number(arena_, value));
  return *this;
}

ObjectWriter& ObjectWriter::flag(std::string_view key, bool value) {
  object_.set(arena_, arena_.copy(key), json::Value::boolean(value));
  return *this;
}

ObjectWriter& ObjectWriter::texts(std::string_view key, std::span<const std::string> values) {
  const json::Value array = json::Value::array(arena_, values.size());
  for (const std::string& value : values) {
    array.push_back(arena_, json::Value::string(arena_.copy(value)));
  }
  object_.set(arena_, arena_.copy(key), array);
  return *this;
}

Result<RecordReader> RecordReader::open(std::string_view record, std::int64_t newest) {
  RecordReader reader;
  // The copy outlives the transaction that `record` is borrowed from.
  auto parsed = json::parse(reader.arena_.copy(record), reader.arena_);
  if (!parsed || !parsed->is_object()) return Error{Code::Storage, "a record is not JSON", {}};
  reader.object_ = *parsed;
  if (reader.number("v") > newest) {
    return Error{Code::Storage, "a record was written by a newer quadpub", {}};
  }
  return reader;
}

std::int64_t RecordReader::number(std::string_view key) const {
  const json::Value value = object_.get(key);
  std::int64_t out = 0;
  return value.is_number() && json::to_int64(value, out) ? out : 0;
}

std::vector<std::string> RecordReader::texts(std::string_view key) const {
  std::vector<std::string> out;
  for (const json::Value& item : object_.get(key).items()) out.emplace_back(item.text());
  return out;
}

}  // namespace qp::oauth
