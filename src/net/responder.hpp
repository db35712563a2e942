#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "net/ready_answers.hpp"
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
  /// What the handler answers; 500 where it throws.
  Response handle(const Request& request, int attempt);
  /// Appends the response to `out`, or nothing where that has to wait.
  std::optional<Unanswered> answer(const Request& request, Response& response, bool keep_alive,
                                   std::string& out);
  /// The part of `response` that all answers to requests like this have in common.
  static ReadyAnswers::Answer prepare(const Request& request, const Response& response);
  /// Appends it with the rest.
  void append(std::string& out, const Request& request, const ReadyAnswers::Answer& answer,
              bool keep_alive);

 private:
  /// RFC 9110 6.6.1; put together once a second.
  void append_date(std::string& out);
  /// The fields that every answer has of its own.
  void append_own(std::string& out, const Request& request, bool keep_alive);

  const Handler& handler_;
  std::time_t dated_ = 0;
  std::string date_;  // the field line of that second
};

enum class Then { KeepOpen, Close };

/// Appends an answer that no handler gave: a framing error, a full queue. 503 asks to come again.
void append_refusal(std::string& out, int status, std::string_view request_id,
                    std::string_view method, Then then);

}  // namespace qp::net
