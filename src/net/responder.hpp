#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "net/server.hpp"

namespace qp::net {

/// Turns framed requests into the bytes of their responses (RFC 9112 2, 4, 6). One thread. The
/// handler outlives it.
class Responder {
 public:
  explicit Responder(const Handler& handler) : handler_(handler) {}

  /// What a handler wants to wait for before it is called again.
  struct Unanswered {
    std::string key;  ///< to be parked until this is resumed; empty: for a worker
  };
  /// Calls the handler and appends the response to `out`, or nothing where that has to wait. A
  /// handler that throws answers 500.
  std::optional<Unanswered> respond(const Request& request, int attempt, bool keep_alive,
                                    std::string& out);

 private:
  /// RFC 9110 6.6.1; put together once a second.
  void append_date(std::string& out);
  void append_response(std::string& out, const Request& request, const Response& response,
                       bool keep_alive);

  const Handler& handler_;
  std::time_t dated_ = 0;
  std::string date_;  // the field line of that second
};

enum class Then { KeepOpen, Close };

/// Appends an answer that no handler gave: a framing error, a full queue. 503 asks to come again.
void append_refusal(std::string& out, int status, std::string_view request_id,
                    std::string_view method, Then then);

}  // namespace qp::net
