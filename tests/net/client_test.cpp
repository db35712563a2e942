#include "net/client.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "net/client_connection.hpp"

using namespace std::chrono_literals;
using qp::Code;
using qp::net::Client;
using qp::net::OutgoingRequest;

namespace {

/// Answers on 127.0.0.1 with whatever bytes the test says; each connection on its own thread.
class RawServer {
 public:
  /// Called with the head and body of a request; false closes the connection.
  using Answer = std::function<bool(int socket, const std::string& request)>;

  explicit RawServer(Answer answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 16) == 0);
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~RawServer() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
    ::close(listener_);
  }

  std::string url(const std::string& path, const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + std::to_string(port_) + path;
  }
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  int connections() const { return connections_; }
  bool stopping() const { return stopping_; }

 private:
  void accept_all() {
    while (!stopping_) {
      const int socket = ::accept(listener_, nullptr, nullptr);
      if (socket < 0) continue;
      ++connections_;
      threads_.emplace_back([this, socket] { serve(socket); });
    }
  }
  void serve(int socket) {
    std::string buffer;
    while (read_request(socket, buffer)) {
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(buffer);
      }
      if (!answer_(socket, buffer)) break;
      buffer.clear();
    }
    ::close(socket);
  }
  bool read_request(int socket, std::string& buffer) {
    while (!stopping_) {
      const auto end = buffer.find("\r\n\r\n");
      const auto length = buffer.find("Content-Length: ");
      const std::size_t body =
          length < end ? static_cast<std::size_t>(std::stoul(buffer.substr(length + 16))) : 0;
      if (end != std::string::npos && buffer.size() >= end + 4 + body) return true;
      pollfd readable{socket, POLLIN, 0};
      if (::poll(&readable, 1, 50) == 0) continue;
      char bytes[4096];
      const auto got = ::recv(socket, bytes, sizeof bytes, 0);
      if (got <= 0) return false;
      buffer.append(bytes, static_cast<std::size_t>(got));
    }
    return false;
  }

  Answer answer_;
  int listener_ = -1;
  int port_ = 0;
  std::thread acceptor_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::atomic<int> connections_ = 0;
  std::atomic<bool> stopping_ = false;
};

bool put(int socket, const std::string& bytes) {
  return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}
bool ok(int socket, const std::string& body) {
  return put(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
                         std::to_string(body.size()) + "\r\n\r\n" + body);
}
bool redirect(int socket, const std::string& location, int status = 302) {
  return put(socket, "HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: " + location +
                         "\r\nContent-Length: 0\r\n\r\n");
}
std::string target_of(const std::string& request) {
  const auto start = request.find(' ') + 1;
  return request.substr(start, request.find(' ', start) - start);
}

std::unique_ptr<Client> client() {
  qp::net::ClientOptions options;
  options.allow_private = {"127.0.0.1"};
  options.user_agent = "quadpub-test";
  return Client::make(options);
}
OutgoingRequest get(const std::string& url) {
  OutgoingRequest request;
  request.url = url;
  return request;
}
Code code_of(qp::Result<qp::net::IncomingResponse> result) {
  REQUIRE_FALSE(result);
  return result.error().code;
}

}  // namespace

TEST_CASE("a GET is answered with status, fields and body") {
  RawServer server([](int socket, const std::string&) { return ok(socket, "hello"); });
  auto request = get(server.url("/a?x=%20y"));
  request.headers.set("Accept", "application/activity+json");
  const auto response = client()->send(request);
  REQUIRE(response);
  CHECK(response->status == 200);
  CHECK(response->body == "hello");
  CHECK(response->headers.get("content-type") == "text/plain");
  CHECK(response->url == server.url("/a?x=%20y"));
  const std::string sent = server.requests().at(0);
  CHECK(sent.find("User-Agent: quadpub-test\r\n") != std::string::npos);
  CHECK(sent.find("Accept: application/activity+json\r\n") != std::string::npos);
  CHECK(sent.find("Host: 127.0.0.1:") != std::string::npos);
}

TEST_CASE("a status line without measure is an error, and no more than that") {
  if (!qp::net::bounds_lines()) {
    MESSAGE("not with this cpp-httplib: serve refuses it (tools/serve.cpp)");
    return;
  }
  for (const std::size_t size : {9'000, 300'000}) {
    RawServer server([&](int socket, const std::string&) {
      return put(socket,
                 "HTTP/1.1 200 " + std::string(size, 'x') + "\r\nContent-Length: 0\r\n\r\n");
    });
    CHECK(code_of(client()->send(get(server.url("/")))) == Code::Network);
  }
}

