#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/server.hpp"

namespace qp::net {

/// Turns a framed request into the bytes of its response, through cpp-httplib's process_request
/// (the only unit of the server that sees httplib.h). httplib is shown the method alone: it would
/// percent-decode fields, drop their order and act upon Range or Upgrade.
///
/// One for each thread; the handler outlives it.
class Responder {
 public:
  explicit Responder(const Handler& handler);
  ~Responder();
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;

  /// Calls the handler and appends the response to `out`; or, where the handler wants to be
  /// parked, appends nothing and gives the key to wait for.
  std::optional<std::string> respond(const Request& request, int attempt, bool keep_alive,
                                     std::string& out);

 private:
  class Writer;
  std::unique_ptr<Writer> writer_;
};

enum class Then { KeepOpen, Close };

/// Appends an answer that no handler gave: a framing error, a full queue. 503 asks to come again.
void append_refusal(std::string& out, int status, std::string_view request_id,
                    std::string_view method, Then then);

}  // namespace qp::net
