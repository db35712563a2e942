#include "sig/cavage.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sig/digest.hpp"

namespace qp::sig {

namespace {

constexpr std::size_t kParameters = 16;

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// `name="text"` or `name=number`, from the front of `left`.
Result<std::pair<std::string, std::string>> take_parameter(std::string_view& left) {
  const auto equals = left.find('=');
  if (equals == std::string_view::npos) return bad_input("Signature: a parameter without =");
  const std::string name(text::trim(left.substr(0, equals)));
  left.remove_prefix(equals + 1);
  const bool is_quoted = left.starts_with('"');
  if (is_quoted) left.remove_prefix(1);
  const auto end = is_quoted ? left.find('"') : std::min(left.find(','), left.size());
  if (end == std::string_view::npos) return bad_input("Signature: a quote without its end");
  const std::string_view value = is_quoted ? left.substr(0, end) : text::trim(left.substr(0, end));
  left.remove_prefix(is_quoted ? end + 1 : end);
  if (value.find('\\') != std::string_view::npos) return bad_input("Signature: a backslash");
  return std::pair(name, std::string(value));
}

Result<Parameters> parse_parameters(std::string_view left) {
  Parameters found;
  while (true) {
    left = text::trim(left);
    auto parameter = QP_TRY(take_parameter(left));
    for (const auto& [name, value] : found) {
      if (name == parameter.first) return bad_input("Signature: a parameter comes twice: " + name);
    }
    if (found.size() == kParameters) return bad_input("Signature: too many parameters");
    found.push_back(std::move(parameter));
    left = text::trim(left);
    if (left.empty()) return found;
    if (left.front() != ',') return bad_input("Signature: no comma between parameters");
    left.remove_prefix(1);
  }
}

Result<std::int64_t> read_seconds(std::string_view text) {
  constexpr std::size_t kDigits = 12;
  const auto number = text.size() <= kDigits ? text::to_uint(text) : std::nullopt;
  if (!number) return bad_input("Signature: created and expires are seconds since 1970");
  return static_cast<std::int64_t>(*number);
}

Result<std::vector<std::string>> read_headers(std::string_view text) {
  std::vector<std::string> names;
  for (const auto piece : text::split(text, ' ')) {
    std::string name = text::lower(piece);
    if (name.empty()) return bad_input("Signature: an empty name among the headers");
    if (names.size() == kCoveredMost) return bad_input("Signature: too many headers");
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return bad_input("Signature: a header is covered twice: " + name);
    }
    names.push_back(std::move(name));
  }
  return names;
}

Result<void> set_parameter(const std::string& name, const std::string& value,
                           CavageSignature& out) {
  if (name == "keyId") {
    out.key_id = value;
  } else if (name == "algorithm") {
    out.algorithm = text::lower(value);
  } else if (name == "headers") {
    out.headers = QP_TRY(read_headers(value));
  } else if (name == "created") {
    out.created = QP_TRY(read_seconds(value));
  } else if (name == "expires") {
    out.expires = QP_TRY(read_seconds(value));
  } else if (name == "signature") {
    const auto bytes = text::from_base64(value);
    if (!bytes) {
      return error(Code::Unauthenticated, "Signature: its signature is not base64");
    }
    out.signature = *bytes;
  }
  return {};
}

/// Only what is named here is verified; everything else is refused before a key is asked for.
Result<std::optional<KeyType>> read_algorithm(const std::optional<std::string>& name) {
  if (!name || *name == "hs2019") return std::optional<KeyType>();
  if (*name == "rsa-sha256") return std::optional(KeyType::Rsa);
  if (*name == "ed25519") return std::optional(KeyType::Ed25519);
  return unauthenticated("algorithm not accepted; use rsa-sha256, hs2019 or ed25519");
}

Result<void> check_coverage(const CavageSignature& signature, const Message& message) {
  for (const std::string_view name : {"(request-target)", "host"}) {
    if (!signature.covers(name)) return unauthenticated("it does not cover " + std::string(name));
  }
  if (!signature.covers("date") && !signature.covers("(created)")) {
    return unauthenticated("it covers neither date nor (created)");
  }
  if (message.needs_digest() && !signature.covers("digest")) {
    return unauthenticated("it does not cover digest, and so not the body");
  }
  return {};
}

Result<void> check_times(const CavageSignature& signature, const Message& message,
                         const VerifyOptions& options) {
  std::optional<Millis> expires;
  if (signature.expires) expires = std::chrono::seconds(*signature.expires);
  if (signature.covers("(created)")) {
    if (!signature.created) return bad_input("Signature: (created) without created");
    QP_TRY(check_window(std::chrono::seconds(*signature.created), expires, options));
  }
  if (signature.covers("date")) {
    const auto date = time::from_http_date(QP_TRY(message.field("date")));
    if (!date) return bad_input("Date: not a date of RFC 9110");
    QP_TRY(check_window(*date, expires, options));
  }
  // 2.1.4, 2.1.5: not with an algorithm whose signers did not know of them.
  const bool has_times = signature.covers("(created)") || signature.covers("(expires)");
  if (has_times && signature.algorithm && signature.algorithm->starts_with("rsa")) {
    return unauthenticated("(created) and (expires) want algorithm hs2019");
  }
  return {};
}

}  // namespace