TEST_CASE("a POST is sent whole, at once, and follows no redirect") {
  RawServer server([](int socket, const std::string&) { return redirect(socket, "/b", 307); });
  auto request = get(server.url("/inbox"));
  request.method = "POST";
  request.body = std::string(5000, 'x');
  request.headers.set("Content-Type", "application/activity+json");
  const auto response = client()->send(request);
  REQUIRE(response);
  CHECK(response->status == 307);
  REQUIRE(server.requests().size() == 1);
  const std::string sent = server.requests()[0];
  CHECK(sent.ends_with(request.body));
  CHECK(sent.find("Expect:") == std::string::npos);
}

TEST_CASE("what is signed is what is sent, whatever the query looks like") {
  RawServer server([](int socket, const std::string&) { return ok(socket, ""); });
  const auto out = client();
  for (const char* target :
       {"/a", "/a?b", "/a?b=", "/a?b=c&d=e", "/a?q=a+b%20c", "/a?r=acct:a@b.example",
        "/a?x=%C3%BC&y=%2f%26", "/a%2Fb/%C3%BC?z=[1]", "/a?=x&&b=1", "/a?", "/a?u=http://x/?y=1"}) {
    CAPTURE(target);
    std::string signed_url;
    const auto response = out->send(get(server.url(target)), [&](OutgoingRequest& hop) {
      signed_url = hop.url;
      return qp::Result<void>();
    });
    REQUIRE(response);
    CHECK(signed_url == server.url(target_of(server.requests().back())));
  }
}

TEST_CASE("an ordinary query is sent as it is spelt") {
  CHECK(qp::net::sendable_target("/x?page=1&min_id=0") == "/x?page=1&min_id=0");
  CHECK(qp::net::sendable_target("/x?resource=acct:a@b.example") == "/x?resource=acct:a@b.example");
  CHECK(qp::net::sendable_target("/x?a=%2b%20c") == "/x?a=%2B+c");
  CHECK(qp::net::sendable_target("/x") == "/x");
}

TEST_CASE("a GET follows up to three redirects, and each hop is prepared anew") {
  RawServer server([](int socket, const std::string& request) {
    const auto target = target_of(request);
    return target == "/3" ? ok(socket, "there")
                          : redirect(socket, "/" + std::to_string(std::stoi(target.substr(1)) + 1));
  });
  std::vector<std::string> prepared;
  const auto response = client()->send(get(server.url("/0")), [&](OutgoingRequest& hop) {
    CHECK_FALSE(hop.headers.get("X-Hop"));
    hop.headers.set("X-Hop", std::to_string(prepared.size()));
    prepared.push_back(hop.url);
    return qp::Result<void>();
  });
  REQUIRE(response);
  CHECK(response->body == "there");
  CHECK(response->url == server.url("/3"));
  CHECK(prepared ==
        std::vector{server.url("/0"), server.url("/1"), server.url("/2"), server.url("/3")});
  CHECK(server.requests().at(3).find("X-Hop: 3\r\n") != std::string::npos);
}

TEST_CASE("a fourth redirect is an error") {
  RawServer server([](int socket, const std::string&) { return redirect(socket, "/again"); });
  CHECK(code_of(client()->send(get(server.url("/")))) == Code::Network);
  CHECK(server.requests().size() == 4);
}

TEST_CASE("redirects are not followed when the caller does not want it") {
  RawServer server([](int socket, const std::string&) { return redirect(socket, "/b"); });
  auto request = get(server.url("/a"));
  request.follow_redirects = false;
  CHECK(client()->send(request)->status == 302);
}

TEST_CASE("a redirect to an address that is not allowed is refused") {
  for (const char* location :
       {"http://127.0.0.2:1/", "http://[::1]:1/", "http://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/", "http://8.8.8.8/"}) {
    CAPTURE(location);
    RawServer server([&](int socket, const std::string&) { return redirect(socket, location); });
    CHECK(code_of(client()->send(get(server.url("/")))) == Code::Forbidden);
  }
}

