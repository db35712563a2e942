#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "base/result.hpp"

/// JSON as the JSON-LD algorithms need it: member order, and numbers as they were written.
///
/// The parser is the gate through which every JSON text from outside passes (security.md 1.3):
/// strict UTF-8, bounded depth, members, strings and numbers, no duplicate keys, nothing behind
/// the value. Values live in an Arena and are handles of 16 bytes: copying one copies no content,
/// and both copies show the same array or object.
namespace qp::json {

/// Memory that is freed as a whole. One thread at a time; not copied.
class Arena {
 public:
  Arena() = default;
  Arena(Arena&&) noexcept = default;
  Arena& operator=(Arena&&) noexcept = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* allocate(std::size_t size, std::size_t alignment);
  template <class T>
  T* allocate_array(std::size_t count) {
    return static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
  }
  std::string_view copy(std::string_view text);
  std::string_view concat(std::string_view a, std::string_view b);
  /// Gives back everything but the first block; all values die.
  void clear();
  std::size_t bytes() const { return total_; }

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t block_ = 4096;
  std::size_t first_ = 0;
  std::size_t total_ = 0;
};

enum class Kind : std::uint8_t { Null, False, True, Number, String, Array, Object };

struct Member;
class Value;

namespace detail {
struct ArrayData;
struct ObjectData;
}  // namespace detail

/// A handle on a JSON value. Valid as long as the Arena that it was made in.
class Value {
 public:
  constexpr Value() noexcept : kind_(Kind::Null), size_(0), text_(nullptr) {}

  static constexpr Value null() { return {}; }
  static constexpr Value boolean(bool value) {
    Value result;
    result.kind_ = value ? Kind::True : Kind::False;
    return result;
  }
  /// `text` must outlive the value: a literal, or text of the arena.
  static constexpr Value string(std::string_view text) { return Value(Kind::String, text); }
  /// `text` is a number of the JSON grammar and outlives the value.
  static constexpr Value number(std::string_view text) { return Value(Kind::Number, text); }
  static Value number(Arena& arena, std::int64_t value);
  static Value array(Arena& arena, std::size_t capacity = 0);
  static Value array(Arena& arena, std::span<const Value> items);
  static Value object(Arena& arena, std::size_t capacity = 0);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::Null; }
  bool is_boolean() const { return kind_ == Kind::True || kind_ == Kind::False; }
  bool is_true() const { return kind_ == Kind::True; }
  bool is_number() const { return kind_ == Kind::Number; }
  bool is_string() const { return kind_ == Kind::String; }
  bool is_array() const { return kind_ == Kind::Array; }
  bool is_object() const { return kind_ == Kind::Object; }
  /// Null, boolean, number or string.
  bool is_scalar() const { return kind_ < Kind::Array; }

  /// Of a string, its characters; of a number, its spelling; else empty.
  std::string_view text() const {
    return kind_ == Kind::String || kind_ == Kind::Number ? std::string_view(text_, size_)
                                                          : std::string_view();
  }
  bool is(std::string_view expected) const { return is_string() && text() == expected; }

  /// Of an array; empty for everything else. Invalidated by push_back.
  std::span<Value> items() const;
  /// Of an object, in their order; empty for everything else. Invalidated by set. Keys are changed
  /// by `rename` only.
  std::span<Member> members() const;
  /// Items of an array, members of an object, else 0.
  std::size_t size() const;
  bool empty() const { return size() == 0; }

  /// The member's value, or nullptr: no such key, or not an object. Invalidated by set.
  Value* find(std::string_view key) const;
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  /// The member's value, or null.
  Value get(std::string_view key) const {
    Value* found = find(key);
    return found ? *found : Value();
  }
  /// Replaces, or appends. This is an object; `key` outlives it (a literal, or arena text).
  Value& set(Arena& arena, std::string_view key, Value value) const;
  /// Appends without looking for the key, which is not there yet.
  void append_member(Arena& arena, const Member& member) const;
  /// Of one of its members, which keeps its place; `key` is not there yet, and outlives it.
  void rename(Member& member, std::string_view key) const;
  /// True if there was such a member. Order of the others is kept.
  bool erase(std::string_view key) const;
  /// This is an array.
  void push_back(Arena& arena, Value value) const;

 private:
  constexpr Value(Kind kind, std::string_view text)
      : kind_(kind), size_(static_cast<std::uint32_t>(text.size())), text_(text.data()) {}

  Kind kind_;
  std::uint32_t size_;
  union {
    const char* text_;
    detail::ArrayData* array_;
    detail::ObjectData* object_;
  };
};

struct Member {
  std::string_view key;
  Value value;
};

namespace detail {
struct ArrayData {
  Value* items;
  std::uint32_t size, capacity;
};
struct ObjectData {
  Member* members;
  std::uint32_t size, capacity;
  /// Of many members, where each is: an open hash table of places, from 1 on; 0 is free. Or none.
  std::uint32_t* places;
  std::uint32_t slots;
};
}  // namespace detail

inline std::span<Value> Value::items() const {
  if (kind_ != Kind::Array) return {};
  return {array_->items, array_->size};
}
inline std::span<Member> Value::members() const {
  if (kind_ != Kind::Object) return {};
  return {object_->members, object_->size};
}
inline std::size_t Value::size() const {
  if (kind_ == Kind::Array) return array_->size;
  return kind_ == Kind::Object ? object_->size : 0;
}

struct ParseLimits {
  std::size_t depth = limits::kJsonDepth;
  std::size_t members = limits::kJsonMembers;
  std::size_t string_bytes = limits::kJsonStringBytes;
  std::size_t number_bytes = limits::kJsonNumberBytes;
  /// Conformance suites have documents with repeated keys; the last one wins there.
  bool allow_duplicate_keys = false;
};

/// Strings without escapes and numbers are views into `text`, which must outlive the value:
/// copy it into the arena first where it does not. BadInput says what is wrong and at which byte;
/// TooLarge names the limit.
Result<Value> parse(std::string_view text, Arena& arena, const ParseLimits& limits = {});

/// RFC 8259 text, without spaces; members in their order, numbers as spelt. `indent`: spaces a
/// level, on lines of their own.
void write(Value value, std::string& out, int indent = -1);
std::string to_text(Value value, int indent = -1);
void write_string(std::string_view text, std::string& out);

/// A copy that shares nothing; its text is in `arena` too.
Value deep_copy(Value value, Arena& arena);
/// Equal as JSON: member order does not matter; numbers by value (1.0 equals 1).
bool equal(Value a, Value b);

/// The number as a double; as an integer only where it is one (`1.0` and `1e2` are) and fits.
double to_double(Value number);
bool to_int64(Value number, std::int64_t& out);

}  // namespace qp::json
