#include "net/framer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.hpp"

// "9112" and "9110" are the RFCs, numbers behind them their sections.

namespace qp::net {

namespace {

constexpr std::size_t kRequestLineSlack = 32;  // method, spaces and version around the target
constexpr std::size_t kChunkLineBytes = 256;
constexpr std::size_t kTrailerLineBytes = 1024;
constexpr std::size_t kTrailers = 16;
constexpr std::size_t kHexDigits = 8;  // of a chunk size

using Table = std::array<bool, 256>;

constexpr Table table_of(std::string_view characters, bool alphanumerics) {
  Table table{};
  for (const char c : characters) table[static_cast<unsigned char>(c)] = true;
  for (int c = 0; alphanumerics && c < 128; ++c) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) table[c] = true;
  }
  return table;
}

constexpr Table field_value_characters() {
  Table table{};
  for (std::size_t c = 0; c < table.size(); ++c) table[c] = c == '\t' || (c >= ' ' && c != 0x7F);
  return table;
}

constexpr Table kTokenCharacter = table_of("!#$%&'*+-.^_`|~", true);              // 9110 5.6.2
constexpr Table kValueCharacter = field_value_characters();                       // 9110 5.5
constexpr Table kPathCharacter = table_of("/-._~!$&'()*+,;=:@%", true);           // RFC 3986 3.3
constexpr Table kQueryCharacter = table_of("/-._~!$&'()*+,;=:@%?[]{}|^`", true);  // and WHATWG's
constexpr Table kHostCharacter = table_of("-._~!$&'()*+,;=%", true);              // RFC 3986 3.2.2
constexpr Table kAddressCharacter = table_of(":.", true);

bool all_in(const Table& table, std::string_view text) {
  return std::ranges::all_of(text, [&](char c) { return table[static_cast<unsigned char>(c)]; });
}

bool is_token(std::string_view text) { return !text.empty() && all_in(kTokenCharacter, text); }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The byte that the three characters at `at` stand for; -1 where they are no percent-encoding.
int encoded_byte(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size() || text[at] != '%') return -1;
  const int high = hex_digit(text[at + 1]);
  const int low = hex_digit(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// A value that becomes a line end or a NUL in a peer that percent-decodes it.
bool hides_line_end(std::string_view value) {
  for (std::size_t at = value.find('%'); at != std::string_view::npos;
       at = value.find('%', at + 1)) {
    const int byte = encoded_byte(value, at);
    if (byte == 0 || (byte == '\r' && encoded_byte(value, at + 3) == '\n')) return true;
  }
  return false;
}

/// Whether each '%' begins a byte that `refused` does not name.
template <class Refused>
bool percent_encoding_is_fine(std::string_view text, Refused refused) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 3)) {
    const int byte = encoded_byte(text, at);
    if (byte < 0 || refused(byte)) return false;
  }
  return true;
}

bool has_dot_segment(std::string_view decoded_path) {
  for (std::size_t at = decoded_path.find("/."); at != std::string_view::npos;
       at = decoded_path.find("/.", at + 1)) {
    const std::string_view rest = decoded_path.substr(at + 1);
    const std::string_view segment = rest.substr(0, rest.find('/'));
    if (segment == "." || segment == "..") return true;
  }
  return false;
}

bool is_authority(std::string_view authority) {
  std::string_view host = authority;
  std::string_view port;
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos || !all_in(kAddressCharacter, host.substr(1, end - 1))) {
      return false;
    }
    port = host.substr(end + 1);
    if (!port.empty() && port.front() != ':') return false;
    if (!port.empty()) port.remove_prefix(1);
    return end > 1 && std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
  }
  if (const auto colon = host.find(':'); colon != std::string_view::npos) {
    port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  return !host.empty() && all_in(kHostCharacter, host) &&
         std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
}

