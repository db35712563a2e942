#include "bulk/json_pieces.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "bulk/limits.hpp"

namespace qp::bulk {

namespace {

constexpr std::size_t kBufferBytes = 256 * limits::kKiB;
constexpr int kEnd = -1;

bool is_space(int c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

Error too_long(std::size_t limit) {
  return error(Code::TooLarge, "longer than " + std::to_string(limit / limits::kMiB) + " MiB");
}

}  // namespace

int JsonPieces::peek() {
  if (at_ < filled_) return static_cast<unsigned char>(buffer_[at_]);
  if (trouble_) return kEnd;
  buffer_.resize(kBufferBytes);
  before_ += filled_;
  at_ = filled_ = 0;
  const auto count = read_(buffer_);
  if (!count) {
    trouble_ = count.error();
    return kEnd;
  }
  filled_ = *count;
  const bool is_begin = before_ == 0 && !is_begun_;
  is_begun_ = true;
  if (is_begin) at_ = byte_order_mark({buffer_.data(), filled_});
  if (is_begin && begins_as_archive({buffer_.data(), filled_})) {
    trouble_ = bad_input("it is an archive, or compressed: that is read from a file by itself");
    at_ = filled_;
    return kEnd;
  }
  if (at_ != 0 && at_ == filled_) return peek();
  return filled_ == 0 ? kEnd : static_cast<unsigned char>(buffer_[at_]);
}

int JsonPieces::take() {
  const int c = peek();
  if (c != kEnd) ++at_;
  return c;
}

int JsonPieces::peek_after_space() {
  while (is_space(peek())) ++at_;
  return peek();
}

std::optional<Piece> JsonPieces::fail(Error error) {
  ended_ = true;
  return Piece{++number_, before_ + at_, trouble_ ? *trouble_ : std::move(error)};
}

std::optional<Piece> JsonPieces::next() {
  if (ended_) return std::nullopt;
  switch (of_) {
    case Of::Lines:
      return line();
    case Of::Stream:
      return stream();
    case Of::Collection:
    case Of::Pages:
      return collection();
  }
  return std::nullopt;
}

std::optional<Piece> JsonPieces::line() {
  while (peek() != kEnd) {
    ++number_;
    Piece piece{number_, before_ + at_, std::string()};
    bool is_empty = true;
    for (bool goes_on = true; goes_on && peek() != kEnd;) {
      const std::string_view there(buffer_.data() + at_, filled_ - at_);
      const std::string_view part = there.substr(0, there.find('\n'));
      goes_on = part.size() == there.size();
      at_ += part.size() + (goes_on ? 0 : 1);
      is_empty = is_empty && std::all_of(part.begin(), part.end(), is_space);
      if (!piece.text) continue;
      piece.text->append(part);
      if (piece.text->size() > limits::kDocumentBytes) {
        piece.text = too_long(limits::kDocumentBytes);
      }
    }
    if (trouble_) break;
    if (!is_empty) return piece;
  }
  ended_ = true;
  if (!trouble_) return std::nullopt;
  return Piece{number_ + 1, before_ + at_, *trouble_};
}

std::optional<Piece> JsonPieces::stream() {
  for (;;) {
    if (in_array_) return item(']');
    const int c = peek_after_space();
    if (c == kEnd) {
      ended_ = true;
      if (!trouble_ && (number_ > 0 || has_list_)) return std::nullopt;
      return fail(bad_input("there is nothing in it"));
    }
    if (c != '[') return text();
    take();
    has_list_ = true;
    in_array_ = peek_after_space() != ']';
    if (!in_array_) take();
  }
}

/// One of several. Where all before it had a line of their own, the next line follows a broken one.
std::optional<Piece> JsonPieces::text() {
  const std::uint64_t at = before_ + at_;
  are_lines_ = number_ > 0 && had_lines_;
  auto text = value(limits::kDocumentBytes);
  const bool goes_on = std::exchange(are_lines_, false) && peek() != kEnd;
  if (!text && text.error().code != Code::TooLarge) {
    if (!goes_on) return fail(text.error());
    if (!std::exchange(is_at_line_, false)) skip_line();
  }
  if (text && text->find('\n') != text->npos) had_lines_ = false;
  return Piece{++number_, at, std::move(text)};
}

void JsonPieces::skip_line() {
  while (peek() != kEnd && take() != '\n') {
  }
}

/// At the end of a line that another record follows.
bool JsonPieces::breaks_off(int c) {
  if (!are_lines_ || c != '\n') return false;
  is_at_line_ = peek() == '{';
  return is_at_line_;
}

/// The item that comes next, and what is behind it.
std::optional<Piece> JsonPieces::item(char close) {
  peek_after_space();
  const std::uint64_t at = before_ + at_;
  auto text = value(limits::kDocumentBytes);
  if (!text && text.error().code != Code::TooLarge) return fail(text.error());
  Piece piece{++number_, at, std::move(text)};
  const int c = peek_after_space();
  if (c == ',') {
    take();
  } else if (c == close) {
    take();
    in_items_ = in_array_ = false;
    const auto ended = end_items();
    if (!ended && !trouble_) trouble_ = ended.error();
  } else {
    // Said with the next one: this one is whole.
    in_items_ = false;
    if (!trouble_) trouble_ = bad_input("the list breaks off");
    at_ = filled_;
  }
  return piece;
}

std::optional<Piece> JsonPieces::collection() {
  for (;;) {
    if (trouble_) return fail(*trouble_);
    if (one_item_) return std::exchange(one_item_, std::nullopt);
    if (in_items_) return item(']');
    if (is_bare_) break;
    if (of_ == Of::Pages && !in_object_ && peek_after_space() == '[') {
      is_bare_ = true;
      if (const auto begun = begin_items(); !begun) return fail(begun.error());
      continue;
    }
    const auto more = member();
    if (!more) return fail(more.error());
    if (!*more) break;
  }
  ended_ = true;
  return std::nullopt;
}

/// Up to the key or the end of the object.
Result<void> JsonPieces::begin_member() {
  int c = peek_after_space();
  if (!in_object_) {
    if (c != '{') return bad_input("it is no JSON object");
    take();
    in_object_ = is_first_member_ = true;
    c = peek_after_space();
  }
  if (std::exchange(is_first_member_, false)) return {};
  if (c == ',') {
    take();
    peek_after_space();
  } else if (c != '}') {
    return bad_input("the object breaks off at byte " + std::to_string(before_ + at_));
  }
  return {};
}

/// One member of the object: to `head_`, or up to the first item. False: that was the end.
Result<bool> JsonPieces::member() {
  QP_TRY(begin_member());
  if (peek() == '}') {
    take();
    if (pages_ == 0) return false;
    --pages_;
    head_ += '}';
    return true;
  }
  std::string key;
  QP_TRY(string(key, limits::kHeadBytes));
  if (peek_after_space() != ':') return bad_input("a member without a value");
  take();
  const int c = peek_after_space();
  if (are_items(key, c)) {
    QP_TRY(c == '[' ? begin_items() : single_item());
    return true;
  }
  if (c == '{' && begin_page(key)) return true;
  const std::string text = QP_TRY(value(limits::kHeadBytes));
  if (head_.size() + text.size() > limits::kHeadBytes) return too_long(limits::kHeadBytes);
  if (!head_.empty() && head_.back() != '{') head_ += ",";
  head_ += key + ":" + text;
  return true;
}

bool JsonPieces::are_items(std::string_view key, int begin) const {
  // Pixelfed wraps a list like that.
  if (key == "\"data\"") return of_ == Of::Pages && pages_ == 0 && begin == '[';
  if (key != "\"orderedItems\"" && key != "\"items\"") return false;
  return begin == '[' || (of_ == Of::Pages && (begin == '{' || begin == '"'));
}

/// A page that stands in the collection, or in the page before it.
bool JsonPieces::begin_page(const std::string& key) {
  const bool is_page = key == "\"first\"" ? pages_ == 0 : key == "\"next\"" && pages_ > 0;
  if (of_ != Of::Pages || !is_page || head_.size() + key.size() > limits::kHeadBytes) return false;
  take();
  ++pages_;
  is_first_member_ = true;
  if (!head_.empty() && head_.back() != '{') head_ += ",";
  head_ += key + ":{";
  return true;
}

Result<void> JsonPieces::begin_items() {
  has_list_ = true;
  take();
  if (peek_after_space() != ']') {
    in_items_ = true;
    return {};
  }
  take();
  return end_items();
}

Result<void> JsonPieces::end_items() {
  if (!std::exchange(is_wrapped_, false)) return {};
  if (peek_after_space() != '}') return bad_input("a list with something beside it");
  take();
  return {};
}

/// An id, an object, or the list that stands in one.
Result<void> JsonPieces::single_item() {
  has_list_ = true;
  const std::uint64_t at = before_ + at_;
  std::string text;
  if (peek() == '{') {
    take();
    text = "{";
    if (peek_after_space() == '"') QP_TRY(string(text, limits::kDocumentBytes));
    if (text == "{\"@list\"" || text == "{\"@set\"") {
      if (peek_after_space() != ':') return bad_input("a member without a value");
      take();
      if (peek_after_space() != '[') return bad_input("a list that is none");
      is_wrapped_ = true;
      return begin_items();
    }
  }
  const std::size_t depth = text.empty() ? 0 : 1;
  auto item = value(limits::kDocumentBytes, std::move(text), depth);
  if (!item && item.error().code != Code::TooLarge) return item.error();
  one_item_ = Piece{++number_, at, std::move(item)};
  return {};
}

Result<void> JsonPieces::string(std::string& out, std::size_t limit) {
  if (take() != '"') return bad_input("no string at byte " + std::to_string(before_ + at_));
  out += '"';
  for (;;) {
    const int c = take();
    if (c == kEnd || breaks_off(c)) return bad_input("a string breaks off");
    if (out.size() <= limit) out += static_cast<char>(c);
    if (c == '"') return {};
    if (c == '\\') {
      const int escaped = take();
      if (escaped == kEnd) return bad_input("a string breaks off");
      if (out.size() <= limit) out += static_cast<char>(escaped);
    }
  }
}

/// As far as its brackets go; a scalar, to the next comma, bracket or space. What is over the limit
/// is read to its end all the same, so that the next one can follow. `text`: what was read of it
/// already, so many brackets deep.
Result<std::string> JsonPieces::value(std::size_t limit, std::string text, std::size_t depth) {
  for (;;) {
    const int c = peek();
    if (c == kEnd) {
      if (depth == 0 && !text.empty()) break;
      return bad_input("the text breaks off at byte " + std::to_string(before_ + at_));
    }
    const bool is_open = c == '{' || c == '[';
    const bool is_close = c == '}' || c == ']';
    if (depth == 0 && !text.empty() && (is_space(c) || c == ',' || is_open || is_close)) break;
    if (depth == 0 && text.empty() && (is_close || c == ',' || c == ':')) {
      return bad_input("no value at byte " + std::to_string(before_ + at_));
    }
    if (c == '"') {
      QP_TRY(string(text, limit));
      if (depth == 0) break;
      continue;
    }
    take();
    if (breaks_off(c)) return bad_input("the line breaks off");
    if (text.size() <= limit) text += static_cast<char>(c);
    if (is_open) ++depth;
    if (is_close && --depth == 0) break;
  }
  if (text.size() > limit) return too_long(limit);
  return text;
}

}  // namespace qp::bulk
