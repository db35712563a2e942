// How fast a server talks to others, on loopback, with the real binary:
//   federation QUADPUB [posts] [followers] [hosts]
// 1. signed deliveries made per second on one core, beside what `openssl speed rsa2048` does;
// 2. signed inbox POSTs, signed beforehand, accepted durably per second;
// 3. a post to many followers on many hosts: time to queued, to delivered, memory.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>
#include <vector>

#include "ap/addressing.hpp"
#include "ap/compose.hpp"
#include "net/url.hpp"
#include "sig/sign.hpp"
#include "tools/command.hpp"

using namespace qp;
using Clock_ = std::chrono::steady_clock;

namespace {

template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "bench: %s\n", result.error().detail.c_str());
  std::exit(1);
}
void must(Result<void> result) {
  if (result) return;
  std::fprintf(stderr, "bench: %s\n", result.error().detail.c_str());
  std::exit(1);
}

double seconds_since(Clock_::time_point begin) {
  return std::chrono::duration<double>(Clock_::now() - begin).count();
}

/// Processor time of this thread, as `openssl speed` counts: others on the machine do not matter.
double own_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket);
    return -1;
  }
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

/// Sends `bytes` and reads one answer; its status, 0 for none.
int status_of(int socket, const std::string& bytes, std::string* body = nullptr) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const auto n = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return 0;
    sent += static_cast<std::size_t>(n);
  }
  std::string got;
  char buffer[16384];
  while (true) {
    const auto n = ::recv(socket, buffer, sizeof buffer, 0);
    if (n <= 0) return 0;
    got.append(buffer, static_cast<std::size_t>(n));
    const auto end = got.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    const auto at = got.find("Content-Length: ");
    const std::size_t length = at < end ? std::stoul(got.substr(at + 16)) : 0;
    if (got.size() < end + 4 + length) continue;
    if (body != nullptr) *body = got.substr(end + 4);
    return std::stoi(got.substr(9, 3));
  }
}

/// All the hosts of the world: listens on many ports of loopback, answers POSTs with 202 and GETs
/// with the document of that path, and counts the POSTs.
class World {
 public:
  explicit World(std::size_t hosts) : epoll_(epoll_create1(0)) {
    for (std::size_t i = 0; i < hosts; ++i) listen();
    thread_ = std::thread([this] { run(); });
  }
  ~World() {
    stopping_ = true;
    thread_.join();
  }
  std::string url(std::size_t host) const {
    return "http://127.0.0.1:" + std::to_string(ports_[host % ports_.size()]);
  }
  std::map<std::string, std::string> documents;  ///< before the first request
  std::atomic<std::size_t> posts = 0;

 private:
  void listen() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    if (::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(socket, 64) != 0) {
      std::perror("bench: listen");
      std::exit(1);
    }
    socklen_t size = sizeof address;
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ports_.push_back(ntohs(address.sin_port));
    listeners_.push_back(socket);
    watch(socket);
  }
  void watch(int socket) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = socket;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
  }
  void run() {
    std::vector<epoll_event> events(256);
    while (!stopping_) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 100);
      for (int i = 0; i < count; ++i) serve(events[static_cast<std::size_t>(i)].data.fd);
    }
  }
  void serve(int socket) {
    if (std::find(listeners_.begin(), listeners_.end(), socket) != listeners_.end()) {
      const int made = ::accept4(socket, nullptr, nullptr, SOCK_NONBLOCK);
      if (made >= 0) watch(made);
      return;
    }
    char buffer[65536];
    const auto n = ::recv(socket, buffer, sizeof buffer, 0);
    if (n <= 0) {
      ::close(socket);
      buffers_.erase(socket);
      return;
    }
    std::string& got = buffers_[socket];
    got.append(buffer, static_cast<std::size_t>(n));
    const auto end = got.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const auto at = got.find("Content-Length: ");
    const std::size_t length = at < end ? std::stoul(got.substr(at + 16)) : 0;
    if (got.size() < end + 4 + length) return;
    std::string answer = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
    if (got.starts_with("GET ")) {
      const auto found = documents.find(got.substr(4, got.find(' ', 4) - 4));
      const std::string body = found == documents.end() ? "" : found->second;
      answer = "HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body;
    } else {
      ++posts;
    }
    (void)!::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
    got.clear();
  }

  const int epoll_;
  std::vector<std::uint16_t> ports_;
  std::vector<int> listeners_;
  std::map<int, std::string> buffers_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  (void)::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address);
  socklen_t size = sizeof address;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen(command.c_str(), "r");
  char buffer[4096];
  while (const auto n = std::fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, n);
  if (::pclose(pipe) != 0) {
    std::fprintf(stderr, "bench: failed: %s\n", command.c_str());
    std::exit(1);
  }
  return text;
}

