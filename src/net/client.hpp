#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/result.hpp"
#include "net/address_guard.hpp"
#include "net/message.hpp"

namespace qp::net {

inline constexpr std::size_t kRequestsPerHost = 4;

struct OutgoingRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;  ///< Host, Content-Length and User-Agent are set by the client
  std::string body;
  std::size_t max_bytes = limits::kResponseBytes;
  std::chrono::milliseconds deadline = limits::kFetchTime;  ///< for all of it
  bool follow_redirects = true;                             ///< GET only; each hop is checked anew
  /// False: the status counts, with a body that is too large, coded or cut short too; it is left
  /// out then.
  bool needs_body = true;
};

struct IncomingResponse {
  int status = 0;
  Headers headers;
  std::string body;
  std::string url;  ///< that answered, after redirects
};

/// All addresses of a name, now; may block. A test gives its own.
using NameLookup = std::function<std::vector<Address>(const std::string& host)>;

struct ClientOptions {
  std::vector<std::string> allow_private;  ///< numeric addresses (or names resolved to them once)
  std::string user_agent = "quadpub";
  NameLookup names = resolve;
};

/// Called before each hop is sent, with the hop's URL as it will be sent (a query may be spelt in
/// another, equal way), so that each is signed for itself. Not called for refused addresses.
using Prepare = std::function<Result<void>(OutgoingRequest& request)>;

/// The only way out to the network (security.md 1.4). The numeric address is checked when the
/// connection is made, on every hop; size, time and redirects are bounded; one pool of idle
/// connections per host, and at most kRequestsPerHost requests to one at a time. A name is resolved
/// once a hop, and what is connected to is the address that was checked. Public addresses are
/// reached by https on port 443 only; those of allow_private by http too, on any port. Any thread;
/// blocks the calling one.
class Client {
 public:
  /// From now on the process ignores SIGPIPE.
  static std::unique_ptr<Client> make(const ClientOptions& options);
  virtual ~Client() = default;
  /// A response with any status is a value; Network says what went wrong before there was one,
  /// Forbidden that the address may not be reached, TooLarge that the answer has more than
  /// max_bytes, BadInput that the request is malformed.
  virtual Result<IncomingResponse> send(OutgoingRequest request, const Prepare& prepare = {}) = 0;
};

}  // namespace qp::net
