// Posts over keep-alive connections and counts every answer, which wrk does not.
//   bench_load PORT CONNECTIONS REQUESTS PATH TOKEN BODY
// Each connection has a thread and one request at a time. Prints {"seconds", "accepted", "refused",
// "p50_ms", "p99_ms"}; accepted: answered 201.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return -1;
  return fd;
}

/// The status of the next response; 0: the connection ended.
int read_status(int fd) {
  std::string all;
  std::size_t needed = 0;
  char buffer[16384];
  while (needed == 0 || all.size() < needed) {
    const ssize_t count = ::recv(fd, buffer, sizeof(buffer), 0);
    if (count <= 0) return 0;
    all.append(buffer, static_cast<std::size_t>(count));
    const auto head = all.find("\r\n\r\n");
    if (needed > 0 || head == std::string::npos) continue;
    const auto length = all.find("Content-Length: ");
    needed = head + 4 + (length < head ? std::strtoul(&all[length + 16], nullptr, 10) : 0);
  }
  return std::atoi(all.c_str() + 9);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const int port = std::atoi(argv[1]);
  const auto connections = static_cast<std::size_t>(std::atoi(argv[2]));
  const int requests = std::atoi(argv[3]);
  const std::string body = argv[6];
  const std::string request = "POST " + std::string(argv[4]) +
                              " HTTP/1.1\r\nHost: 127.0.0.1:" + argv[1] +
                              "\r\nAuthorization: Bearer " + argv[5] +
                              "\r\nContent-Type: application/activity+json\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body;
  std::atomic<int> left = requests, accepted = 0, refused = 0;
  std::vector<std::vector<double>> times(connections);
  std::vector<std::thread> threads;
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < connections; ++i) {
    threads.emplace_back([&, i] {
      const int fd = connect_to(port);
      while (fd >= 0 && left.fetch_sub(1) > 0) {
        const auto since = Clock::now();
        if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) break;
        const int status = read_status(fd);
        if (status == 0) break;
        ++(status == 201 ? accepted : refused);
        times[i].push_back(std::chrono::duration<double, std::milli>(Clock::now() - since).count());
      }
      ::close(fd);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::vector<double> all;
  for (const auto& some : times) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  const auto at = [&](double part) {
    return all.empty() ? 0.0
                       : all[static_cast<std::size_t>(part * static_cast<double>(all.size() - 1))];
  };
  std::printf(
      "{\"seconds\": %.3f, \"accepted\": %d, \"refused\": %d, \"p50_ms\": %.2f, "
      "\"p99_ms\": %.2f}\n",
      seconds, accepted.load(), refused.load(), at(0.5), at(0.99));
}
