#include "sig/sign.hpp"

#include <algorithm>

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

constexpr auto kExpiry = std::chrono::minutes(5);

/// All that a signature is made with.
struct Signing {
  const PrivateKey& key;
  std::string_view key_id;
  Form form;
  Millis now;
  const Wanted* wanted;
  std::span<const std::string_view> also;
};

Result<void> sign_cavage(net::OutgoingRequest& request, const Message& message,
                         const Signing& signing) {
  if (signing.key_id.find_first_of("\"\\") != std::string_view::npos) {
    return bad_input("signature: a quote in the keyId");
  }
  CavageSignature signature;
  signature.key_id = signing.key_id;
  const bool by_created = signing.form == Form::CavageCreated;
  const bool is_rsa = signing.key.type() == KeyType::Rsa;
  signature.algorithm = is_rsa && !by_created ? "rsa-sha256" : "hs2019";
  signature.headers = {"(request-target)", "host", "date"};
  if (by_created) {
    signature.headers = {"(request-target)", "host", "(created)", "(expires)"};
    signature.created = to_seconds(signing.now);
    signature.expires = to_seconds(signing.now + kExpiry);
  }
  if (message.needs_digest()) {
    request.headers.set("Digest", digest(request.body));
    signature.headers.emplace_back("digest");
    if (request.headers.get("Content-Type")) signature.headers.emplace_back("content-type");
  }
  for (const auto name : signing.also) signature.headers.push_back(text::lower(name));
  const auto target = signing.form == Form::CavageWithoutQuery ? message.path() : message.target;
  const std::string base = QP_TRY(signing_string(signature, message, target));
  signature.signature = QP_TRY(signing.key.sign(base));
  request.headers.set("Signature", to_text(signature));
  return {};
}

structured::BareItem string_item(std::string_view value) {
  return {structured::Kind::String, std::string(value)};
}

/// A component that a request of ours may cover because it was asked for.
bool is_coverable(std::string_view name, const Message& message) {
  constexpr std::string_view kDerived[] = {
      "@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query"};
  if (name.starts_with('@')) {
    return std::find(std::begin(kDerived), std::end(kDerived), name) != std::end(kDerived);
  }
  return name == "host" || message.headers.count(name) == 1;
}

structured::InnerList components_of(const Message& message, const Signing& signing) {
  std::vector<std::string> names = {"@method", "@target-uri"};
  if (message.needs_digest()) names.emplace_back("content-digest");
  for (const auto name : signing.also) names.push_back(text::lower(name));
  if (signing.wanted != nullptr) {
    for (const std::string& name : signing.wanted->components) {
      if (names.size() < kCoveredMost && is_coverable(name, message)) names.push_back(name);
    }
  }
  structured::InnerList covered;
  for (auto at = names.begin(); at != names.end(); ++at) {
    if (std::find(names.begin(), at, *at) == at) covered.items.push_back({string_item(*at), {}});
  }
  return covered;
}

Result<void> sign_rfc9421(net::OutgoingRequest& request, const Message& message,
                          const Signing& signing) {
  if (message.needs_digest()) {
    request.headers.set("Content-Digest", content_digest(request.body));
  }
  structured::InnerList covered = components_of(message, signing);
  QP_TRY(structured::quote(signing.key_id));
  const auto seconds = [](Millis time) {
    return structured::BareItem{structured::Kind::Integer, std::to_string(to_seconds(time))};
  };
  const bool is_rsa = signing.key.type() == KeyType::Rsa;
  covered.parameters = {{"created", seconds(signing.now)},
                        {"keyid", string_item(signing.key_id)},
                        {"alg", string_item(is_rsa ? "rsa-v1_5-sha256" : "ed25519")}};
  std::string label = "sig1";
  if (const Wanted* wanted = signing.wanted) {
    label = wanted->label;
    if (wanted->expires) covered.parameters.emplace_back("expires", seconds(signing.now + kExpiry));
    if (wanted->nonce) covered.parameters.emplace_back("nonce", string_item(*wanted->nonce));
    if (wanted->tag) covered.parameters.emplace_back("tag", string_item(*wanted->tag));
  }
  const std::string base = QP_TRY(signature_base(covered, message));
  const std::string signature = QP_TRY(signing.key.sign(base));
  request.headers.set("Signature-Input", label + "=" + covered.text());
  request.headers.set("Signature", label + "=:" + text::base64(signature) + ":");
  return {};
}

std::optional<std::string> text_parameter(const structured::InnerList& list,
                                          std::string_view name) {
  const structured::BareItem* found = structured::find(list.parameters, name);
  if (found == nullptr || found->kind != structured::Kind::String) return std::nullopt;
  return found->value;
}

/// nullopt where it asks for what no signature of ours has: parameters of components, an answer
/// bound to a request, an algorithm that no key of ours is for.
std::optional<Wanted> read_wanted(const std::string& label, const structured::Member& member) {
  const auto* list = std::get_if<structured::InnerList>(&member.value);
  if (list == nullptr) return std::nullopt;
  Wanted wanted;
  wanted.label = label;
  for (const structured::Item& item : list->items) {
    if (item.kind != structured::Kind::String || !item.parameters.empty()) return std::nullopt;
    wanted.components.push_back(text::lower(item.value));
  }
  const auto algorithm = text_parameter(*list, "alg");
  if (algorithm && *algorithm != "rsa-v1_5-sha256" && *algorithm != "ed25519") return std::nullopt;
  wanted.nonce = text_parameter(*list, "nonce");
  wanted.tag = text_parameter(*list, "tag");
  wanted.expires = structured::find(list->parameters, "expires") != nullptr;
  return wanted;
}

}  // namespace

std::optional<Wanted> read_accept_signature(std::string_view field) {
  const auto members = structured::parse_dictionary(field);
  if (!members) return std::nullopt;
  for (const auto& [label, member] : *members) {
    if (auto wanted = read_wanted(label, member)) return wanted;
  }
  return std::nullopt;
}

std::string accept_signature() {
  return R"(sig1=("@method" "@target-uri" "content-digest");created)";
}

Result<void> sign(net::OutgoingRequest& request, const PrivateKey& key, std::string_view key_id,
                  Form form, Millis now, const Wanted* wanted,
                  std::span<const std::string_view> also) {
  const net::Url url = QP_TRY(net::Url::parse(request.url));
  const std::string host = url.authority();
  for (const auto* name : {"Signature", "Signature-Input", "Digest", "Content-Digest"}) {
    request.headers.remove(name);
  }
  QP_TRY(check_key_id(key_id));
  request.headers.set("Date", time::http_date(now));
  const Message message{request.method, url.scheme,      host,
                        url.target,     request.headers, request.body};
  const Signing signing{key, key_id, form, now, wanted, also};
  if (is_rfc9421(form)) return sign_rfc9421(request, message, signing);
  return sign_cavage(request, message, signing);
}

}  // namespace qp::sig
