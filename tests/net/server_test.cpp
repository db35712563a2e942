#include "net/server.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace qp::net;
using namespace std::chrono_literals;

namespace {

/// A plain client that sends what it is told.
class Socket {
 public:
  explicit Socket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    REQUIRE(fd_ >= 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket(const Socket&) = delete;
  ~Socket() { close(); }

  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  bool send(std::string_view bytes) {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  /// Reads until `count` times `mark` was seen, the peer closes, or the time is over.
  std::string read_until(std::string_view mark, int count = 1,
                         std::chrono::milliseconds time = 5s) {
    std::string all;
    const auto end = std::chrono::steady_clock::now() + time;
    while (occurrences(all, mark) < count && std::chrono::steady_clock::now() < end) {
      pollfd event{fd_, POLLIN, 0};
      if (::poll(&event, 1, 50) == 0) continue;
      char buffer[65536];
      const ssize_t size = ::recv(fd_, buffer, sizeof(buffer), 0);
      if (size <= 0) break;
      all.append(buffer, static_cast<std::size_t>(size));
    }
    return all;
  }
  std::string read_to_end(std::chrono::milliseconds time = 5s) {
    return read_until("\x01 never \x01", 1, time);
  }
  /// What one read gives, at most `most` bytes; nothing at the end.
  std::string read_some(std::size_t most) {
    std::string piece(most, '\0');
    const ssize_t size = ::recv(fd_, piece.data(), piece.size(), 0);
    piece.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return piece;
  }
  void shrink_buffer() {
    const int bytes = 32'768;
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
  }
  void shut() { ::shutdown(fd_, SHUT_RDWR); }
  bool closed_within(std::chrono::milliseconds time) {
    const auto begin = std::chrono::steady_clock::now();
    read_to_end(time);
    return std::chrono::steady_clock::now() - begin < time;
  }

 private:
  static int occurrences(std::string_view all, std::string_view mark) {
    int found = 0;
    for (auto at = all.find(mark); at != all.npos; at = all.find(mark, at + 1)) ++found;
    return found;
  }
  int fd_;
};

/// Opens once; waiting threads go on.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    wake_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, 10s, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool open_ = false;
};

/// Megabytes in which every place is told from every other.
std::string numbers() {
  std::string all;
  for (int i = 0; all.size() < 12'000'000; ++i) all += std::to_string(i) + ' ';
  return all;
}

/// Answers "[method path?query|body|peer]". /pool... runs on a worker, /block on one until the
/// gate opens, /park... waits for the key that is its query.
struct Fixture {
  Gate gate;
  std::atomic<int> blocked = 0;
  std::atomic<int> handled = 0;  ///< requests for /kept
  std::atomic<std::uint64_t> generation = 1;
  std::unique_ptr<Server> server;

  explicit Fixture(ServerOptions options = {}) {
    if (options.loops == 0) options.loops = 2;
    const Dispatch dispatch = [](const Request& request) {
      return request.path.starts_with("/pool") || request.path == "/block" ? Where::Pool
                                                                           : Where::Inline;
    };
    const Handler handler = [this](const Request& request, Response& response, int attempt) {
      handle(request, response, attempt);
    };
    options.reuse.key = [](const Request& request, std::string& key) {
      key += request.method + " " + request.target;
      return !request.headers.get("Alone");
    };
    options.reuse.generation = [this] { return generation.load(); };
    auto listening = Server::listen(std::move(options), dispatch, handler);
    REQUIRE(listening);
    server = std::move(*listening);
    server->start();
  }
  ~Fixture() { gate.open(); }

