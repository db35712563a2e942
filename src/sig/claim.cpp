#include "sig/claim.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace qp::sig {

namespace {

constexpr std::size_t kKeyIdBytes = 2048;
constexpr std::size_t kSignatureBytes = 1024;  // RSA of 8192 bits
constexpr auto kLongestLife = std::chrono::hours(12);

}  // namespace

std::string Message::authority() const {
  std::string name = text::lower(host);
  const std::string_view own_port = scheme == "https" ? ":443" : ":80";
  if (name.ends_with(own_port)) name.resize(name.size() - own_port.size());
  return name;
}

Result<std::string> Message::field(std::string_view name) const {
  if (name == "host") return std::string(host);
  const auto count = headers.count(name);
  if (count == 0)
    return unauthenticated("it covers a field that is not there: " + std::string(name));
  if (count > 1) return bad_input("signature: a covered field comes twice: " + std::string(name));
  return std::string(text::trim(*headers.get(name)));
}

Result<void> check_window(Millis begin, std::optional<Millis> expires,
                          const VerifyOptions& options) {
  if (begin < options.now - options.oldest) return unauthenticated("too old");
  if (begin > options.now + options.newest) return unauthenticated("made in the future");
  const Millis end = std::min(expires.value_or(begin + kLongestLife), begin + kLongestLife);
  if (options.now > end) return unauthenticated("expired");
  return {};
}

Result<void> check_key_id(std::string_view key_id) {
  const bool odd = std::any_of(key_id.begin(), key_id.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
  });
  if (key_id.empty() || key_id.size() > kKeyIdBytes || odd) {
    return bad_input("signature: the keyId is empty, too long, or has blanks");
  }
  return {};
}

Result<void> check_size(std::string_view signature) {
  if (signature.empty() || signature.size() > kSignatureBytes) {
    return bad_input("signature: empty, or longer than any key makes");
  }
  return {};
}

}  // namespace qp::sig
