#include "sig/structured.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace qp::sig::structured {

namespace {

constexpr std::size_t kMembers = 16;
constexpr std::size_t kItems = 32;
constexpr std::size_t kParameters = 16;
constexpr std::size_t kIntegerDigits = 15;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_visible(char c) { return c >= 0x20 && c < 0x7F; }
bool is_token(char c) {
  return is_alpha(c) || is_digit(c) ||
         std::string_view("!#$%&'*+-.^_`|~:/").find(c) != std::string_view::npos;
}

/// RFC 8941 4.2; each function reads what its section describes from the front of the text.
class Parser {
 public:
  explicit Parser(std::string_view text) : left_(text) {}

  // 4.2.2
  Result<Dictionary> dictionary() {
    Dictionary found;
    skip(" ");
    while (!left_.empty()) {
      std::string name = QP_TRY(key());
      if (structured::find(found, name) != nullptr) return bad("a key comes twice");
      if (found.size() == kMembers) return bad("too many members");
      Member value = QP_TRY(member());
      found.emplace_back(std::move(name), std::move(value));
      skip(" \t");
      if (left_.empty()) return found;
      if (!take(',')) return bad("no comma between members");
      skip(" \t");
      if (left_.empty()) return bad("a comma at the end");
    }
    return found;
  }

 private:
  Result<Member> member() {
    if (!take('=')) {
      Item flag{{Kind::Boolean, "1"}, {}};
      flag.parameters = QP_TRY(parameters());
      return Member{std::move(flag)};
    }
    if (next() == '(') return Member{QP_TRY(inner_list())};
    return Member{QP_TRY(item())};
  }

  // 4.2.1.2
  Result<InnerList> inner_list() {
    InnerList list;
    take('(');
    while (true) {
      skip(" ");
      if (take(')')) break;
      if (list.items.size() == kItems) return bad("too many items in a list");
      list.items.push_back(QP_TRY(item()));
      if (next() != ' ' && next() != ')') return bad("no blank between items");
    }
    list.parameters = QP_TRY(parameters());
    return list;
  }

  // 4.2.3
  Result<Item> item() {
    BareItem bare = QP_TRY(bare_item());
    Item found{std::move(bare), {}};
    found.parameters = QP_TRY(parameters());
    return found;
  }

  // 4.2.3.1
  Result<BareItem> bare_item() {
    const char first = next();
    if (first == '-' || is_digit(first)) return integer();
    if (first == '"') return string();
    if (first == ':') return bytes();
    if (first == '?') return boolean();
    if (first == '*' || is_alpha(first)) return BareItem{Kind::Token, take_while(is_token)};
    return bad("not an item");
  }

  // 4.2.3.2
  Result<Parameters> parameters() {
    Parameters found;
    while (take(';')) {
      skip(" ");
      std::string name = QP_TRY(key());
      if (structured::find(found, name) != nullptr) return bad("a parameter comes twice");
      if (found.size() == kParameters) return bad("too many parameters");
      BareItem value{Kind::Boolean, "1"};
      if (take('=')) value = QP_TRY(bare_item());
      found.emplace_back(std::move(name), std::move(value));
    }
    return found;
  }

  // 4.2.3.3
  Result<std::string> key() {
    if (!is_lower(next()) && next() != '*') return bad("not a key");
    return take_while([](char c) {
      return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*';
    });
  }

  // 4.2.4
  Result<BareItem> integer() {
    const std::string sign = take('-') ? "-" : "";
    const std::string digits = take_while(is_digit);
    if (digits.empty() || digits.size() > kIntegerDigits || next() == '.') {
      return bad("not an integer");
    }
    const auto start = std::min(digits.find_first_not_of('0'), digits.size() - 1);
    const std::string canonical = digits.substr(start);
    return BareItem{Kind::Integer, canonical == "0" ? canonical : sign + canonical};
  }

  // 4.2.5
  Result<BareItem> string() {
    std::string value;
    take('"');
    while (!take('"')) {
      if (take('\\') && next() != '"' && next() != '\\') return bad("an unknown escape");
      if (!is_visible(next())) return bad("an unfinished string");
      value += next();
      left_.remove_prefix(1);
    }
    return BareItem{Kind::String, std::move(value)};
  }

  // 4.2.7
  Result<BareItem> bytes() {
    take(':');
    const auto end = left_.find(':');
    if (end == std::string_view::npos) return bad("an unfinished byte sequence");
    auto value = text::from_base64(left_.substr(0, end));
    if (!value) return bad("not base64");
    left_.remove_prefix(end + 1);
    return BareItem{Kind::Bytes, std::move(*value)};
  }

  // 4.2.8
  Result<BareItem> boolean() {
    take('?');
    const char value = next();
    if (value != '0' && value != '1') return bad("not a boolean");
    left_.remove_prefix(1);
    return BareItem{Kind::Boolean, std::string(1, value)};
  }

  char next() const { return left_.empty() ? '\0' : left_.front(); }
  bool take(char c) {
    if (next() != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  void skip(std::string_view any_of) {
    left_.remove_prefix(std::min(left_.find_first_not_of(any_of), left_.size()));
  }
  template <class Predicate>
  std::string take_while(Predicate belongs) {
    const auto end = std::find_if_not(left_.begin(), left_.end(), belongs);
    std::string taken(left_.begin(), end);
    left_.remove_prefix(taken.size());
    return taken;
  }
  static Error bad(std::string_view what) {
    return bad_input("structured field (RFC 8941): " + std::string(what));
  }

  std::string_view left_;
};

// 4.1.1.2
std::string parameters_text(const Parameters& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    out += ";" + name;
    if (value.kind != Kind::Boolean || value.value != "1") out += "=" + value.text();
  }
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string BareItem::text() const {
  switch (kind) {
    case Kind::String:
      return quoted(value);
    case Kind::Bytes:
      return ":" + text::base64(value) + ":";
    case Kind::Boolean:
      return "?" + value;
    case Kind::Integer:
    case Kind::Token:
      break;
  }
  return value;
}

std::string Item::text() const { return BareItem::text() + parameters_text(parameters); }

std::string InnerList::text() const {
  std::string out = "(";
  for (const Item& item : items) out += (out.size() > 1 ? " " : "") + item.text();
  return out + ")" + parameters_text(parameters);
}

Result<Dictionary> parse_dictionary(std::string_view field) { return Parser(field).dictionary(); }

const BareItem* find(const Parameters& parameters, std::string_view name) {
  for (const auto& [key, value] : parameters) {
    if (key == name) return &value;
  }
  return nullptr;
}

const Member* find(const Dictionary& dictionary, std::string_view name) {
  for (const auto& [key, value] : dictionary) {
    if (key == name) return &value;
  }
  return nullptr;
}

Result<std::string> quote(std::string_view text) {
  if (!std::all_of(text.begin(), text.end(), is_visible)) {
    return bad_input("not expressible as a string of a structured field");
  }
  return quoted(text);
}

}  // namespace qp::sig::structured
