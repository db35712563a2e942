#include "net/client_connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

// The library puts each status line through a std::regex, whose stack grows with the line: 32 KiB,
// the library's own limit, takes 6 MiB of it.
#define CPPHTTPLIB_MAX_LINE_LENGTH 8192
#include <httplib.h>

#include "base/text.hpp"

namespace qp::net {

namespace {

using std::chrono::microseconds;

/// Characters that cpp-httplib leaves as they are in a query's names and values.
bool stays(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("-._~!$'()*,;:@/?").find(c) != std::string_view::npos;
}

std::string respell(std::string_view part) {
  std::string spaced(part);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  std::string out;
  for (const char c : text::percent_decode(spaced).value_or(spaced)) {
    if (c == ' ') {
      out += '+';
    } else if (stays(c)) {
      out += c;
    } else {
      out += '%' + text::hex(std::string_view(&c, 1));
      std::transform(out.end() - 2, out.end(), out.end() - 2, [](char digit) {
        return digit >= 'a' ? static_cast<char>(digit - 32) : digit;
      });
    }
  }
  return out;
}

microseconds time_left(Deadline deadline) {
  const auto left = deadline - std::chrono::steady_clock::now();
  return std::max(microseconds(1), std::chrono::duration_cast<microseconds>(left));
}

/// The name of the setting differs between versions of cpp-httplib.
template <class C>
void send_paths_as_they_are(C& client) {
  if constexpr (requires { client.set_path_encode(false); }) {
    client.set_path_encode(false);
  } else {
    client.set_url_encode(false);
  }
}

bool is_identity(const httplib::Response& head) {
  const auto coding = head.get_header_value("Content-Encoding");
  return coding.empty() || text::equals_ignoring_case(coding, "identity");
}

/// What is received of a response, and why no more was.
struct Receiver {
  std::size_t max_bytes;
  Deadline deadline;
  int status = 0;
  httplib::Headers headers = {};
  std::string body = {};
  bool too_large = false;
  bool encoded = false;

  bool head(const httplib::Response& response) {
    status = response.status;
    headers = response.headers;
    encoded = !is_identity(response);
    const auto length = text::to_uint(response.get_header_value("Content-Length"));
    too_large = length && *length > max_bytes;
    return !encoded && !too_large;
  }
  bool data(const char* bytes, std::size_t size) {
    too_large = size > max_bytes - body.size();
    if (too_large || std::chrono::steady_clock::now() >= deadline) return false;
    body.append(bytes, size);
    return true;
  }
};

class HttplibConnection : public Connection {
 public:
  HttplibConnection(const Url& url, const Address& address) : host_(url.authority()) {
    if (url.scheme == "https") {
      client_ = std::make_unique<httplib::SSLClient>(url.host, url.port);
    } else {
      client_ = std::make_unique<httplib::ClientImpl>(url.host, url.port);
    }
    // An address and not a name: from here on nothing is resolved.
    client_->set_hostname_addr_map({{url.host, address.text()}});
    client_->set_follow_location(false);
    client_->set_keep_alive(true);
    client_->set_tcp_nodelay(true);
    client_->set_decompress(false);
    client_->set_socket_options([this](int socket) { keep_handle(socket); });
    send_paths_as_they_are(*client_);
  }
  ~HttplibConnection() override { close_handle(); }
  HttplibConnection(const HttplibConnection&) = delete;
  HttplibConnection& operator=(const HttplibConnection&) = delete;

  Outcome exchange(const OutgoingRequest& request, const std::string& target, Deadline deadline,
                   IncomingResponse& response) override {
    set_times(deadline);
    Receiver receiver{request.max_bytes, deadline};
    httplib::Request out = as_httplib(request, target);
    out.response_handler = [&](const httplib::Response& head) { return receiver.head(head); };
    out.content_receiver = [&](const char* bytes, std::size_t size, std::uint64_t, std::uint64_t) {
      return receiver.data(bytes, size);
    };
    const httplib::Result result = client_->send(out);
    trouble_ = httplib::to_string(result.error());
    const bool is_whole = result && !receiver.encoded && !receiver.too_large;
    if (!is_whole && (request.needs_body || receiver.status == 0)) {
      if (receiver.encoded) return Outcome::Encoded;
      if (receiver.too_large) return Outcome::TooLarge;
      return failure(result.error());
    }
    response.status = receiver.status;
    for (const auto& [name, value] : receiver.headers) response.headers.add(name, value);
    if (is_whole) response.body = std::move(receiver.body);
    return Outcome::Answered;
  }

  // Not the library's stop(): that waits for a lock which is held while connecting and during the
  // TLS handshake, so that a slow peer could hold up whoever calls it.
  void cut() override {
    const std::lock_guard lock(mutex_);
    if (handle_ >= 0) ::shutdown(handle_, SHUT_RDWR);
  }

  std::string trouble() const override { return trouble_; }

 private:
  /// A descriptor of our own on the library's socket: shutting it down reaches the connection, and
  /// its number cannot come to mean another one.
  void keep_handle(int socket) {
    close_handle();
    const std::lock_guard lock(mutex_);
    handle_ = ::dup(socket);
  }
  void close_handle() {
    const std::lock_guard lock(mutex_);
    if (handle_ >= 0) ::close(handle_);
    handle_ = -1;
  }

  void set_times(Deadline deadline) {
    const auto left = time_left(deadline);
    client_->set_connection_timeout(std::min<microseconds>(left, limits::kConnectTime));
    client_->set_read_timeout(left);
    client_->set_write_timeout(left);
  }

  httplib::Request as_httplib(const OutgoingRequest& request, const std::string& target) const {
    httplib::Request out;
    out.method = request.method;
    out.path = target;
    out.body = request.body;
    for (const auto& [name, value] : request.headers.lines())
      out.headers.emplace(std::string(name), std::string(value));
    out.headers.emplace("Host", host_);
    out.headers.emplace("Accept-Encoding", "identity");
    return out;
  }

  static Outcome failure(httplib::Error error) {
    using httplib::Error;
    const bool before_sending = error == Error::Connection || error == Error::ConnectionTimeout ||
                                error == Error::SSLConnection || error == Error::SSLLoadingCerts ||
                                error == Error::SSLServerVerification;
    return before_sending ? Outcome::NotConnected : Outcome::Broken;
  }

  const std::string host_;
  std::unique_ptr<httplib::ClientImpl> client_;
  std::string trouble_;
  std::mutex mutex_;
  int handle_ = -1;  ///< guarded by mutex_
};

}  // namespace

std::string sendable_target(const std::string& target) {
  const auto [path, query] = text::split_once(target, '?');
  if (!query) return target;
  std::string out;
  for (const auto pair : text::split(*query, '&')) {
    const auto [name, value] = text::split_once(pair, '=');
    if (name.empty()) continue;
    out += (out.empty() ? '?' : '&') + respell(name);
    if (value) out += '=' + respell(*value);
  }
  return std::string(path) + out;
}

bool bounds_lines() {
  // 0.20.1 was the first to look at the macro above.
  constexpr std::string_view kVersion = CPPHTTPLIB_VERSION;
  constexpr std::string_view kMinor = kVersion.substr(kVersion.find('.') + 1);
  return !kVersion.starts_with("0.") || text::to_uint(kMinor.substr(0, kMinor.find('.'))) > 20;
}

std::unique_ptr<Connection> Connection::make(const Url& url, const Address& address) {
  return std::make_unique<HttplibConnection>(url, address);
}

}  // namespace qp::net
