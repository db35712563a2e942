#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>

/// Structured logging: one JSON object a line on stderr, written by spdlog on the calling thread.
///
/// Secrets are not logged: tokens, passwords, private keys and signatures never reach these calls,
/// and values under a key named in `kSecretKeys` of log.cpp are replaced.
namespace qp::log {

enum class Level { Debug, Info, Warning, Error };

/// `level` and above are written. `text_format`: readable lines instead of JSON, for a terminal.
void configure(Level level, bool text_format);

/// False: a line of this level would not be written, and need not be put together.
bool is_enabled(Level level);

struct Field {
  std::string_view key;
  std::string value;
};
template <class T>
Field field(std::string_view key, const T& value) {
  return {key, fmt::format("{}", value)};
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});
inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::Debug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::Info, event, fields);
}
inline void warning(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::Warning, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::Error, event, fields);
}

/// The request that the calling thread works on; every line carries it until it is destroyed.
class RequestScope {
 public:
  explicit RequestScope(std::string_view request_id);
  ~RequestScope();
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;
};

}  // namespace qp::log