bool method_is_known(std::string_view method) {
  constexpr std::string_view kMethods[] = {"GET", "POST",  "HEAD",  "OPTIONS",
                                           "PUT", "PATCH", "DELETE"};
  return std::ranges::find(kMethods, method) != std::end(kMethods);
}

/// What is asked of these without a length is to be told so; other methods are refused anyway
/// (RFC 9110 15.5.12: without one, and without a coding, there is no content).
bool method_has_content(std::string_view method) { return method == "POST"; }

bool lists_option(std::string_view value, std::string_view option) {
  const auto options = text::split(value, ',');
  return std::ranges::any_of(
      options, [&](auto item) { return text::equals_ignoring_case(text::trim(item), option); });
}

std::string_view trim_blanks(std::string_view value) {
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  return value;
}

struct FieldLine {
  std::string_view name, value;
};

/// 9112 5: no blanks before the colon, no folding, no control characters.
std::optional<FieldLine> parse_field(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return std::nullopt;
  const std::string_view value = trim_blanks(line.substr(colon + 1));
  if (!all_in(kValueCharacter, value) || hides_line_end(value)) return std::nullopt;
  return FieldLine{line.substr(0, colon), value};
}

}  // namespace

Framer::Step Framer::feed(std::string_view bytes) {
  consumed_ = 0;
  while (true) {
    switch (advance(bytes.substr(consumed_))) {
      case Move::Again:
        break;
      case Move::NeedMore:
        return {State::NeedMore, consumed_};
      case Move::Complete:
        return {State::Complete, consumed_};
      case Move::Failed:
        return {State::Failed, consumed_};
    }
  }
}

Framer::Move Framer::advance(std::string_view rest) {
  switch (stage_) {
    case Stage::Head:
      return read_head(rest);
    case Stage::Sized:
      return read_sized(rest);
    case Stage::ChunkSize:
      return read_chunk_size(rest);
    case Stage::ChunkData:
      return read_chunk_data(rest);
    case Stage::ChunkEnd:
      return read_chunk_end(rest);
    case Stage::Trailers:
      return read_trailer(rest);
  }
  return Move::Failed;
}

Framer::Frame Framer::take() {
  Frame frame{std::move(request_), keep_alive_};
  const FrameLimits limits = limits_;
  *this = Framer(limits);
  return frame;
}

bool Framer::take_continue() { return in_body() && std::exchange(wants_continue_, false); }

Framer::Move Framer::fail(int status) {
  status_ = status;
  return Move::Failed;
}

Framer::Move Framer::read_head(std::string_view rest) {
  while (true) {
    const std::size_t end = rest.find('\n', scanned_);
    if (end == std::string_view::npos) return head_incomplete(rest.size());
    if (head_incomplete(end) == Move::Failed) return Move::Failed;
    if (end == 0 || rest[end - 1] != '\r') return fail(400);  // 9112 2.2: bare LF
    const bool empty = end - 1 == line_start_;
    scanned_ = end + 1;
    if (empty && lines_ == 0) {
      // 9112 2.2: one empty line before the request line is ignored.
      if (std::exchange(blank_line_seen_, true)) return fail(400);
      consumed_ += scanned_;
      scanned_ = 0;
      return Move::Again;
    }
    if (empty) return end_of_head(rest.substr(0, end - 1));
    if (++lines_ > limits_.head_fields + 1) return fail(431);
    line_start_ = scanned_;
  }
}

Framer::Move Framer::head_incomplete(std::size_t size) {
  scanned_ = std::max(scanned_, size);
  if (lines_ == 0 && size > limits_.target_bytes + kRequestLineSlack) return fail(414);
  return size > limits_.head_bytes ? fail(431) : Move::NeedMore;
}

Framer::Move Framer::end_of_head(std::string_view head) {
  if (const int status = parse_head(head)) return fail(status);
  consumed_ += head.size() + 2;
  scanned_ = 0;
  lines_ = 0;
  return stage_ == Stage::Head ? Move::Complete : Move::Again;
}

