#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/result.hpp"
#include "net/framer.hpp"
#include "net/limits.hpp"
#include "net/message.hpp"
#include "net/tls.hpp"

namespace qp::net {

/// How a loop may give an answer again without asking the handler (Response::generation).
struct Reuse {
  /// Appends all of a request that such an answer depends upon; false: this one asks the handler.
  bool (*key)(const Request& request, std::string& key) = nullptr;
  /// The newest generation: an answer of an earlier one does not hold any more. Asked for each
  /// request, on the loops.
  std::function<std::uint64_t()> generation;
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;                    ///< 0: any free one
  std::size_t loops = 0;                     ///< 0: one for each core
  std::size_t workers = 0;                   ///< 0: one for each core, at least 2
  std::vector<std::string> trusted_proxies;  ///< addresses whose X-Forwarded-For counts
  std::size_t max_connections = limits::kConnections;
  std::size_t max_per_address = limits::kConnectionsPerAddress;  ///< loopback is exempt
  std::chrono::milliseconds head_time = limits::kHeadTime;
  std::chrono::milliseconds body_time = limits::kBodyTime;
  std::chrono::seconds body_grace = limits::kBodyGrace;  ///< before a body's rate counts
  std::chrono::milliseconds idle_time = limits::kIdleTime;
  std::chrono::milliseconds parked_time = limits::kParkedTime;
  BodyLimit body_limit = nullptr;                   ///< none: kBodyBytes for all
  std::size_t bodies_bytes = limits::kBodiesBytes;  ///< of all bodies together; beyond it, 503
  TlsFiles tls;                                     ///< no certificate: plain text
  Reuse reuse;                                      ///< no key: never
};

/// Where a handler runs.
enum class Where {
  Inline,  ///< on the loop thread: a lookup, microseconds
  Brief,   ///< on a worker: milliseconds at most, and nothing that is waited for
  Pool,    ///< on a worker: whatever verifies, parses, writes or queries
};

/// Takes the request by reference; it is not used after the call returns. Handlers run on several
/// threads at once. `attempt` is how often the request was parked; limits::kMostParkings: it is not
/// parked again.
using Handler = std::function<void(const Request& request, Response& response, int attempt)>;

/// Where to handle what: asked once on the loop thread, before the handler.
using Dispatch = std::function<Where(const Request& request)>;

/// HTTP/1.1 over epoll, one loop a core (spec: front-end.md). Framing is ours (framer.hpp),
/// and so is response writing: cpp-httplib on an in-memory stream cost 3 us a request (bench/http).
class Server {
 public:
  /// Listens, or says why it cannot. Threads start in start().
  static Result<std::unique_ptr<Server>> listen(ServerOptions options, Dispatch dispatch,
                                                Handler handler);
  virtual ~Server() = default;

  virtual std::uint16_t port() const = 0;
  virtual void start() = 0;
  /// Handles parked requests anew that wait for `key`. Any thread.
  virtual void resume(const std::string& key) = 0;
  /// Reads the certificate and its key again. Connections go on; where the files are no good, so
  /// does the old certificate. Any thread.
  virtual Result<void> reload_certificate() = 0;
  /// Accepts no more, lets what is in flight finish (10 s at most), ends the threads.
  virtual void stop() = 0;

  struct Counters {
    std::uint64_t requests, rejected, connections, open_connections, parked, queue_full, body_bytes;
  };
  virtual Counters counters() const = 0;
};

}  // namespace qp::net
