#pragma once

#include "net/message.hpp"
#include "net/server.hpp"
#include "web/context.hpp"

namespace qp::web {

/// From requests to handlers. Any thread.
class Routes {
 public:
  explicit Routes(Context& context) : context_(context) {}

  /// Reads of one resource run on the loop unless they have to find out who asks; everything
  /// else goes to a worker.
  net::Where where(const net::Request& request) const;
  /// Answers with a response in every case; sets what is common to all: Vary, CORS, the log line.
  void handle(const net::Request& request, net::Response& response, int attempt);

 private:
  net::Response answer(const net::Request& request, int attempt) const;

  Context& context_;
};

}  // namespace qp::web