  void handle(const Request& request, Response& response, int attempt) {
    if (request.path == "/block") {
      ++blocked;
      gate.wait();
    }
    if (request.path == "/kept") {
      response.generation = generation;
      response.headers.set("X-Handled", std::to_string(++handled));
    }
    if (request.path.ends_with("park") &&
        (attempt == 0 || request.query == "again" || (request.query == "twice" && attempt == 1))) {
      response.wait_for = request.query;
      return;
    }
    if (request.path == "/long" && request.on_loop) {
      response.for_worker = true;
      return;
    }
    if (request.path == "/missing") response.status = 404;
    if (request.path == "/unchanged") response.status = 304;
    response.headers.set("Content-Type", "text/plain");
    response.body = "[" + request.method + " " + request.target + "|" + request.body + "|" +
                    request.peer + (request.loopback ? "|local]" : "]");
    if (request.path == "/host") response.body = request.headers.joined("Host");
    if (request.path == "/attempt") response.body = std::to_string(attempt);
    if (request.path == "/numbers") response.body = numbers();
    if (request.path == "/long") response.body = "worker";
    if (request.path == "/slow") std::this_thread::sleep_for(5ms);
    if (request.path == "/most" || request.path == "/slow") response.body.assign(60'000, 'm');
    if (request.path == "/big") response.body.assign(5'000'000, 'x');
  }

  Socket connect() const { return Socket(server->port()); }
  std::string answer_to(std::string_view bytes) const {
    Socket socket = connect();
    socket.send(bytes);
    return socket.read_to_end();
  }
  template <class Condition>
  bool eventually(Condition condition, std::chrono::milliseconds time = 5s) const {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(5ms);
    }
    return true;
  }
};

std::string request(std::string_view line, std::string_view fields = "",
                    std::string_view body = "") {
  return std::string(line) + " HTTP/1.1\r\nHost: a.example\r\n" + std::string(fields) + "\r\n" +
         std::string(body);
}
const std::string kClose = "Connection: close\r\n";

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }
int status_of(std::string_view answer) {
  return answer.size() < 12 ? 0 : std::stoi(std::string(answer.substr(9, 3)));
}

}  // namespace

TEST_CASE("a GET is answered, with an id of the server's own making") {
  Fixture fixture;
  const std::string answer =
      fixture.answer_to(request("GET /x?y", kClose + "X-Request-Id: mine\r\n"));
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.ends_with("\r\n\r\n[GET /x?y||127.0.0.1|local]"));
  CHECK(has(answer, "Content-Length: 27\r\n"));
  CHECK(has(answer, "X-Request-Id: "));
  CHECK_FALSE(has(answer, "mine"));
  CHECK_FALSE(has(answer, "Keep-Alive"));
}

TEST_CASE("pipelined requests are answered in order, on the loop and on workers") {
  Fixture fixture;
  Socket socket = fixture.connect();
  std::string bytes;
  for (int i = 0; i < 20; ++i) {
    bytes += request(i % 3 == 0 ? "GET /pool" + std::to_string(i) : "GET /" + std::to_string(i));
  }
  socket.send(bytes);
  const std::string answers = socket.read_until("local]", 20);
  std::size_t at = 0;
  for (int i = 0; i < 20; ++i) {
    const std::size_t next = answers.find(std::to_string(i) + "||", at);
    REQUIRE(next != std::string::npos);
    at = next;
  }
}

TEST_CASE("many pipelined requests and their large answers all get through") {
  Fixture fixture;
  Socket socket = fixture.connect();
  std::string bytes;
  for (int i = 0; i < 2000; ++i) bytes += request("GET /" + std::to_string(i));
  std::thread sender([&] { socket.send(bytes + request("GET /big", kClose)); });
  const std::string answers = socket.read_to_end(20s);
  sender.join();
  CHECK(has(answers, "[GET /1999|"));
  CHECK(answers.ends_with(std::string(5'000'000, 'x')));
}

