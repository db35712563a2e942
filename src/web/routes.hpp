#pragma once

#include "net/message.hpp"
#include "net/server.hpp"
#include "web/context.hpp"

namespace qp::web {

/// How many bytes the body of a request may have: as its route says.
std::size_t body_limit(const net::Request& head);

/// net::Reuse::key: who says nothing of who asks for a resource gets what the method, the address
/// and a few fields decide.
bool reuse_key(const net::Request& request, std::string& key);

/// From requests to handlers. Any thread.
class Routes {
 public:
  /// `sparql`: /sparql answers; else there is nothing at that address.
  Routes(Context& context, bool sparql) : context_(context), sparql_(sparql) {}

  /// Reads of one resource begin on the loop unless they have to find out who asks, and stay there
  /// if the finished bytes are found; everything else goes to a worker.
  net::Where where(const net::Request& request) const;
  /// Answers with a response in every case; sets what is common to all: Vary, CORS, the log line.
  void handle(const net::Request& request, net::Response& response, int attempt);

 private:
  Context& context_;
  bool sparql_;
};

}  // namespace qp::web