TEST_CASE("a redirect to something that is no URL is the peer's fault") {
  for (const char* location : {"file:///etc/passwd", "http://0x7f.1/", "http://u@127.0.0.1/"}) {
    CAPTURE(location);
    RawServer server([&](int socket, const std::string&) { return redirect(socket, location); });
    CHECK(code_of(client()->send(get(server.url("/")))) == Code::Network);
  }
}

TEST_CASE("credentials do not follow a redirect to another origin") {
  RawServer other([](int socket, const std::string&) { return ok(socket, ""); });
  RawServer server(
      [&](int socket, const std::string&) { return redirect(socket, other.url("/x")); });
  auto request = get(server.url("/"));
  request.headers.set("Authorization", "Bearer secret");
  REQUIRE(client()->send(request));
  CHECK(server.requests().at(0).find("secret") != std::string::npos);
  CHECK(other.requests().at(0).find("secret") == std::string::npos);
}

TEST_CASE("private addresses are refused before anything is connected or prepared") {
  RawServer server([](int socket, const std::string&) { return ok(socket, ""); });
  bool prepared = false;
  const auto result = Client::make({})->send(get(server.url("/")), [&](OutgoingRequest&) {
    prepared = true;
    return qp::Result<void>();
  });
  CHECK(code_of(result) == Code::Forbidden);
  CHECK(code_of(Client::make({})->send(get(server.url("/", "localhost")))) == Code::Forbidden);
  CHECK_FALSE(prepared);
  CHECK(server.connections() == 0);
}

TEST_CASE("public addresses are not reached by plain http, nor on odd ports") {
  CHECK(code_of(client()->send(get("http://8.8.8.8/"))) == Code::Forbidden);
  CHECK(code_of(client()->send(get("https://8.8.8.8:22/"))) == Code::Forbidden);
}

