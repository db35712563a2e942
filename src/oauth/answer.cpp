#include "oauth/answer.hpp"

#include <set>

#include "base/log.hpp"
#include "oauth/json_object.hpp"

namespace qp::oauth {

Answer json_answer(int status, std::string body) {
  return {status,
          std::move(body),
          {{"Content-Type", "application/json"},
           {"Cache-Control", "no-store"},
           {"Pragma", "no-cache"}}};
}

Answer error_answer(std::string_view error, std::string_view description) {
  const int status = error == "invalid_client" ? 401 : 400;
  return json_answer(
      status, ObjectWriter().text("error", error).text("error_description", description).finish());
}

Answer trouble_answer(const Error& error) {
  log::error("oauth.trouble", {log::field("detail", error.detail)});
  const bool passes = error.code == Code::Unavailable || error.code == Code::Storage;
  Answer answer = json_answer(
      passes ? 503 : 500,
      ObjectWriter().text("error", passes ? "temporarily_unavailable" : "server_error").finish());
  if (passes) answer.headers.emplace_back("Retry-After", "10");
  return answer;
}

std::optional<std::string_view> parameter(const text::Form& form, std::string_view name) {
  auto value = text::find(form, name);
  if (!value || value->empty()) return std::nullopt;
  return value;
}

bool repeats_a_parameter(const text::Form& form) {
  std::set<std::string_view> names;
  for (const auto& [name, value] : form) {
    if (!names.insert(name).second) return true;
  }
  return false;
}

}  // namespace qp::oauth