TEST_CASE("a worker's answer waits behind one that the client has not taken yet") {
  constexpr int kPairs = 200;
  Fixture fixture;
  Socket socket = fixture.connect();
  socket.shrink_buffer();
  std::string bytes;
  for (int i = 0; i < kPairs; ++i) bytes += request("GET /most") + request("GET /pool");
  socket.send(bytes + request("GET /last", kClose));
  // Until the sockets are full, and a little longer.
  for (std::uint64_t seen = 0;
       std::exchange(seen, fixture.server->counters().requests) != seen || seen == 0;) {
    std::this_thread::sleep_for(100ms);
  }
  const std::string answers = socket.read_to_end(20s);
  std::string_view rest = answers;
  const auto next_body = [&] {
    const std::size_t length = rest.find("Content-Length: ");
    const std::size_t body = rest.find("\r\n\r\n");
    if (!rest.starts_with("HTTP/1.1 200 OK\r\n") || body == rest.npos) return std::string_view();
    const auto size = std::stoul(std::string(rest.substr(length + 16, 10)));
    const std::string_view found = rest.substr(body + 4, size);
    rest.remove_prefix(std::min(rest.size(), body + 4 + size));
    return found;
  };
  const std::string most(60'000, 'm');
  for (int i = 0; i < kPairs; ++i) {
    REQUIRE((next_body() == most));
    REQUIRE(next_body().starts_with("[GET /pool|"));
  }
  CHECK(next_body().starts_with("[GET /last|"));
  CHECK(rest.empty());
}

TEST_CASE("a client that pipelines very much leaves a turn for the others") {
  ServerOptions options;
  options.loops = 1;
  Fixture fixture(options);
  Socket greedy = fixture.connect();
  std::string bytes;
  for (int i = 0; i < 2'000; ++i) bytes += request("GET /slow");  // 10 s in all
  std::thread reader([&] {
    while (!greedy.read_some(1'000'000).empty()) continue;
  });
  std::thread sender([&] { greedy.send(bytes); });
  REQUIRE(fixture.eventually([&] { return fixture.server->counters().requests > 10; }));
  CHECK(has(fixture.answer_to(request("GET /x", kClose)), "[GET /x|"));
  CHECK(fixture.server->counters().requests < 1'000);
  greedy.shut();
  sender.join();
  reader.join();
}

TEST_CASE("bodies arrive by length, in chunks, and after 100-continue") {
  Fixture fixture;
  CHECK(has(fixture.answer_to(request("POST /pool", kClose + "Content-Length: 5\r\n", "hello")),
            "[POST /pool|hello|"));
  CHECK(has(fixture.answer_to(request("POST /pool", kClose + "Transfer-Encoding: chunked\r\n",
                                      "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")),
            "[POST /pool|hello|"));
  Socket socket = fixture.connect();
  socket.send(request("POST /x", kClose + "Expect: 100-continue\r\nContent-Length: 2\r\n"));
  CHECK(socket.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  socket.send("ok");
  CHECK(has(socket.read_to_end(), "[POST /x|ok|"));
}

TEST_CASE("an absolute-form target names the host") {
  Fixture fixture;
  CHECK(fixture.answer_to(request("GET http://b.example/host", kClose))
            .ends_with("\r\n\r\nb.example"));
}

TEST_CASE("HEAD is told the length and sent no body") {
  Fixture fixture;
  const std::string answer = fixture.answer_to(request("HEAD /x", kClose));
  CHECK(has(answer, "Content-Length: 26\r\n"));
  CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("304 has neither body nor length, and 404 keeps the connection") {
  Fixture fixture;
  Socket socket = fixture.connect();
  socket.send(request("GET /unchanged"));
  const std::string unchanged = socket.read_until("\r\n\r\n");
  CHECK(status_of(unchanged) == 304);
  CHECK_FALSE(has(unchanged, "Content-Length"));
  CHECK(unchanged.ends_with("\r\n\r\n"));
  socket.send(request("GET /missing"));
  CHECK(status_of(socket.read_until("local]")) == 404);
  socket.send(request("GET /x"));
  CHECK(status_of(socket.read_until("local]")) == 200);
}

TEST_CASE("HTTP/1.0 is answered and closed") {
  Fixture fixture;
  CHECK(status_of(fixture.answer_to("GET /x HTTP/1.0\r\n\r\n")) == 200);
}

TEST_CASE("a framing error is answered and closes the connection, whatever follows") {
  Fixture fixture;
  const std::string answer =
      fixture.answer_to("GET / HTTP/1.1\r\n\r\n" + request("GET /x") + request("GET /x"));
  CHECK(status_of(answer) == 400);
  CHECK(has(answer, "Connection: close\r\n"));
  CHECK_FALSE(has(answer, "200 OK"));
  CHECK(fixture.server->counters().rejected == 1);
}

TEST_CASE("X-Forwarded-For counts only when a trusted proxy sends it") {
  const std::string forwarded = request("GET /x", kClose + "X-Forwarded-For: 6.6.6.6, 9.8.7.6\r\n");
  Fixture plain;
  CHECK(has(plain.answer_to(forwarded), "|127.0.0.1]"));
  ServerOptions options;
  options.trusted_proxies = {"127.0.0.1"};
  Fixture proxied(options);
  CHECK(has(proxied.answer_to(forwarded), "|9.8.7.6]"));
  const auto seen = [&](const std::string& value) {
    const std::string answer =
        proxied.answer_to(request("GET /x", kClose + "X-Forwarded-For:" + value + "\r\n"));
    return answer.substr(answer.rfind("||") + 2);
  };
  CHECK(seen(" 127.0.0.1") == "127.0.0.1|local]");
  CHECK(seen(" 9.8.7.6, 127.0.0.1") == "9.8.7.6]");
  CHECK(seen(" ::ffff:9.8.7.6") == "9.8.7.6]");
  CHECK(seen(" 6.6.6.6\r\nX-Forwarded-For: 9.8.7.6") == "9.8.7.6]");
  // What names nobody is the proxy's, but never this machine's own.
  for (const char* value :
       {"", " ", " nonsense", " 6.6.6.6,", " ,,,,", " 9.8.7.6:80", " [::1]", " unknown",
        " 127.0.0.1;x", " 999.1.1.1", " 6.6.6.6, nonsense, 127.0.0.1"}) {
    CHECK_MESSAGE(seen(value) == "127.0.0.1]", value);
  }
  CHECK(seen(std::string(8'000, ',')) == "127.0.0.1]");
}

TEST_CASE("what another proxy forwarded is not taken for this machine's own") {
  Fixture fixture;
  CHECK(has(fixture.answer_to(request("GET /x", kClose)), "|127.0.0.1|local]"));
  for (const char* field : {"X-Forwarded-For: 127.0.0.1", "X-Forwarded-For:", "Forwarded: for=x"}) {
    CHECK(has(fixture.answer_to(request("GET /x", kClose + field + "\r\n")), "|127.0.0.1]"));
  }
}

TEST_CASE("slow and silent clients do not keep live requests waiting, and are reaped") {
  ServerOptions options;
  options.head_time = 1500ms;
  options.body_time = 1500ms;
  Fixture fixture(options);
  std::vector<Socket> hostile;
  for (int i = 0; i < 1080; ++i) hostile.push_back(fixture.connect());
  std::atomic<bool> done = false;
  std::thread dripper([&] {
    for (int i = 1000; i < 1040; ++i) hostile[i].send("GET / HTTP/1.1\r\nX: ");
    for (int i = 1040; i < 1080; ++i)
      hostile[i].send(request("POST /x", "Content-Length: 900\r\n"));
    while (!done) {
      for (int i = 1000; i < 1080; ++i) hostile[i].send("x");
      std::this_thread::sleep_for(50ms);
    }
  });
  for (int i = 0; i < 100; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    CHECK(status_of(fixture.answer_to(request("GET /x", kClose))) == 200);
    CHECK(std::chrono::steady_clock::now() - begin < 2s);
  }
  CHECK(fixture.eventually([&] { return fixture.server->counters().open_connections == 0; }, 8s));
  done = true;
  dripper.join();
}

TEST_CASE("a dripped head does not extend its deadline and is told 408") {
  ServerOptions options;
  options.head_time = 300ms;
  Fixture fixture(options);
  Socket socket = fixture.connect();
  std::thread dripper([&] {
    for (int i = 0; i < 20; ++i) {
      socket.send("G");
      std::this_thread::sleep_for(30ms);
    }
  });
  const std::string answer = socket.read_to_end(2s);
  dripper.join();
  CHECK(status_of(answer) == 408);
}

TEST_CASE("a body that comes slower than 1 KiB/s is given up on, and a faster one is not") {
  ServerOptions options;
  options.body_grace = 1s;
  Fixture fixture(options);
  Socket slow = fixture.connect();
  Socket fast = fixture.connect();
  slow.send(request("POST /x", kClose + "Content-Length: 900000\r\n"));
  fast.send(request("POST /host", kClose + "Content-Length: 16000\r\n"));
  for (int i = 0; i < 40; ++i) {  // 200 bytes/s and 8,000
    slow.send(std::string(10, 'x'));
    fast.send(std::string(400, 'x'));
    std::this_thread::sleep_for(50ms);
  }
  CHECK(status_of(slow.read_to_end(2s)) == 408);
  CHECK(status_of(fast.read_to_end(2s)) == 200);
}

TEST_CASE("how large a body may be is asked for with its head") {
  ServerOptions options;
  options.body_limit = [](const Request& head) -> std::size_t {
    return head.path == "/form" && head.method == "POST" ? 10 : 2'000'000;
  };
  Fixture fixture(options);
  const auto post = [&](const std::string& path, std::size_t size) {
    const std::string length = "Content-Length: " + std::to_string(size) + "\r\n";
    return status_of(
        fixture.answer_to(request("POST " + path, kClose + length, std::string(size, 'x'))));
  };
  CHECK(post("/form", 10) == 200);
  CHECK(post("/form", 11) == 413);
  CHECK(post("/host", 1'500'000) == 200);
  CHECK(status_of(fixture.answer_to(request("POST /form", "Transfer-Encoding: chunked\r\n",
                                            "5\r\nhello\r\n6\r\nworld!\r\n"))) == 413);
}

TEST_CASE("a handler on the loop may find that it is work for a worker") {
  Fixture fixture;
  CHECK(fixture.answer_to(request("GET /long", kClose)).ends_with("worker"));
  Socket socket = fixture.connect();
  socket.send(request("GET /long") + request("GET /x"));
  const std::string answers = socket.read_until("local]");
  CHECK(answers.find("worker") < answers.find("[GET /x"));
}

TEST_CASE("an answer says when it was given") {
  Fixture fixture;
  for (const char* line : {"GET /x", "GET /pool", "GET /unchanged"}) {
    CHECK(has(fixture.answer_to(request(line, kClose)), " GMT\r\n"));
  }
  CHECK(has(fixture.answer_to("nonsense\r\n\r\n"), "\r\nDate: "));
}

TEST_CASE("a slow reader that goes on sending gets every byte once") {
  Fixture fixture;
  Socket socket = fixture.connect();
  socket.shrink_buffer();
  socket.send(request("GET /numbers"));
  const std::string expected = numbers();
  std::string answer = socket.read_until("\r\n\r\n");
  answer.erase(0, answer.find("\r\n\r\n") + 4);
  const std::string next = request("GET /x");
  for (std::size_t i = 0; answer.size() < expected.size(); ++i) {
    const std::string piece = socket.read_some(20'000);
    if (piece.empty()) break;
    answer += piece;
    socket.send(next.substr(i % next.size(), 1));  // wakes the loop, with little room for more
  }
  answer.resize(std::min(answer.size(), expected.size()));
  CHECK(answer.size() == expected.size());
  CHECK((answer == expected));
}

TEST_CASE("an idle connection is closed after its time") {
  ServerOptions options;
  options.idle_time = 200ms;
  Fixture fixture(options);
  Socket socket = fixture.connect();
  socket.send(request("GET /x"));
  socket.read_until("local]");
  CHECK(socket.closed_within(3s));
}

TEST_CASE("a full queue is answered 503 with Retry-After while inline requests go on") {
  ServerOptions options;
  options.workers = 1;
  Fixture fixture(options);
  std::vector<Socket> waiting;
  const std::size_t fits = qp::limits::kQueuedRequests + 1;
  for (std::size_t i = 0; i < fits; ++i) {
    waiting.push_back(fixture.connect());
    waiting.back().send(request("GET /block"));
    if (i == 0) REQUIRE(fixture.eventually([&] { return fixture.blocked == 1; }));
  }
  REQUIRE(fixture.eventually([&] { return fixture.server->counters().requests == fits; }));
  const std::string refused = fixture.answer_to(request("GET /pool", kClose));
  CHECK(status_of(refused) == 503);
  CHECK(has(refused, "Retry-After: "));
  CHECK(fixture.server->counters().queue_full == 1);
  CHECK(status_of(fixture.answer_to(request("GET /x", kClose))) == 200);
  fixture.gate.open();
  for (Socket& socket : waiting) CHECK(status_of(socket.read_until("local]")) == 200);
}

TEST_CASE("a parked request is handled anew when its key is resumed") {
  Fixture fixture;
  for (const char* line : {"GET /park?key", "GET /pool/park?key"}) {
    Socket socket = fixture.connect();
    socket.send(request(line));
    REQUIRE(fixture.eventually([&] { return fixture.server->counters().parked == 1; }));
    CHECK(socket.read_until("local]", 1, 100ms).empty());
    fixture.server->resume("other");
    CHECK(fixture.server->counters().parked == 1);
    fixture.server->resume("key");
    CHECK(status_of(socket.read_until("local]")) == 200);
    CHECK(fixture.server->counters().parked == 0);
  }
}

TEST_CASE("a parked request is handled anew when its time is over, and not parked again") {
  ServerOptions options;
  options.parked_time = 200ms;
  Fixture fixture(options);
  CHECK(status_of(fixture.answer_to(request("GET /park?key", kClose))) == 200);
  const std::string again = fixture.answer_to(request("GET /park?again", kClose));
  CHECK(status_of(again) == 503);
  CHECK(has(again, "Retry-After: "));
}

TEST_CASE("a request that needs one thing after another is parked for each, a few times") {
  Fixture fixture;
  const auto parked = [&] { return fixture.server->counters().parked == 1; };
  Socket two = fixture.connect();
  two.send(request("GET /park?twice"));
  for (int i = 0; i < 2; ++i) {
    REQUIRE(fixture.eventually(parked));
    fixture.server->resume("twice");
  }
  CHECK(status_of(two.read_until("local]")) == 200);

  Socket ever = fixture.connect();
  ever.send(request("GET /park?again", kClose));
  for (int i = 0; i < qp::limits::kMostParkings; ++i) {
    REQUIRE(fixture.eventually(parked));
    fixture.server->resume("again");
  }
  CHECK(status_of(ever.read_to_end()) == 503);
}

TEST_CASE("what a request waits for in all has one limit, however often it is parked") {
  ServerOptions options;
  options.parked_time = 600ms;
  Fixture fixture(options);
  Socket socket = fixture.connect();
  const auto begin = std::chrono::steady_clock::now();
  socket.send(request("GET /park?again", kClose));
  REQUIRE(fixture.eventually([&] { return fixture.server->counters().parked == 1; }));
  std::this_thread::sleep_for(400ms);
  fixture.server->resume("again");
  CHECK(status_of(socket.read_to_end()) == 503);
  CHECK(std::chrono::steady_clock::now() - begin < 900ms);
}

TEST_CASE("no more than a few requests wait for the same key") {
  Fixture fixture;
  std::vector<Socket> waiting;
  for (std::size_t i = 0; i < qp::limits::kParkedPerHost; ++i) {
    waiting.push_back(fixture.connect());
    waiting.back().send(request("GET /park?key"));
  }
  REQUIRE(fixture.eventually(
      [&] { return fixture.server->counters().parked == qp::limits::kParkedPerHost; }));
  CHECK(status_of(fixture.answer_to(request("GET /park?key", kClose))) == 503);
  fixture.server->resume("key");
  for (Socket& socket : waiting) CHECK(status_of(socket.read_until("local]")) == 200);
}

TEST_CASE("a client that leaves while a worker has its request harms nobody") {
  ServerOptions options;
  options.workers = 2;
  options.loops = 1;
  Fixture fixture(options);
  for (int i = 0; i < 2; ++i) {
    Socket socket = fixture.connect();
    socket.send(request("GET /block"));
    REQUIRE(fixture.eventually([&] { return fixture.blocked == i + 1; }));
  }
  Socket next = fixture.connect();
  next.send(request("GET /x"));
  CHECK(status_of(next.read_until("local]")) == 200);
  fixture.gate.open();
  CHECK(fixture.eventually([&] { return fixture.server->counters().open_connections == 1; }));
  next.send(request("GET /x"));
  CHECK(status_of(next.read_until("local]")) == 200);
}

TEST_CASE("the bodies of all connections together are bounded, and small ones have room kept") {
  ServerOptions options;
  options.bodies_bytes = 4'000'000;
  Fixture fixture(options);
  const auto held = [&](std::uint64_t bytes) {
    return fixture.eventually([&] { return fixture.server->counters().body_bytes == bytes; });
  };
  const auto post = [&](std::size_t size) {
    return fixture.answer_to(request("POST /host",
                                     kClose + "Content-Length: " + std::to_string(size) + "\r\n",
                                     std::string(size, 'x')));
  };
  std::vector<Socket> unfinished;
  for (const char* path : {"/x", "/x", "/block"}) {
    unfinished.push_back(fixture.connect());
    unfinished.back().send(request("POST " + std::string(path), "Content-Length: 1000000\r\n",
                                   std::string(999'999, 'x')));
  }
  REQUIRE(held(2'999'997));
  CHECK(status_of(post(60'000)) == 200);
  const std::string refused = post(900'000);
  CHECK(status_of(refused) == 503);
  CHECK(has(refused, "Retry-After: "));
  CHECK(has(refused, "Connection: close\r\n"));

  unfinished.back().send("x");  // now a worker holds it
  REQUIRE(fixture.eventually([&] { return fixture.blocked == 1; }));
  CHECK(held(2'999'998));
  CHECK(status_of(post(900'000)) == 503);
  fixture.gate.open();
  CHECK(held(1'999'998));
  unfinished.clear();
  CHECK(held(0));
  CHECK(status_of(post(900'000)) == 200);
  CHECK(held(0));
}

TEST_CASE("stop lets what is in flight finish and accepts no more") {
  Fixture fixture;
  const std::uint16_t port = fixture.server->port();
  Socket busy = fixture.connect();
  Socket parked = fixture.connect();
  Socket idle = fixture.connect();
  idle.send(request("GET /x"));
  idle.read_until("local]");
  parked.send(request("GET /park?key"));
  busy.send(request("GET /block"));
  REQUIRE(fixture.eventually(
      [&] { return fixture.blocked == 1 && fixture.server->counters().parked == 1; }));
  std::thread stopper([&] { fixture.server->stop(); });
  CHECK(idle.closed_within(2s));
  CHECK(status_of(parked.read_until("local]")) == 200);
  fixture.gate.open();
  CHECK(status_of(busy.read_to_end()) == 200);
  stopper.join();
  ServerOptions options;
  options.port = port;
  CHECK(Server::listen(options, {}, {}));
}

TEST_CASE("a port that is taken is an error of listen") {
  Fixture fixture;
  ServerOptions options;
  options.port = fixture.server->port();
  CHECK_FALSE(Server::listen(options, {}, {}));
  options.host = "not an address";
  CHECK_FALSE(Server::listen(options, {}, {}));
}

TEST_CASE("beyond the cap of connections new ones wait until others leave") {
  ServerOptions options;
  options.max_connections = 2;
  options.loops = 1;
  Fixture fixture(options);
  Socket first = fixture.connect();
  Socket second = fixture.connect();
  REQUIRE(fixture.eventually([&] { return fixture.server->counters().open_connections == 2; }));
  Socket third = fixture.connect();
  third.send(request("GET /x"));
  CHECK(third.read_until("local]", 1, 300ms).empty());
  first.close();
  CHECK(status_of(third.read_until("local]")) == 200);
}

TEST_CASE("an answer is given again as long as nothing newer is known") {
  ServerOptions options;
  options.loops = 1;
  Fixture fixture(options);
  Socket socket = fixture.connect();
  const auto ask = [&](std::string_view line, std::string_view fields = "") {
    socket.send(request(line, fields));
    return socket.read_until(line.starts_with("HEAD") ? "\r\n\r\n" : "local]");
  };
  const std::string first = ask("GET /kept");
  const std::string again = ask("GET /kept");
  CHECK(has(first, "X-Handled: 1\r\n"));
  CHECK(has(again, "X-Handled: 1\r\n"));
  const auto own_field = [](const std::string& answer) {
    const auto at = answer.find("X-Request-Id: ");
    return answer.substr(at, answer.find('\n', at) - at);
  };
  CHECK(own_field(first) != own_field(again));
  CHECK(again.substr(again.find("Content-Length")) == first.substr(first.find("Content-Length")));
  CHECK(has(again, "Date: "));

  SUBCASE("not when something has changed") {
    ++fixture.generation;
    CHECK(has(ask("GET /kept"), "X-Handled: 2\r\n"));
    CHECK(has(ask("GET /kept"), "X-Handled: 2\r\n"));
  }
  SUBCASE("not for another request") {
    CHECK(has(ask("GET /kept?other"), "X-Handled: 2\r\n"));
    const std::string head = ask("HEAD /kept");
    CHECK(has(head, "X-Handled: 3\r\n"));
    CHECK(ask("HEAD /kept").ends_with("\r\n\r\n"));
    CHECK(has(ask("GET /kept"), "X-Handled: 1\r\n"));
  }
  SUBCASE("not to a request without a key") {
    CHECK(has(ask("GET /kept", "Alone: yes\r\n"), "X-Handled: 2\r\n"));
    CHECK(has(ask("GET /kept"), "X-Handled: 1\r\n"));
  }
  SUBCASE("and the connection ends where it is to") {
    socket.send(request("GET /kept", kClose));
    const std::string last = socket.read_to_end();
    CHECK(has(last, "X-Handled: 1\r\n"));
    CHECK(has(last, "Connection: close\r\n"));
  }
  SUBCASE("never one that is for one request only") {
    fixture.generation = 0;
    CHECK(has(ask("GET /kept"), "X-Handled: 2\r\n"));
    CHECK(has(ask("GET /kept"), "X-Handled: 3\r\n"));
  }
}
