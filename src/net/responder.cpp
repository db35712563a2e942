#include "net/responder.hpp"

#include <httplib.h>

#include <algorithm>
#include <cstring>
#include <exception>

#include "base/log.hpp"

namespace qp::net {

namespace {

/// What httplib reads from and writes to; no socket is behind it.
class MemoryStream final : public httplib::Stream {
 public:
  MemoryStream(std::string_view input, std::string& output) : input_(input), output_(output) {}

  bool is_readable() const override { return !input_.empty(); }
  ssize_t read(char* to, std::size_t size) override {
    const std::size_t count = std::min(size, input_.size());
    std::memcpy(to, input_.data(), count);
    input_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, std::size_t size) override {
    output_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }
#ifdef CPPHTTPLIB_VERSION_NUM
  bool wait_readable() const override { return !input_.empty(); }
  bool wait_writable() const override { return true; }
  time_t duration() const override { return 0; }
#else  // 0.11.4
  bool is_writable() const override { return true; }
#endif

 private:
  std::string_view input_;
  std::string& output_;
};

bool is_ours_to_say(std::string_view name) {
  constexpr std::string_view kOurs[] = {"Connection", "Keep-Alive", "Content-Length",
                                        "Transfer-Encoding", "X-Request-Id"};
  return std::ranges::any_of(kOurs,
                             [&](auto ours) { return text::equals_ignoring_case(ours, name); });
}

/// RFC 9110 8.6: these have no Content-Length of their own.
bool has_no_content(int status) { return status < 200 || status == 204 || status == 304; }

std::string_view reason(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 408:
      return "Request Timeout";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

constexpr std::string_view kRetryAfterSeconds = "2";

}  // namespace

/// httplib's server, of which only process_request is used.
class Responder::Writer final : public httplib::Server {
 public:
  explicit Writer(const net::Handler& handler) : handler_(handler) {
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& to) {
      handle(to);
      return httplib::Server::HandlerResponse::Handled;
    });
    set_post_routing_handler(
        [this](const httplib::Request&, httplib::Response& to) { adjust(to); });
  }

  std::optional<std::string> respond(const net::Request& request, int attempt, bool keep_alive,
                                     std::string& out) {
    request_ = &request;
    attempt_ = attempt;
    keep_alive_ = keep_alive;
    wait_for_.reset();
    const std::size_t before = out.size();
    process(request.method == "HEAD" ? "HEAD / HTTP/1.1\r\n\r\n" : "GET / HTTP/1.1\r\n\r\n", out);
    if (wait_for_) out.resize(before);
    return std::move(wait_for_);
  }

 private:
  void process(std::string_view head, std::string& out) {
    MemoryStream stream(head, out);
    bool closed = false;
#ifdef CPPHTTPLIB_VERSION_NUM
    process_request(stream, no_address_, 0, no_address_, 0, false, closed, nullptr);
#else  // 0.11.4
    process_request(stream, false, closed, nullptr);
#endif
  }

  void handle(httplib::Response& to) {
    net::Response response;
    try {
      handler_(*request_, response, attempt_);
    } catch (const std::exception& trouble) {
      log::error("handler threw", {log::field("what", trouble.what())});
      response = net::Response{.status = 500, .headers = {}, .body = {}, .wait_for = {}};
    }
    wait_for_ = std::move(response.wait_for);
    to.status = response.status;
    for (const auto& [name, value] : response.headers.lines()) {
      if (!is_ours_to_say(name)) to.set_header(name, value);
    }
    to.set_header("X-Request-Id", request_->id);
    has_type_ = to.has_header("Content-Type");
    to.body = std::move(response.body);
  }

  /// Takes back what httplib adds by itself, just before it writes.
  void adjust(httplib::Response& to) const {
    to.headers.erase("Keep-Alive");
    to.headers.erase("Connection");
    if (request_->method == "HEAD") to.headers.erase("Accept-Ranges");
    if (!has_type_) to.headers.erase("Content-Type");
    if (has_no_content(to.status)) {
      to.headers.erase("Content-Length");
      to.body.clear();
    }
    if (!keep_alive_) to.set_header("Connection", "close");
  }

  const net::Handler& handler_;
  const net::Request* request_ = nullptr;
  const std::string no_address_;
  std::optional<std::string> wait_for_;
  int attempt_ = 0;
  bool keep_alive_ = false;
  bool has_type_ = false;
};

Responder::Responder(const Handler& handler) : writer_(std::make_unique<Writer>(handler)) {}
Responder::~Responder() = default;

std::optional<std::string> Responder::respond(const Request& request, int attempt, bool keep_alive,
                                              std::string& out) {
  return writer_->respond(request, attempt, keep_alive, out);
}

void append_refusal(std::string& out, int status, std::string_view request_id,
                    std::string_view method, Then then) {
  const std::string body =
      fmt::format(R"({{"type":"about:blank","title":"{0}","status":{1},"error":"{0}"}})",
                  reason(status), status);
  out += fmt::format("HTTP/1.1 {} {}\r\nContent-Type: application/problem+json\r\n", status,
                     reason(status));
  out += fmt::format("Content-Length: {}\r\nX-Request-Id: {}\r\n", body.size(), request_id);
  if (status == 503) out += fmt::format("Retry-After: {}\r\n", kRetryAfterSeconds);
  if (then == Then::Close) out += "Connection: close\r\n";
  out += "\r\n";
  if (method != "HEAD") out += body;
}

}  // namespace qp::net