bool CavageSignature::covers(std::string_view name) const {
  return std::find(headers.begin(), headers.end(), name) != headers.end();
}

Result<CavageSignature> parse_cavage(std::string_view field) {
  CavageSignature signature;
  for (const auto& [name, value] : QP_TRY(parse_parameters(field))) {
    QP_TRY(set_parameter(name, value, signature));
  }
  QP_TRY(check_key_id(signature.key_id));
  QP_TRY(check_size(signature.signature));
  return signature;
}

std::string to_text(const CavageSignature& signature) {
  std::string names;
  for (const std::string& name : signature.headers) names += (names.empty() ? "" : " ") + name;
  std::string out = "keyId=\"" + signature.key_id + "\"";
  if (signature.algorithm) out += ",algorithm=\"" + *signature.algorithm + "\"";
  if (signature.created) out += ",created=" + std::to_string(*signature.created);
  if (signature.expires) out += ",expires=" + std::to_string(*signature.expires);
  return out + ",headers=\"" + names + "\",signature=\"" + text::base64(signature.signature) + "\"";
}

Result<std::string> signing_string(const CavageSignature& signature, const Message& message,
                                   std::string_view target) {
  std::string out;
  for (const std::string& name : signature.headers) {
    if (!out.empty()) out += '\n';
    out += name + ": ";
    if (name == "(request-target)") {
      out += text::lower(message.method) + " " + std::string(target);
    } else if (name == "(created)") {
      if (!signature.created) return bad_input("Signature: (created) without created");
      out += std::to_string(*signature.created);
    } else if (name == "(expires)") {
      if (!signature.expires) return bad_input("Signature: (expires) without expires");
      out += std::to_string(*signature.expires);
    } else {
      out += QP_TRY(message.field(name));
    }
  }
  return out;
}

Result<Claim> read_cavage(const Message& message, const VerifyOptions& options) {
  const std::string field = QP_TRY(message.field("signature"));
  const CavageSignature signature = QP_TRY(parse_cavage(field));
  const auto algorithm = QP_TRY(read_algorithm(signature.algorithm));
  Claim claim{"cavage", signature.key_id, algorithm, signature.signature, signature.headers, {}};
  QP_TRY(check_coverage(signature, message));
  QP_TRY(check_times(signature, message, options));
  if (signature.covers("digest")) {
    const std::string digest = QP_TRY(message.field("digest"));
    QP_TRY(check_digest(digest, message.body));
  }
  claim.bases.push_back(QP_TRY(signing_string(signature, message, message.target)));
  if (message.path() != message.target) {
    claim.bases.push_back(QP_TRY(signing_string(signature, message, message.path())));
  }
  return claim;
}

}  // namespace qp::sig