TEST_CASE("an endless body ends at the limit") {
  RawServer server([](int socket, const std::string&) {
    bool open = put(socket, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    while (open) open = put(socket, std::string(8192, 'x'));
    return false;
  });
  auto request = get(server.url("/"));
  request.max_bytes = 100'000;
  CHECK(code_of(client()->send(request)) == Code::TooLarge);
}

TEST_CASE("a body that is announced as too large is not read") {
  RawServer server([](int socket, const std::string&) {
    put(socket, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
    return true;
  });
  CHECK(code_of(client()->send(get(server.url("/")))) == Code::TooLarge);
}

TEST_CASE("a body of exactly the limit is read") {
  RawServer server([](int socket, const std::string&) { return ok(socket, "12345"); });
  auto request = get(server.url("/"));
  request.max_bytes = 5;
  CHECK(client()->send(request)->body == "12345");
  request.max_bytes = 4;
  CHECK(code_of(client()->send(request)) == Code::TooLarge);
}

TEST_CASE("a compressed body is refused, since none was asked for") {
  RawServer server([](int socket, const std::string&) {
    return put(socket,
               "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1F\x8B\x08"
               "x");
  });
  CHECK(code_of(client()->send(get(server.url("/")))) == Code::Network);
}

TEST_CASE("where the status is what counts, no body makes an answer worthless") {
  const std::string accepted = "HTTP/1.1 202 Accepted\r\nX-Told: yes\r\n";
  for (const std::string& rest :
       {std::string("Content-Length: 99999999999\r\n\r\n"),
        std::string("Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1F\x8B\x08x"),
        "Content-Length: 200000\r\n\r\n" + std::string(200'000, 'x'),
        std::string("Content-Length: 100\r\n\r\nshort")}) {
    CAPTURE(rest.substr(0, 40));
    RawServer server([&](int socket, const std::string&) {
      put(socket, accepted + rest);
      return false;
    });
    auto request = get(server.url("/"));
    request.method = "POST";
    request.max_bytes = 100'000;
    request.deadline = 5s;
    CHECK_FALSE(client()->send(request));
    request.needs_body = false;
    const auto one = client();
    for (int i = 0; i < 2; ++i) {
      const auto response = one->send(request);
      REQUIRE(response);
      CHECK(response->status == 202);
      CHECK(response->headers.get("X-Told") == "yes");
    }
  }
}

TEST_CASE("the deadline ends an answer that drips, in its head and in its body") {
  for (const std::string start :
       {"HTTP/1.1 200 OK\r\nX-Slow: ", "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"}) {
    CAPTURE(start);
    RawServer* self = nullptr;
    RawServer server([&](int socket, const std::string&) {
      bool open = put(socket, start);
      while (open && !self->stopping()) {
        std::this_thread::sleep_for(20ms);
        open = put(socket, "x");
      }
      return false;
    });
    self = &server;
    auto request = get(server.url("/"));
    request.deadline = 300ms;
    const auto begin = std::chrono::steady_clock::now();
    CHECK(code_of(client()->send(request)) == Code::Network);
    const auto took = std::chrono::steady_clock::now() - begin;
    CHECK(took >= 250ms);
    CHECK(took < 2s);
  }
}

TEST_CASE("the deadline ends a TLS handshake that never comes") {
  RawServer server([](int, const std::string&) { return true; });
  auto request = get("https" + server.url("/").substr(4));
  request.deadline = 300ms;
  const auto begin = std::chrono::steady_clock::now();
  CHECK(code_of(client()->send(request)) == Code::Network);
  CHECK(std::chrono::steady_clock::now() - begin < 2s);
}

TEST_CASE("a connection is kept and used again, and replaced once the peer closed it") {
  std::atomic<int> answered = 0;
  RawServer server([&](int socket, const std::string&) {
    ok(socket, "x");
    return ++answered % 3 != 0;  // closes silently after the third
  });
  const auto out = client();
  for (int i = 0; i < 3; ++i) REQUIRE(out->send(get(server.url("/"))));
  CHECK(server.connections() == 1);
  for (int i = 0; i < 3; ++i) REQUIRE(out->send(get(server.url("/"))));
  CHECK(server.connections() == 2);
}

TEST_CASE("many threads use one client") {
  RawServer server(
      [](int socket, const std::string& request) { return ok(socket, target_of(request)); });
  const auto out = client();
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const std::string path = "/" + std::to_string(t) + "/" + std::to_string(i);
        const auto response = out->send(get(server.url(path)));
        good += response && response->body == path ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 160);
}

TEST_CASE("fields that would start another line are refused") {
  RawServer server([](int socket, const std::string&) { return ok(socket, ""); });
  auto request = get(server.url("/"));
  request.headers.set("X-A", "b\r\nX-Evil: 1");
  CHECK(code_of(client()->send(request)) == Code::BadInput);
  CHECK(server.connections() == 0);
}

TEST_CASE("a peer that is not there is a network error") {
  std::string url;
  {
    RawServer server([](int, const std::string&) { return false; });
    url = server.url("/");
  }
  CHECK(code_of(client()->send(get(url))) == Code::Network);
}

TEST_CASE("an error of the caller's preparation is handed back") {
  RawServer server([](int socket, const std::string&) { return ok(socket, ""); });
  const auto result = client()->send(get(server.url("/")), [](OutgoingRequest&) {
    return qp::Result<void>(qp::error(Code::Internal, "no key"));
  });
  CHECK(code_of(result) == Code::Internal);
  CHECK(server.connections() == 0);
}

TEST_CASE("hostile play: a DNS answer that changes between check and connect changes nothing") {
  RawServer good([](int socket, const std::string&) { return ok(socket, "good"); });
  qp::net::ClientOptions options;
  options.allow_private = {"127.0.0.1"};
  std::atomic<int> lookups = 0;
  // The first answer may be reached, all later ones are what an attacker wants to reach.
  options.names = [&](const std::string&) -> std::vector<qp::net::Address> {
    return {*qp::net::Address::from_text(lookups++ == 0 ? "127.0.0.1" : "127.0.0.2")};
  };
  const auto client = Client::make(options);
  const auto first = client->send(get(good.url("/", "rebinding.test")));
  REQUIRE(first);
  CHECK(first->body == "good");
  CHECK(lookups == 1);  // what was checked is what was connected to
  const auto second = client->send(get(good.url("/", "rebinding.test")));
  CHECK(code_of(second) == Code::Forbidden);
}

TEST_CASE("no host gets more than four requests at a time") {
  std::atomic<int> at_once = 0, most = 0;
  const auto end = std::chrono::steady_clock::now() + 5s;
  RawServer peer([&](int socket, const std::string&) {
    // The first four wait for each other, and then a little for a fifth.
    most = std::max(most.load(), ++at_once);
    while (most < 4 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(30ms);
    --at_once;
    return ok(socket, "x");
  });
  const auto shared = client();
  std::vector<std::thread> threads;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] { answered += shared->send(get(peer.url("/"))) ? 1 : 0; });
  }
  for (auto& thread : threads) thread.join();
  CHECK(answered == 12);
  CHECK(most == 4);
}
