#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "net/message.hpp"

namespace qp::net {

/// How large the body of a request with this head may be.
using BodyLimit = std::size_t (*)(const Request& head);

struct FrameLimits {
  std::size_t head_bytes = limits::kHeadBytes;
  std::size_t head_fields = limits::kHeadFields;
  std::size_t target_bytes = limits::kTargetBytes;
  std::size_t body_bytes = limits::kBodyBytes;
  BodyLimit body_limit = nullptr;  ///< instead of body_bytes, by what the head says
};

/// Cuts the bytes of a connection into requests, by RFC 9112 read strictly: whatever two parsers
/// could understand differently is refused. Touches neither socket nor clock.
///
/// Values of fields are handed on as they came, never percent-decoded. Each byte is looked at a
/// bounded number of times, however small the pieces are in which it arrives.
class Framer {
 public:
  explicit Framer(FrameLimits limits = {}) : limits_(limits) {}

  enum class State { NeedMore, Complete, Failed };
  struct Step {
    State state;
    std::size_t consumed;  ///< bytes at the front that are not needed any more
  };
  /// Goes on with `bytes`: those that the last call did not consume, followed by newer ones.
  /// After Complete, take() comes first; after Failed, the connection is of no further use.
  Step feed(std::string_view bytes);

  struct Frame {
    Request request;  ///< method, target, path, query, headers, body
    bool keep_alive;  ///< the client lets the connection stay open (RFC 9112 9.3)
  };
  /// The request of a feed() that said Complete; the framer is ready for the next one.
  Frame take();

  /// What to answer after Failed: 400, 411, 413, 414, 417, 431, 501 or 505.
  int status() const { return status_; }
  /// The head is complete and the body is not.
  bool in_body() const { return stage_ != Stage::Head; }
  std::size_t body_bytes() const { return request_.body.size(); }
  /// True once for a head that expects 100-continue and whose body has not come yet.
  bool take_continue();

 private:
  enum class Stage : std::uint8_t { Head, Sized, ChunkSize, ChunkData, ChunkEnd, Trailers };
  enum class Move { Again, NeedMore, Complete, Failed };

  Move advance(std::string_view rest);
  Move fail(int status);
  Move read_head(std::string_view rest);
  Move head_incomplete(std::size_t size);
  Move end_of_head(std::string_view head);
  Move read_sized(std::string_view rest);
  Move read_chunk_size(std::string_view rest);
  Move read_chunk_data(std::string_view rest);
  Move read_chunk_end(std::string_view rest);
  Move read_trailer(std::string_view rest);
  /// The next line without its CRLF, which is then consumed.
  Move read_line(std::string_view rest, std::size_t limit, std::string_view& line);

  // Each gives the status to refuse with, or 0.
  int parse_head(std::string_view head);
  int parse_request_line(std::string_view line);
  int parse_target(std::string_view target);
  int check_fields();
  int find_framing();

  FrameLimits limits_;
  Request request_;
  std::string authority_;     // of an absolute-form target
  std::size_t consumed_ = 0;  // by the feed() that runs
  std::size_t scanned_ = 0;   // bytes known to hold no further line end
  std::size_t line_start_ = 0;
  std::size_t lines_ = 0;
  std::size_t left_ = 0;  // bytes of body or chunk to come
  std::size_t most_ = 0;  // bytes of body that may come
  int status_ = 0;
  Stage stage_ = Stage::Head;
  bool keep_alive_ = false;
  bool version_1_0_ = false;
  bool blank_line_seen_ = false;
  bool wants_continue_ = false;
};

}  // namespace qp::net