std::string member(const std::string& json, const std::string& name) {
  const auto at = json.find("\"" + name + "\":");
  const auto begin = json.find('"', at + name.size() + 3) + 1;
  return json.substr(begin, json.find('"', begin) - begin);
}

/// The server under test, with one actor.
class Server {
 public:
  explicit Server(std::string binary)
      : binary_(std::move(binary)),
        port_(free_port()),
        url("http://127.0.0.1:" + std::to_string(port_)) {
    folder_ =
        std::filesystem::temp_directory_path() / ("quadpub-bench-" + std::to_string(getpid()));
    std::filesystem::remove_all(folder_);
    const std::string run = binary_ + " --data " + folder_.string() + " ";
    output_of(run + "init --url " + url);
    output_of(run + "user add alice --password 'a long password here'");
    actor = member(output_of(run + "--json actor add alice --user alice"), "actor");
    token = member(output_of(run + "--json token add --user alice --scope 'read write'"),
                   "access_token");
  }
  ~Server() {
    if (child_ > 0) {
      ::kill(child_, SIGTERM);
      ::waitpid(child_, nullptr, 0);
    }
    std::filesystem::remove_all(folder_);
  }
  void start() {
    child_ = ::fork();
    if (child_ == 0) {
      const std::string listen = "127.0.0.1:" + std::to_string(port_);
      const std::string data = folder_.string();
      (void)!std::freopen("/dev/null", "w", stderr);
      (void)!std::freopen("/dev/null", "w", stdout);
      ::execl(binary_.c_str(), binary_.c_str(), "serve", "--data", data.c_str(), "--listen",
              listen.c_str(), "--allow-private", "127.0.0.1", nullptr);
      std::_Exit(127);
    }
    for (int socket = -1; socket < 0; socket = connect_to(port_)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  long resident_kb() const {
    std::ifstream status("/proc/" + std::to_string(child_) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
    }
    return 0;
  }
  /// Processor time that it has had.
  double seconds() const {
    std::ifstream stat("/proc/" + std::to_string(child_) + "/stat");
    std::string field;
    double ticks = 0;
    for (int i = 1; i <= 15 && stat >> field; ++i) {
      if (i >= 14) ticks += std::stod(field);  // utime, stime
    }
    return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  std::uint16_t port() const { return port_; }
  tools::Settings settings() const {
    tools::Settings settings;
    settings.data = folder_.string();
    return settings;
  }

 private:
  std::string binary_;
  std::uint16_t port_;
  std::filesystem::path folder_;
  pid_t child_ = -1;

 public:
  std::string url, actor, token;
};

/// The request as bytes.
std::string wire(const net::OutgoingRequest& request) {
  const net::Url url = must(net::Url::parse(request.url));
  std::string out = request.method + " " + url.target + " HTTP/1.1\r\nHost: " + url.authority() +
                    "\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n";
  for (const auto& [name, value] : request.headers.lines()) {
    out.append(name).append(": ").append(value).append("\r\n");
  }
  return out + "\r\n" + request.body;
}

net::OutgoingRequest post(const std::string& inbox, std::string body) {
  net::OutgoingRequest request;
  request.method = "POST";
  request.url = inbox;
  request.body = std::move(body);
  request.headers.set("Content-Type", "application/activity+json");
  return request;
}

/// Signatures a second, by `openssl speed`.
double openssl_rate() {
  const std::string out = output_of("openssl speed -mr -seconds 1 rsa2048 2>/dev/null");
  const auto line = out.find("+F2:");  // +F2:NUMBER:BITS:seconds to sign:seconds to verify
  if (line == std::string::npos) return 0;
  std::size_t at = line;
  for (int colon = 0; colon < 3; ++colon) at = out.find(':', at) + 1;
  const double value = std::stod(out.substr(at));
  return value > 1 ? value : 1 / value;
}

void bench_signing() {
  const auto key = must(sig::PrivateKey::generate(sig::KeyType::Rsa));
  const std::string body(1500, 'x');
  const auto rate = [](auto work) {
    std::size_t count = 0;
    const double begin = own_seconds();
    while (own_seconds() - begin < 1) {
      for (int i = 0; i < 50; ++i) work();
      count += 50;
    }
    return static_cast<double>(count) / (own_seconds() - begin);
  };
  for (int round = 0; round < 3; ++round) {
    const double limit = openssl_rate();
    for (const auto form : {sig::Form::Rfc9421, sig::Form::Cavage}) {
      const double built = rate([&] {
        auto request = post("https://a.example/users/x/inbox", body);
        must(sig::sign(request, key, "https://b.example/actors/1#main-key", form, system_now()));
      });
      std::printf(
          "signed deliveries (%s): %.0f/s a core, %.0f%% of the %.0f/s of openssl speed rsa2048\n",
          sig::is_rfc9421(form) ? "rfc9421" : "cavage", built, 100 * built / limit, limit);
    }
  }
}

void bench_inbox(const Server& server, World& world, std::size_t posts) {
  const auto key = must(sig::PrivateKey::generate(sig::KeyType::Rsa));
  const std::string bob = world.url(0) + "/users/bob";
  std::string pem = key.public_key().pem();
  for (auto at = pem.find('\n'); at != std::string::npos; at = pem.find('\n')) {
    pem.replace(at, 1, "\\n");
  }
  world.documents["/users/bob"] =
      R"({"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1"],"id":")" +
      bob + R"(","type":"Person","inbox":")" + bob + R"(/inbox","outbox":")" + bob +
      R"(/outbox","publicKey":{"id":")" + bob + R"(#main-key","owner":")" + bob +
      R"(","publicKeyPem":")" + pem + R"("}})";
  std::vector<std::string> requests(posts);
  std::vector<std::thread> threads;
  for (std::size_t part = 0; part < 2; ++part) {
    threads.emplace_back([&, part] {
      for (std::size_t i = part; i < posts; i += 2) {
        const std::string number = std::to_string(i);
        auto request =
            post(server.url + "/inbox",
                 R"({"@context":"https://www.w3.org/ns/activitystreams","id":")" + world.url(0) +
                     "/a/" + number + R"(","type":"Create","actor":")" + bob + R"(","to":[")" +
                     server.actor + R"("],"object":{"id":")" + world.url(0) + "/n/" + number +
                     R"(","type":"Note","attributedTo":")" + bob + R"(","to":[")" + server.actor +
                     R"("],"content":"<p>number )" + number + R"(</p>"}})");
        must(sig::sign(request, key, bob + "#main-key",
                       i % 4 < 2 ? sig::Form::Rfc9421 : sig::Form::Cavage, system_now()));
        requests[i] = wire(request);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  threads.clear();
  // The first brings the key.
  const int socket = connect_to(server.port());
  if (status_of(socket, requests[0]) != 202) {
    std::fprintf(stderr, "bench: the first POST was not accepted\n");
    std::exit(1);
  }
  ::close(socket);
  std::atomic<std::size_t> next = 1, accepted = 1;
  const double cpu = server.seconds();
  const auto begin = Clock_::now();
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&] {
      const int own = connect_to(server.port());
      for (std::size_t n = next++; n < posts; n = next++) {
        accepted += status_of(own, requests[n]) == 202 ? 1 : 0;
      }
      ::close(own);
    });
  }
  for (auto& thread : threads) thread.join();
  const double took = seconds_since(begin);
  const double used = server.seconds() - cpu;
  std::printf(
      "inbox: %zu of %zu signed POSTs accepted in %.2f s: %.0f/s, on disk; %.0f us of processor "
      "time each, %.2f cores in use\n",
      accepted.load(), posts, took, static_cast<double>(posts) / took,
      1e6 * used / static_cast<double>(posts), used / took);
}

