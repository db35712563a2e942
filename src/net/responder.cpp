#include "net/responder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <iterator>
#include <utility>

#include "base/log.hpp"
#include "base/time.hpp"

namespace qp::net {

namespace {

/// Fields that say how the message is framed, or who the request was: ours, not the handler's.
bool is_ours_to_say(std::string_view name) {
  constexpr std::string_view kOurs[] = {"Connection",        "Keep-Alive",   "Content-Length",
                                        "Transfer-Encoding", "X-Request-Id", "Date"};
  return std::ranges::any_of(kOurs,
                             [&](auto ours) { return text::equals_ignoring_case(ours, name); });
}

/// A field that would end its line early is left out (response splitting).
bool is_one_line(std::string_view text) {
  constexpr auto kNone = std::string_view::npos;
  return text.find('\n') == kNone && text.find('\r') == kNone && text.find('\0') == kNone;
}

/// RFC 9110 8.6: these have no Content-Length of their own.
bool has_no_content(int status) { return status < 200 || status == 204 || status == 304; }

struct Reason {
  int status;
  std::string_view phrase;
};

/// RFC 9110 15, RFC 6585.
constexpr Reason kReasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

/// Empty where there is none: the phrase may be (RFC 9112 4).
std::string_view reason(int status) {
  const auto* found = std::ranges::find(kReasons, status, &Reason::status);
  return found == std::end(kReasons) ? std::string_view() : found->phrase;
}

/// What to do about a refusal of ours (RFC 9457 3.1.4).
std::string_view advice(int status) {
  switch (status) {
    case 400:
      return "The request is not HTTP/1.1 as RFC 9112 has it";
    case 408:
      return "The request did not come in time; send it again";
    case 411:
      return "Send a Content-Length, which may be 0";
    case 413:
      return "The body is larger than this address takes";
    case 414:
      return "The address is too long";
    case 431:
      return "The header fields are too many or too long";
    case 501:
      return "The method or the transfer coding is not known here";
    case 503:
      return "The server has too much to do; try again a little later";
    default:
      return reason(status);
  }
}

constexpr std::string_view kRetryAfterSeconds = "2";

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_number(std::string& out, std::size_t number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof(digits), number).ptr);
}

void append_status(std::string& out, int status) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::size_t>(status));
  out.append(" ").append(reason(status)).append("\r\n");
}

void append_begin(std::string& out, const Response& response) {
  append_status(out, response.status);
  for (const auto& [name, value] : response.headers.lines()) {
    if (!is_ours_to_say(name) && is_one_line(value)) append_field(out, name, value);
  }
}

void append_end(std::string& out, const Request& request, const Response& response) {
  const bool has_content = !has_no_content(response.status);
  if (has_content) {
    out += "Content-Length: ";
    append_number(out, response.body.size());
    out += "\r\n";
  }
  out += "\r\n";
  if (has_content && request.method != "HEAD") out += response.body;
}

constexpr std::size_t kFieldBytes = 512;  // of most answers, more than enough

std::string date_line(std::time_t now) {
  return "Date: " + time::http_date(std::chrono::seconds(now)) + "\r\n";
}

}  // namespace

void Responder::append_date(std::string& out) {
  const std::time_t now = std::time(nullptr);
  if (now != std::exchange(dated_, now)) date_ = date_line(now);
  out += date_;
}

void Responder::append_own(std::string& out, const Request& request, bool keep_alive) {
  append_date(out);
  append_field(out, "X-Request-Id", request.id);
  if (!keep_alive) append_field(out, "Connection", "close");
}

Response Responder::handle(const Request& request, int attempt) {
  Response response;
  try {
    handler_(request, response, attempt);
  } catch (const std::exception& trouble) {
    log::error("handler threw", {log::field("what", trouble.what())});
    response = Response();
    response.status = 500;
  }
  return response;
}

std::optional<Responder::Unanswered> Responder::answer(const Request& request, Response& response,
                                                       bool keep_alive, std::string& out) {
  if (response.for_worker) return Unanswered();
  if (response.wait_for) return Unanswered{std::move(*response.wait_for)};
  out.reserve(out.size() + kFieldBytes + response.body.size());
  append_begin(out, response);
  append_own(out, request, keep_alive);
  append_end(out, request, response);
  return std::nullopt;
}

ReadyAnswers::Answer Responder::prepare(const Request& request, const Response& response) {
  ReadyAnswers::Answer answer;
  append_begin(answer.begin, response);
  append_end(answer.end, request, response);
  return answer;
}

void Responder::append(std::string& out, const Request& request, const ReadyAnswers::Answer& answer,
                       bool keep_alive) {
  out.reserve(out.size() + answer.begin.size() + kFieldBytes + answer.end.size());
  out += answer.begin;
  append_own(out, request, keep_alive);
  out += answer.end;
}

void append_refusal(std::string& out, int status, std::string_view request_id,
                    std::string_view method, Then then) {
  const std::string body = fmt::format(
      R"({{"type":"about:blank","title":"{0}","status":{1},"detail":"{2}","error":"{2}"}})",
      reason(status), status, advice(status));
  append_status(out, status);
  out += date_line(std::time(nullptr));
  append_field(out, "Content-Type", "application/problem+json");
  append_field(out, "Content-Length", std::to_string(body.size()));
  append_field(out, "X-Request-Id", request_id);
  if (status == 503) append_field(out, "Retry-After", kRetryAfterSeconds);
  if (then == Then::Close) append_field(out, "Connection", "close");
  out += "\r\n";
  if (method != "HEAD") out += body;
}

}  // namespace qp::net
