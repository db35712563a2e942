#include "base/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/flat_index.hpp"
#include "base/text.hpp"
#include "base/text_hash.hpp"

namespace qp::json {

void* Arena::allocate(std::size_t size, std::size_t alignment) {
  const auto address = reinterpret_cast<std::uintptr_t>(next_);
  const std::size_t padding = (alignment - address % alignment) % alignment;
  if (next_ == nullptr || padding + size > left_) {
    const std::size_t wanted = std::max(block_, size + alignment);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(wanted));
    if (blocks_.size() == 1) first_ = wanted;
    next_ = blocks_.back().get();
    left_ = wanted;
    total_ += wanted;
    block_ = std::min<std::size_t>(block_ * 2, std::size_t{256} * 1024);
    return allocate(size, alignment);
  }
  char* result = next_ + padding;
  next_ = result + size;
  left_ -= padding + size;
  return result;
}

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return {};
  char* bytes = allocate_array<char>(text.size());
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

std::string_view Arena::concat(std::string_view a, std::string_view b) {
  if (a.empty()) return copy(b);
  if (b.empty()) return copy(a);
  char* bytes = allocate_array<char>(a.size() + b.size());
  std::memcpy(bytes, a.data(), a.size());
  std::memcpy(bytes + a.size(), b.data(), b.size());
  return {bytes, a.size() + b.size()};
}

void Arena::clear() {
  if (blocks_.empty()) return;
  blocks_.resize(1);
  next_ = blocks_.front().get();
  left_ = first_;
  total_ = first_;
  block_ = 4096;
}

Value Value::number(Arena& arena, std::int64_t value) {
  std::array<char, 24> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return number(arena.copy({buffer.data(), static_cast<std::size_t>(end - buffer.data())}));
}

Value Value::array(Arena& arena, std::size_t capacity) {
  Value result;
  result.kind_ = Kind::Array;
  result.array_ = arena.allocate_array<detail::ArrayData>(1);
  *result.array_ = {capacity ? arena.allocate_array<Value>(capacity) : nullptr, 0,
                    static_cast<std::uint32_t>(capacity)};
  return result;
}

Value Value::array(Arena& arena, std::span<const Value> items) {
  Value result = array(arena, items.size());
  std::copy(items.begin(), items.end(), result.array_->items);
  result.array_->size = static_cast<std::uint32_t>(items.size());
  return result;
}

Value Value::object(Arena& arena, std::size_t capacity) {
  Value result;
  result.kind_ = Kind::Object;
  result.object_ = arena.allocate_array<detail::ObjectData>(1);
  *result.object_ = {capacity ? arena.allocate_array<Member>(capacity) : nullptr, 0,
                     static_cast<std::uint32_t>(capacity), nullptr, 0};
  return result;
}

namespace {

/// What has more members is looked up by their hashes, or it would cost their number squared to
/// make it.
constexpr std::uint32_t kFewMembers = 32;

/// The slot of the key's place, or the free one where it would be.
std::uint32_t* slot_of(const detail::ObjectData& data, std::string_view key) {
  std::size_t at = TextHash{}(key) & (data.slots - 1);
  while (data.places[at] != 0 && data.members[data.places[at] - 1].key != key) {
    at = (at + 1) & (data.slots - 1);
  }
  return data.places + at;
}

/// The last member is new.
void index_last(Arena& arena, detail::ObjectData& data) {
  if (data.size <= kFewMembers) return;
  std::uint32_t first = data.size;
  if (data.places == nullptr || data.size * 2 > data.slots) {
    std::uint32_t slots = kFewMembers;
    while (slots < std::max(data.size, data.capacity) * 2) slots *= 2;
    data.places = arena.allocate_array<std::uint32_t>(slots);
    std::fill_n(data.places, slots, 0);
    data.slots = slots;
    first = 1;
  }
  for (std::uint32_t place = first; place <= data.size; ++place) {
    std::uint32_t* slot = slot_of(data, data.members[place - 1].key);
    if (*slot == 0) *slot = place;
  }
}

}  // namespace

