#include "sig/sign.hpp"

#include "base/text.hpp"
#include "net/url.hpp"
#include "sig/cavage.hpp"
#include "sig/digest.hpp"
#include "sig/rfc9421.hpp"

namespace qp::sig {

namespace {

std::int64_t to_seconds(Millis time) {
  return std::chrono::floor<std::chrono::seconds>(time).count();
}

Result<void> sign_cavage(net::OutgoingRequest& request, const Message& message,
                         const PrivateKey& key, std::string_view key_id) {
  if (key_id.find_first_of("\"\\") != std::string_view::npos) {
    return bad_input("signature: a quote in the keyId");
  }
  CavageSignature signature;
  signature.key_id = key_id;
  signature.algorithm = key.type() == KeyType::Rsa ? "rsa-sha256" : "hs2019";
  signature.headers = {"(request-target)", "host", "date"};
  if (message.needs_digest()) {
    request.headers.set("Digest", digest(request.body));
    signature.headers.push_back("digest");
    if (request.headers.get("Content-Type")) signature.headers.push_back("content-type");
  }
  const std::string text = QP_TRY(signing_string(signature, message, message.target));
  signature.signature = QP_TRY(key.sign(text));
  request.headers.set("Signature", to_text(signature));
  return {};
}

structured::Item string_item(std::string_view value) {
  return {structured::Kind::String, std::string(value), {}};
}

Result<void> sign_rfc9421(net::OutgoingRequest& request, const Message& message,
                          const PrivateKey& key, std::string_view key_id, Millis now) {
  structured::InnerList covered;
  covered.items = {string_item("@method"), string_item("@target-uri")};
  if (message.needs_digest()) {
    request.headers.set("Content-Digest", content_digest(request.body));
    covered.items.push_back(string_item("content-digest"));
  }
  QP_TRY(structured::quote(key_id));
  const std::string created = std::to_string(to_seconds(now));
  const std::string_view algorithm = key.type() == KeyType::Rsa ? "rsa-v1_5-sha256" : "ed25519";
  covered.parameters = {{"created", {structured::Kind::Integer, created, {}}},
                        {"keyid", string_item(key_id)},
                        {"alg", string_item(algorithm)}};
  const std::string base = QP_TRY(signature_base(covered, message));
  const std::string signature = QP_TRY(key.sign(base));
  request.headers.set("Signature-Input", "sig1=" + covered.text());
  request.headers.set("Signature", "sig1=:" + text::base64(signature) + ":");
  return {};
}

}  // namespace

Result<void> sign(net::OutgoingRequest& request, const PrivateKey& key, std::string_view key_id,
                  Form form, Millis now) {
  const net::Url url = QP_TRY(net::Url::parse(request.url));
  const std::string host = url.authority();
  for (const auto* name : {"Signature", "Signature-Input", "Digest", "Content-Digest"}) {
    request.headers.remove(name);
  }
  QP_TRY(check_key_id(key_id));
  request.headers.set("Date", time::http_date(now));
  const Message message{request.method, url.scheme,      host,
                        url.target,     request.headers, request.body};
  if (form == Form::Cavage) return sign_cavage(request, message, key, key_id);
  return sign_rfc9421(request, message, key, key_id, now);
}

}  // namespace qp::sig
