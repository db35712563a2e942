#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace qp::oauth {

/// Writes a JSON object member by member, in that order, without spaces.
class ObjectWriter {
 public:
  ObjectWriter() : object_(json::Value::object(arena_)) {}

  ObjectWriter& text(std::string_view key, std::string_view value);
  ObjectWriter& number(std::string_view key, std::int64_t value);
  ObjectWriter& flag(std::string_view key, bool value);
  ObjectWriter& texts(std::string_view key, std::span<const std::string> values);
  std::string finish() const { return json::to_text(object_); }

 private:
  json::Arena arena_;
  json::Value object_;
};

/// Reads a record that ObjectWriter wrote. A member that is absent reads as empty, 0 or false:
/// that is how older records get the members that came later.
class RecordReader {
 public:
  /// Storage when `record` is no JSON object, or its "v" is above `newest`.
  static Result<RecordReader> open(std::string_view record, std::int64_t newest);

  std::string text(std::string_view key) const { return std::string(object_.get(key).text()); }
  std::int64_t number(std::string_view key) const;
  bool flag(std::string_view key) const { return object_.get(key).is_true(); }
  std::vector<std::string> texts(std::string_view key) const;

 private:
  json::Arena arena_;
  json::Value object_;
};

}  // namespace qp::oauth