Value* Value::find(std::string_view key) const {
  if (kind_ == Kind::Object && object_->places != nullptr) {
    const std::uint32_t place = *slot_of(*object_, key);
    return place == 0 ? nullptr : &object_->members[place - 1].value;
  }
  for (Member& member : members()) {
    if (member.key.size() != key.size()) continue;
    // An empty text may have no address, which memcmp must not be given.
    const bool is_same = key.empty() || member.key.data() == key.data() ||
                         std::memcmp(member.key.data(), key.data(), key.size()) == 0;
    if (is_same) return &member.value;
  }
  return nullptr;
}

namespace {

template <class Data, class Item>
void append(Arena& arena, Data& data, Item*& items, const Item& item) {
  if (data.size == data.capacity) {
    const std::uint32_t capacity = data.capacity ? data.capacity * 2 : 4;
    Item* grown = arena.allocate_array<Item>(capacity);
    std::copy(items, items + data.size, grown);
    items = grown;
    data.capacity = capacity;
  }
  items[data.size++] = item;
}

}  // namespace

Value& Value::set(Arena& arena, std::string_view key, Value value) const {
  if (Value* found = find(key)) return *found = value;
  append_member(arena, {key, value});
  return object_->members[object_->size - 1].value;
}

void Value::append_member(Arena& arena, const Member& member) const {
  append(arena, *object_, object_->members, member);
  index_last(arena, *object_);
}

void Value::rename(Member& member, std::string_view key) const {
  member.key = key;
  object_->places = nullptr;  // until the next one is appended
}

bool Value::erase(std::string_view key) const {
  const auto all = members();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Member& member) { return member.key == key; });
  if (found == all.end()) return false;
  std::move(found + 1, all.end(), found);
  --object_->size;
  object_->places = nullptr;  // until the next one is appended
  return true;
}

void Value::push_back(Arena& arena, Value value) const {
  append(arena, *array_, array_->items, value);
}

namespace {

/// One pass over the text (RFC 8259), recursion bounded by the depth limit.
class Parser {
 public:
  Parser(std::string_view text, Arena& arena, const ParseLimits& limits)
      : begin_(text.data()),
        at_(text.data()),
        end_(text.data() + text.size()),
        arena_(arena),
        limits_(limits) {}

  Result<Value> document() {
    Value result;
    skip_space();
    if (!value(result, 0)) return failure_;
    skip_space();
    if (at_ != end_) return error("something follows the JSON value");
    return result;
  }