/// `count` followers, a few of them on each host, behind its shared inbox.
void add_followers(const Server& server, const World& world, std::size_t count, std::size_t hosts) {
  const auto store = must(tools::open_store(server.settings()));
  constexpr std::size_t kBatch = 500;
  for (std::size_t from = 0; from < count; from += kBatch) {
    must(store->write([&](store::WriteTxn& txn) -> Result<void> {
      const auto alice = QP_TRY(ap::find_actor(txn, server.actor));
      const auto sequence = QP_TRY(txn.intern_iri(alice->followers));
      for (std::size_t i = from; i < std::min(count, from + kBatch); ++i) {
        const std::string host = world.url(i % hosts);
        const std::string iri = host + "/users/f" + std::to_string(i);
        QP_TRY(ap::put_remote_actor(txn, {iri, iri + "/inbox", host + "/inbox", ""}));
        const auto id = QP_TRY(txn.intern_iri(iri));
        QP_TRY(txn.sequence_append(sequence, id, store::AudienceId::Public));
      }
      return {};
    }));
  }
}

void bench_fan_out(const Server& server, World& world, std::size_t followers, std::size_t hosts) {
  const auto alice = [&] {
    const auto store = must(tools::open_store(server.settings()));
    const auto txn = must(store->read());
    return *must(ap::find_actor(*txn, server.actor));
  }();
  for (int round = 0; round < 3; ++round) {
    auto request = post(
        alice.outbox, R"({"@context":"https://www.w3.org/ns/activitystreams","type":"Note",)"
                      R"("content":"to all","to":["https://www.w3.org/ns/activitystreams#Public"],)"
                      R"("cc":[")" +
                          alice.followers + R"("]})");
    request.headers.set("Authorization", "Bearer " + server.token);
    const std::size_t before = world.posts;
    const int socket = connect_to(server.port());
    const auto begin = Clock_::now();
    const int status = status_of(socket, wire(request));
    const double queued = seconds_since(begin);
    ::close(socket);
    if (status != 201) {
      std::fprintf(stderr, "bench: the outbox answered %d\n", status);
      std::exit(1);
    }
    while (world.posts - before < hosts && seconds_since(begin) < 120) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::printf(
        "post to %zu followers on %zu hosts: queued after %.0f ms, %zu delivered after "
        "%.0f ms, %ld MB resident\n",
        followers, hosts, 1000 * queued, world.posts - before, 1000 * seconds_since(begin),
        server.resident_kb() / 1024);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: federation QUADPUB [posts] [followers] [hosts]\n");
    return 2;
  }
  const auto number = [&](int at, std::size_t otherwise) {
    return argc > at ? std::stoul(argv[at]) : otherwise;
  };
  const std::size_t posts = number(2, 10'000), followers = number(3, 10'000),
                    hosts = number(4, 500);
  ::signal(SIGPIPE, SIG_IGN);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  bench_signing();
  World world(hosts);
  Server server(argv[1]);
  add_followers(server, world, followers, hosts);
  server.start();
  bench_inbox(server, world, posts);
  bench_fan_out(server, world, followers, hosts);
  return 0;
}