int Framer::parse_head(std::string_view head) {
  const std::size_t line_end = head.find('\n') - 1;  // a bare CR ends no line (9112 2.2)
  if (const int status = parse_request_line(head.substr(0, line_end))) return status;
  request_.headers.reserve(lines_, head.size());
  for (std::size_t at = line_end + 2; at < head.size();) {
    const std::size_t end = head.find('\n', at) - 1;
    const auto field = parse_field(head.substr(at, end - at));
    if (!field) return 400;
    request_.headers.add(field->name, field->value);
    at = end + 2;
  }
  if (const int status = check_fields()) return status;
  return find_framing();
}

int Framer::parse_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return 400;
  const std::string_view method = line.substr(0, first);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method)) return 400;
  if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.' ||
      version[5] < '0' || version[5] > '9' || version[7] < '0' || version[7] > '9') {
    return 400;
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return 505;
  version_1_0_ = version == "HTTP/1.0";
  if (!method_is_known(method)) return 501;
  request_.method = method;
  return parse_target(line.substr(first + 1, last - first - 1));
}

int Framer::parse_target(std::string_view target) {
  if (target.size() > limits_.target_bytes) return 414;
  if (target == "*" && request_.method == "OPTIONS") {  // 9112 3.2.4
    request_.target = request_.path = target;
    return 0;
  }
  const auto scheme_end = target.find("://");
  const std::string_view scheme = target.substr(0, target.starts_with('/') ? 0 : scheme_end);
  if (text::equals_ignoring_case(scheme, "http") || text::equals_ignoring_case(scheme, "https")) {
    // 9112 3.2.2: absolute-form
    target.remove_prefix(scheme_end + 3);
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    if (!is_authority(target.substr(0, end))) return 400;
    authority_ = target.substr(0, end);
    target.remove_prefix(end);
    if (!target.starts_with('/')) request_.target = '/';
  }
  request_.target += target;
  if (!request_.target.starts_with('/')) return 400;

  const auto [path, query] = text::split_once(request_.target, '?');
  // In a query an encoded line end is content (a SPARQL text has many); it is never decoded into
  // a header line here.
  if (!all_in(kPathCharacter, path) ||
      !percent_encoding_is_fine(path, [](int byte) { return byte < ' ' || byte == '/'; }) ||
      !all_in(kQueryCharacter, query.value_or("")) ||
      !percent_encoding_is_fine(query.value_or(""), [](int byte) { return byte == 0; })) {
    return 400;
  }
  request_.query = query.value_or("");
  request_.path = path.find('%') == std::string_view::npos
                      ? std::string(path)
                      : text::percent_decode(path).value_or("");
  return has_dot_segment(request_.path) ? 400 : 0;
}

int Framer::check_fields() {
  // 9112 3.2
  const std::size_t hosts = request_.headers.count("Host");
  if (hosts > 1 || (hosts == 0 && !version_1_0_)) return 400;
  if (hosts == 1 && !is_authority(*request_.headers.get("Host"))) return 400;
  if (!authority_.empty()) request_.headers.set("Host", authority_);

  // 9112 9.3; a connection of HTTP/1.0 is always closed.
  keep_alive_ = !version_1_0_;
  if (request_.headers.get("Connection") &&
      lists_option(request_.headers.joined("Connection"), "close")) {
    keep_alive_ = false;
  }

  // 9110 10.1.1
  const auto expect = request_.headers.get("Expect");
  if (!expect || version_1_0_) return 0;
  if (!text::equals_ignoring_case(request_.headers.joined("Expect"), "100-continue")) return 417;
  wants_continue_ = true;
  return 0;
}

