#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "net/address_guard.hpp"
#include "net/client.hpp"
#include "net/url.hpp"

namespace qp::net {

using Deadline = std::chrono::steady_clock::time_point;

/// `target` with its query spelt so that every version of cpp-httplib sends it as it is: newer ones
/// decode and encode it anew, which would break a signature made over another spelling.
std::string sendable_target(const std::string& target);

/// Whether this cpp-httplib bounds the lines that it reads. Debian's 0.11.4 does not: whoever
/// answers with a long enough status line ends the process.
bool bounds_lines();

/// One kept connection to one address, speaking for one scheme, host and port. Wraps
/// cpp-httplib's client, which never resolves a name or follows a redirect here.
///
/// One exchange at a time; `cut` from any thread.
class Connection {
 public:
  enum class Outcome {
    Answered,
    NotConnected,  ///< nothing was sent
    Broken,        ///< something may have been sent, no whole answer came
    TooLarge,
    Encoded,  ///< compressed, though that was not asked for
  };

  static std::unique_ptr<Connection> make(const Url& url, const Address& address);
  virtual ~Connection() = default;

  /// Sends to `target`, whose Host is that of the URL given to make. `response` is whole only if
  /// Answered.
  virtual Outcome exchange(const OutgoingRequest& request, const std::string& target,
                           Deadline deadline, IncomingResponse& response) = 0;
  /// Ends the exchange that is going on, in whatever step it is, within the time of a system call.
  virtual void cut() = 0;
  /// For the log: why the last exchange failed.
  virtual std::string trouble() const = 0;
};

}  // namespace qp::net