 private:
  bool fail(std::string what, Code code = Code::BadInput) {
    failure_ = error(std::move(what), code);
    return false;
  }
  Error error(std::string what, Code code = Code::BadInput) const {
    what += " (byte " + std::to_string(at_ - begin_) + ")";
    return Error{code, what, what};
  }
  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool literal(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) < word.size() ||
        std::memcmp(at_, word.data(), word.size()) != 0) {
      return fail("not a JSON value");
    }
    at_ += word.size();
    return true;
  }

  bool value(Value& out, std::size_t depth) {
    if (at_ == end_) return fail("the JSON text ends too early");
    switch (*at_) {
      case '{':
        return object(out, depth + 1);
      case '[':
        return array(out, depth + 1);
      case '"': {
        std::string_view text;
        if (!string(text)) return false;
        out = Value::string(text);
        return true;
      }
      case 't':
        out = Value::boolean(true);
        return literal("true");
      case 'f':
        out = Value::boolean(false);
        return literal("false");
      case 'n':
        out = Value();
        return literal("null");
      default:
        return number(out);
    }
  }

  bool object(Value& out, std::size_t depth) {
    if (depth > limits_.depth) return too_deep();
    ++at_;
    const std::size_t first = scratch_members_.size();
    skip_space();
    if (at_ != end_ && *at_ == '}') {
      ++at_;
      out = Value::object(arena_);
      return true;
    }
    while (true) {
      if (at_ == end_ || *at_ != '"') return fail("a member's name is missing");
      Member member;
      if (!string(member.key) || !count_member()) return false;
      skip_space();
      if (at_ == end_ || *at_ != ':') return fail("a colon is missing");
      ++at_;
      skip_space();
      if (!value(member.value, depth)) return false;
      scratch_members_.push_back(member);
      skip_space();
      if (at_ == end_) return fail("the JSON text ends inside an object");
      if (*at_ == '}') break;
      if (*at_ != ',') return fail("a comma is missing");
      ++at_;
      skip_space();
    }
    ++at_;
    return finish_object(out, first);
  }

  bool finish_object(Value& out, std::size_t first) {
    const std::span<Member> found(scratch_members_.data() + first, scratch_members_.size() - first);
    out = Value::object(arena_, found.size());
    if (!unique(found)) {
      if (!limits_.allow_duplicate_keys) return false;
      for (const Member& member : found) out.set(arena_, member.key, member.value);
    } else {
      for (const Member& member : found) out.append_member(arena_, member);
    }
    scratch_members_.resize(first);
    return true;
  }

  bool unique(std::span<const Member> members) {
    if (members.size() <= 24) {
      for (std::size_t i = 1; i < members.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
          if (members[i].key == members[j].key) return repeated(members[i].key);
        }
      }
      return true;
    }
    FlatIndex seen(members.size());
    std::uint32_t next = 0;
    for (const Member& member : members) {
      const bool added =
          seen.find_or_add(TextHash{}(member.key), next++,
                           [&](std::uint32_t other) { return members[other].key == member.key; })
              .second;
      if (!added) return repeated(member.key);
    }
    return true;
  }
  bool repeated(std::string_view key) {
    return fail("the member \"" + std::string(key.substr(0, 80)) + "\" is there twice");
  }

  bool array(Value& out, std::size_t depth) {
    if (depth > limits_.depth) return too_deep();
    ++at_;
    const std::size_t first = scratch_items_.size();
    skip_space();
    if (at_ != end_ && *at_ == ']') {
      ++at_;
      out = Value::array(arena_);
      return true;
    }
    while (true) {
      Value item;
      if (!count_member() || !value(item, depth)) return false;
      scratch_items_.push_back(item);
      skip_space();
      if (at_ == end_) return fail("the JSON text ends inside an array");
      if (*at_ == ']') break;
      if (*at_ != ',') return fail("a comma is missing");
      ++at_;
      skip_space();
    }
    ++at_;
    out = Value::array(arena_, {scratch_items_.data() + first, scratch_items_.size() - first});
    scratch_items_.resize(first);
    return true;
  }

  bool count_member() {
    if (++members_ > limits_.members) {
      return fail("more than " + std::to_string(limits_.members) + " members", Code::TooLarge);
    }
    return true;
  }
  bool too_deep() {
    return fail("nested deeper than " + std::to_string(limits_.depth) + " levels", Code::TooLarge);
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  bool digits() {
    if (at_ == end_ || !is_digit(*at_)) return fail("not a JSON value");
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return true;
  }
  bool number(Value& out) {
    const char* start = at_;
    if (*at_ == '-') ++at_;
    if (at_ != end_ && *at_ == '0') {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    if (at_ != end_ && *at_ == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      if (!digits()) return false;
    }
    const auto size = static_cast<std::size_t>(at_ - start);
    if (size > limits_.number_bytes) {
      return fail("a number of more than " + std::to_string(limits_.number_bytes) + " characters",
                  Code::TooLarge);
    }
    out = Value::number({start, size});
    if (!std::isfinite(to_double(out))) return fail("a number too large for a double");
    return true;
  }

  /// Without escapes a view into the text, else a copy in the arena.
  bool string(std::string_view& out) {
    const char* start = ++at_;
    bool ascii = true;
    while (at_ != end_ && *at_ != '"' && *at_ != '\\') {
      const auto byte = static_cast<unsigned char>(*at_);
      if (byte < 0x20) return fail("a control character inside a string");
      ascii = ascii && byte < 0x80;
      ++at_;
    }
    if (at_ == end_) return fail("the JSON text ends inside a string");
    const std::string_view plain(start, static_cast<std::size_t>(at_ - start));
    if (plain.size() > limits_.string_bytes) return too_long();
    if (!ascii && !text::is_utf8(plain)) return fail("a string is not UTF-8");
    if (*at_ == '"') {
      ++at_;
      out = plain;
      return true;
    }
    unescaped_.assign(plain);
    while (true) {
      if (at_ == end_) return fail("the JSON text ends inside a string");
      if (*at_ == '"') break;
      if (*at_ == '\\') {
        if (!escape()) return false;
        continue;
      }
      const char* run = at_;
      while (at_ != end_ && *at_ != '"' && *at_ != '\\') {
        if (static_cast<unsigned char>(*at_) < 0x20) {
          return fail("a control character inside a string");
        }
        ++at_;
      }
      const std::string_view piece(run, static_cast<std::size_t>(at_ - run));
      if (!text::is_utf8(piece)) return fail("a string is not UTF-8");
      unescaped_.append(piece);
      if (unescaped_.size() > limits_.string_bytes) return too_long();
    }
    ++at_;
    if (unescaped_.size() > limits_.string_bytes) return too_long();
    out = arena_.copy(unescaped_);
    return true;
  }
  bool too_long() {
    return fail("a string of more than " + std::to_string(limits_.string_bytes) + " bytes",
                Code::TooLarge);
  }

  bool hex4(std::uint32_t& out) {
    if (end_ - at_ < 4) return fail("a \\u escape is cut short");
    const auto [end, problem] = std::from_chars(at_, at_ + 4, out, 16);
    if (problem != std::errc() || end != at_ + 4) return fail("a \\u escape without four digits");
    at_ += 4;
    return true;
  }
  bool escape() {
    ++at_;
    if (at_ == end_) return fail("the JSON text ends inside a string");
    const char c = *at_++;
    switch (c) {
      case '"':
      case '\\':
      case '/':
        unescaped_ += c;
        return true;
      case 'b':
        unescaped_ += '\b';
        return true;
      case 'f':
        unescaped_ += '\f';
        return true;
      case 'n':
        unescaped_ += '\n';
        return true;
      case 'r':
        unescaped_ += '\r';
        return true;
      case 't':
        unescaped_ += '\t';
        return true;
      case 'u':
        return unicode_escape();
      default:
        return fail("an unknown escape");
    }
  }
  bool unicode_escape() {
    std::uint32_t code = 0;
    if (!hex4(code)) return false;
    if (code >= 0xDC00 && code <= 0xDFFF) return fail("a lone surrogate");
    if (code >= 0xD800 && code <= 0xDBFF) {
      std::uint32_t low = 0;
      if (end_ - at_ < 2 || at_[0] != '\\' || at_[1] != 'u') return fail("a lone surrogate");
      at_ += 2;
      if (!hex4(low)) return false;
      if (low < 0xDC00 || low > 0xDFFF) return fail("a lone surrogate");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    text::append_utf8(unescaped_, code);
    return true;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  Arena& arena_;
  const ParseLimits& limits_;
  std::size_t members_ = 0;
  std::vector<Member> scratch_members_;
  std::vector<Value> scratch_items_;
  std::string unescaped_;
  Error failure_;
};

}  // namespace

Result<Value> parse(std::string_view text, Arena& arena, const ParseLimits& limits) {
  return Parser(text, arena, limits).document();
}

namespace {

/// True if none of the eight bytes has to be escaped. (Bytes from 0x80 on are looked at one by one
/// where they stand beside one that has to.)
bool are_plain(const char* bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  std::uint64_t eight = 0;
  std::memcpy(&eight, bytes, sizeof eight);
  const auto has_zero = [](std::uint64_t word) { return (word - kOnes) & ~word & kHigh; };
  const std::uint64_t is_control = (eight - kOnes * 0x20) & ~eight & kHigh;
  return (is_control | has_zero(eight ^ (kOnes * '"')) | has_zero(eight ^ (kOnes * '\\'))) == 0;
}

}  // namespace

void write_string(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    while (i + 8 <= text.size() && are_plain(text.data() + i)) i += 8;
    if (i == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text, done, i - done);
    done = i + 1;
    out += '\\';
    switch (byte) {
      case '"':
      case '\\':
        out += static_cast<char>(byte);
        break;
      case '\b':
        out += 'b';
        break;
      case '\f':
        out += 'f';
        break;
      case '\n':
        out += 'n';
        break;
      case '\r':
        out += 'r';
        break;
      case '\t':
        out += 't';
        break;
      default:
        out += "u00";
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
    }
  }
  out.append(text, done);
  out += '"';
}

namespace {

void new_line(std::string& out, int indent, int level) {
  if (indent < 0) return;
  out += '\n';
  out.append(static_cast<std::size_t>(indent) * static_cast<std::size_t>(level), ' ');
}

void write_at(Value value, std::string& out, int indent, int level) {
  switch (value.kind()) {
    case Kind::Null:
      out += "null";
      return;
    case Kind::False:
      out += "false";
      return;
    case Kind::True:
      out += "true";
      return;
    case Kind::Number:
      out += value.text();
      return;
    case Kind::String:
      write_string(value.text(), out);
      return;
    case Kind::Array: {
      out += '[';
      bool first = true;
      for (const Value item : value.items()) {
        if (!first) out += ',';
        first = false;
        new_line(out, indent, level + 1);
        write_at(item, out, indent, level + 1);
      }
      if (!first) new_line(out, indent, level);
      out += ']';
      return;
    }
    case Kind::Object: {
      out += '{';
      bool first = true;
      for (const Member& member : value.members()) {
        if (!first) out += ',';
        first = false;
        new_line(out, indent, level + 1);
        write_string(member.key, out);
        out += indent < 0 ? ":" : ": ";
        write_at(member.value, out, indent, level + 1);
      }
      if (!first) new_line(out, indent, level);
      out += '}';
      return;
    }
  }
}

}  // namespace

void write(Value value, std::string& out, int indent) { write_at(value, out, indent, 0); }

std::string to_text(Value value, int indent) {
  std::string out;
  out.reserve(512);
  write(value, out, indent);
  return out;
}

Value deep_copy(Value value, Arena& arena) {
  switch (value.kind()) {
    case Kind::Number:
      return Value::number(arena.copy(value.text()));
    case Kind::String:
      return Value::string(arena.copy(value.text()));
    case Kind::Array: {
      const Value copy = Value::array(arena, value.size());
      for (const Value item : value.items()) copy.push_back(arena, deep_copy(item, arena));
      return copy;
    }
    case Kind::Object: {
      Value copy = Value::object(arena, value.size());
      for (const Member& member : value.members()) {
        copy.append_member(arena, {arena.copy(member.key), deep_copy(member.value, arena)});
      }
      return copy;
    }
    default:
      return value;
  }
}

double to_double(Value number) {
  double result = 0;
  const std::string_view text = number.text();
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (problem == std::errc::result_out_of_range) {
    // Too small is 0; too large is refused by the parser.
    const auto exponent = text.find_first_of("eE");
    const bool tiny = exponent != std::string_view::npos && text[exponent + 1] == '-';
    return tiny ? 0.0 : HUGE_VAL;
  }
  return result;
}

bool to_int64(Value number, std::int64_t& out) {
  const std::string_view text = number.text();
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (problem == std::errc() && end == text.data() + text.size()) return true;
  const double value = to_double(number);
  if (std::trunc(value) != value || std::fabs(value) >= 9007199254740992.0) return false;
  out = static_cast<std::int64_t>(value);
  return true;
}

bool equal(Value a, Value b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::Number: {
      std::int64_t x = 0;
      std::int64_t y = 0;
      if (to_int64(a, x) && to_int64(b, y)) return x == y;
      return a.text() == b.text() || to_double(a) == to_double(b);
    }
    case Kind::String:
      return a.text() == b.text();
    case Kind::Array:
      return std::equal(a.items().begin(), a.items().end(), b.items().begin(), b.items().end(),
                        equal);
    case Kind::Object:
      return a.size() == b.size() &&
             std::all_of(a.members().begin(), a.members().end(), [&](const Member& member) {
               const Value* other = b.find(member.key);
               return other && equal(member.value, *other);
             });
    default:
      return true;
  }
}

}  // namespace qp::json