// 9112 6.3
int Framer::find_framing() {
  const std::size_t lengths = request_.headers.count("Content-Length");
  const std::size_t codings = request_.headers.count("Transfer-Encoding");
  if (lengths > 1 || codings > 1 || (lengths == 1 && codings == 1)) return 400;
  most_ = limits_.body_limit ? limits_.body_limit(request_) : limits_.body_bytes;
  if (codings == 1) {
    if (version_1_0_) return 400;
    if (!text::equals_ignoring_case(*request_.headers.get("Transfer-Encoding"), "chunked")) {
      return 501;
    }
    stage_ = Stage::ChunkSize;
    return 0;
  }
  if (lengths == 0) return method_has_content(request_.method) ? 411 : 0;
  const std::string_view length = *request_.headers.get("Content-Length");
  if (length.empty() || !std::ranges::all_of(length, [](char c) { return c >= '0' && c <= '9'; })) {
    return 400;
  }
  const auto value = text::to_uint(length);  // nothing: more than 64 bits
  if (!value || *value > most_) return 413;
  left_ = *value;
  if (left_ > 0) stage_ = Stage::Sized;
  return 0;
}

Framer::Move Framer::read_sized(std::string_view rest) {
  const std::size_t size = std::min(left_, rest.size());
  request_.body.append(rest.substr(0, size));
  consumed_ += size;
  left_ -= size;
  if (size > 0) wants_continue_ = false;
  return left_ == 0 ? Move::Complete : Move::NeedMore;
}

Framer::Move Framer::read_line(std::string_view rest, std::size_t limit, std::string_view& line) {
  const std::size_t end = rest.find('\n', scanned_);
  scanned_ = rest.size();
  if (std::min(end, rest.size()) > limit) return fail(400);
  if (end == std::string_view::npos) return Move::NeedMore;
  if (end == 0 || rest[end - 1] != '\r') return fail(400);
  scanned_ = 0;
  consumed_ += end + 1;
  line = rest.substr(0, end - 1);
  return Move::Again;
}

// 9112 7.1: extensions are ignored, but may hold no control characters.
Framer::Move Framer::read_chunk_size(std::string_view rest) {
  if (!rest.empty()) wants_continue_ = false;
  std::string_view line;
  if (const Move move = read_line(rest, kChunkLineBytes, line); move != Move::Again) return move;
  std::size_t digits = 0;
  std::size_t size = 0;
  while (digits < line.size() && hex_digit(line[digits]) >= 0) {
    if (digits == kHexDigits) return fail(413);
    size = size * 16 + static_cast<std::size_t>(hex_digit(line[digits++]));
  }
  const std::string_view extension = line.substr(digits);
  if (digits == 0 || (!extension.empty() && extension.front() != ';') ||
      !all_in(kValueCharacter, extension)) {
    return fail(400);
  }
  if (size > most_ - request_.body.size()) return fail(413);
  left_ = size;
  stage_ = size == 0 ? Stage::Trailers : Stage::ChunkData;
  return Move::Again;
}

Framer::Move Framer::read_chunk_data(std::string_view rest) {
  if (read_sized(rest) == Move::NeedMore) return Move::NeedMore;
  stage_ = Stage::ChunkEnd;
  return Move::Again;
}

Framer::Move Framer::read_chunk_end(std::string_view rest) {
  constexpr std::string_view kLineEnd = "\r\n";
  if (!kLineEnd.starts_with(rest.substr(0, 2))) return fail(400);
  if (rest.size() < 2) return Move::NeedMore;
  consumed_ += 2;
  stage_ = Stage::ChunkSize;
  return Move::Again;
}

// 9112 7.1.2: trailers are checked and dropped.
Framer::Move Framer::read_trailer(std::string_view rest) {
  std::string_view line;
  if (const Move move = read_line(rest, kTrailerLineBytes, line); move != Move::Again) return move;
  if (line.empty()) return Move::Complete;
  if (++lines_ > kTrailers) return fail(431);
  return parse_field(line) ? Move::Again : fail(400);
}

}  // namespace qp::net
