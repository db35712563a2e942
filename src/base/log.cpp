#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace qp::log {

namespace {

constexpr std::array<std::string_view, 7> kSecretKeys = {
    "password",      "token",         "access_token", "refresh_token",
    "client_secret", "authorization", "signature"};

struct State {
  std::shared_ptr<spdlog::logger> logger;
  std::atomic<bool> as_text{false};
  State() : logger(spdlog::stderr_logger_mt("quadpub")) { logger->set_pattern("%v"); }
};

State& state() {
  static State instance;
  return instance;
}

thread_local std::string current_request;

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::Debug:
      return spdlog::level::debug;
    case Level::Info:
      return spdlog::level::info;
    case Level::Warning:
      return spdlog::level::warn;
    case Level::Error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view name(Level level) {
  switch (level) {
    case Level::Debug:
      return "debug";
    case Level::Info:
      return "info";
    case Level::Warning:
      return "warning";
    case Level::Error:
      return "error";
  }
  return "info";
}

std::string_view shown(const Field& field) {
  for (const std::string_view key : kSecretKeys) {
    if (field.key == key) return "[hidden]";
  }
  return field.value;
}

/// Lines are JSON, so UTF-8, whatever somebody has sent.
void write_text(std::string_view value, std::string& line) {
  if (text::is_utf8(value)) return json::write_string(value, line);
  std::string readable;
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < 0x80) {
      readable += c;
    } else {
      text::append_utf8(readable, 0xFFFD);
    }
  }
  json::write_string(readable, line);
}

void append_text(std::string& line, std::string_view key, std::string_view value) {
  line += ' ';
  line += key;
  line += '=';
  write_text(value, line);
}

void append_json(std::string& line, std::string_view key, std::string_view value) {
  line += ',';
  json::write_string(key, line);
  line += ':';
  write_text(value, line);
}

}  // namespace

void configure(Level level, bool text_format) {
  state().logger->set_level(to_spdlog(level));
  state().as_text = text_format;
}

bool is_enabled(Level level) { return state().logger->should_log(to_spdlog(level)); }

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (!is_enabled(level)) return;
  State& log = state();
  const bool as_text = log.as_text;
  const auto append = as_text ? append_text : append_json;
  std::string line;
  if (as_text) {
    line = fmt::format("{} {:7} {}", time::rfc3339(system_now()), name(level), event);
  } else {
    line = fmt::format(R"({{"time":"{}","level":"{}","event":)", time::rfc3339(system_now()),
                       name(level));
    json::write_string(event, line);
  }
  if (!current_request.empty()) append(line, "request", current_request);
  for (const Field& field : fields) append(line, field.key, shown(field));
  if (!as_text) line += '}';
  log.logger->log(to_spdlog(level), line);
}

RequestScope::RequestScope(std::string_view request_id) { current_request = request_id; }
RequestScope::~RequestScope() { current_request.clear(); }

}  // namespace qp::log
