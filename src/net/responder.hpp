#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/server.hpp"

namespace qp::net {

/// Turns a framed request into the bytes of its response (RFC 9112 2, 4, 6). The handler outlives
/// it.
class Responder {
 public:
  explicit Responder(const Handler& handler) : handler_(handler) {}

  /// Calls the handler and appends the response to `out`; or, where the handler wants to be
  /// parked, appends nothing and gives the key to wait for. A handler that throws answers 500.
  std::optional<std::string> respond(const Request& request, int attempt, bool keep_alive,
                                     std::string& out) const;

 private:
  const Handler& handler_;
};

enum class Then { KeepOpen, Close };

/// Appends an answer that no handler gave: a framing error, a full queue. 503 asks to come again.
void append_refusal(std::string& out, int status, std::string_view request_id,
                    std::string_view method, Then then);

}  // namespace qp::net
