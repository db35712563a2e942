#include "sig/rfc9421.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sig/digest.hpp"

namespace qp::sig {

namespace {

using structured::BareItem;
using structured::InnerList;
using structured::Item;
using structured::Kind;

constexpr std::size_t kLabels = 3;

/// 2.2, derived components of requests.
Result<std::string> derived(std::string_view name, const Message& message) {
  if (name == "@method") return std::string(message.method);
  if (name == "@scheme") return std::string(message.scheme);
  if (name == "@authority") return message.authority();
  if (name == "@target-uri") {
    return std::string(message.scheme) + "://" + message.authority() + std::string(message.target);
  }
  if (name == "@request-target") return std::string(message.target);
  if (name == "@path") return std::string(message.path());
  if (name == "@query") {
    const std::string_view query = message.target.substr(message.path().size());
    return query.empty() ? "?" : std::string(query);
  }
  return unauthenticated("it covers a component that is not known here: " + std::string(name));
}

bool covers(const InnerList& list, std::string_view name) {
  return std::any_of(list.items.begin(), list.items.end(),
                     [&](const Item& item) { return item.value == name; });
}

Result<void> check_coverage(const InnerList& list, const Message& message) {
  if (!covers(list, "@method")) return unauthenticated("it does not cover @method");
  // Where there is no query, none can have been added to what was signed.
  const bool has_query = message.path().size() != message.target.size();
  const bool whole_path = covers(list, "@request-target") ||
                          (covers(list, "@path") && (covers(list, "@query") || !has_query));
  if (!covers(list, "@target-uri") && !(covers(list, "@authority") && whole_path)) {
    return unauthenticated("it covers neither @target-uri nor @authority, @path and @query");
  }
  if (message.needs_digest() && !covers(list, "content-digest")) {
    return unauthenticated("it does not cover content-digest, and so not the body");
  }
  return {};
}

/// A parameter of that kind; nullptr where there is none, BadInput for another kind.
Result<const BareItem*> parameter(const InnerList& list, std::string_view name, Kind kind) {
  const BareItem* found = structured::find(list.parameters, name);
  if (found != nullptr && found->kind != kind) {
    return bad_input("Signature-Input: a parameter of the wrong type: " + std::string(name));
  }
  return found;
}

Millis to_time(const BareItem& seconds) {
  // At most 15 digits, checked by the parser; as milliseconds they fit.
  return std::chrono::seconds(std::stoll(seconds.value));
}

Result<void> check_times(const InnerList& list, const VerifyOptions& options) {
  const BareItem* created = QP_TRY(parameter(list, "created", Kind::Integer));
  if (created == nullptr) return unauthenticated("it has no created");
  const BareItem* expires = QP_TRY(parameter(list, "expires", Kind::Integer));
  std::optional<Millis> end;
  if (expires != nullptr) end = to_time(*expires);
  return check_window(to_time(*created), end, options);
}

/// Only what is named here is verified; everything else is refused before a key is asked for.
Result<std::optional<KeyType>> read_algorithm(const InnerList& list) {
  const BareItem* name = QP_TRY(parameter(list, "alg", Kind::String));
  if (name == nullptr) return std::optional<KeyType>();
  if (name->value == "rsa-v1_5-sha256") return std::optional(KeyType::Rsa);
  if (name->value == "ed25519") return std::optional(KeyType::Ed25519);
  return unauthenticated("alg not accepted; use rsa-v1_5-sha256 or ed25519");
}

Result<std::string> read_signature(const structured::Dictionary& signatures,
                                   std::string_view label) {
  const structured::Member* member = structured::find(signatures, label);
  if (member == nullptr) {
    return unauthenticated("Signature has no member " + std::string(label));
  }
  const auto* item = std::get_if<Item>(&member->value);
  if (item == nullptr || item->kind != Kind::Bytes) {
    return bad_input("Signature: a member is not a byte sequence");
  }
  QP_TRY(check_size(item->value));
  return item->value;
}

/// One label: 3.2, all but the last step.
Result<Claim> read_label(const std::string& label, const structured::Member& input,
                         const structured::Dictionary& signatures, const Message& message,
                         const VerifyOptions& options) {
  const auto* list = std::get_if<InnerList>(&input.value);
  if (list == nullptr) return bad_input("Signature-Input: a member is not a list of components");
  const BareItem* key_id = QP_TRY(parameter(*list, "keyid", Kind::String));
  if (key_id == nullptr) return unauthenticated("it has no keyid");
  QP_TRY(check_key_id(key_id->value));
  const auto algorithm = QP_TRY(read_algorithm(*list));
  const auto signature = QP_TRY(read_signature(signatures, label));
  Claim claim{"rfc9421", key_id->value, algorithm, signature, {}, {}};
  for (const Item& item : list->items) claim.covered.push_back(item.value);
  QP_TRY(check_coverage(*list, message));
  QP_TRY(check_times(*list, options));
  if (covers(*list, "content-digest")) {
    const std::string digest = QP_TRY(message.field("content-digest"));
    QP_TRY(check_content_digest(digest, message.body));
  }
  claim.bases.push_back(QP_TRY(signature_base(*list, message)));
  return claim;
}

/// A proxy on the way may have signed too (security.md 2.2).
bool is_from(std::string_view origin, std::string_view key_id) {
  if (!key_id.starts_with(origin)) return false;
  const std::string_view rest = key_id.substr(origin.size());
  return origin.empty() || rest.empty() ||
         std::string_view("/?#").find(rest.front()) != std::string_view::npos;
}

}  // namespace

// 2.5; numbers are the steps there.
Result<std::string> signature_base(const InnerList& covered, const Message& message) {
  std::string base;
  for (std::size_t i = 0; i < covered.items.size(); ++i) {
    const Item& item = covered.items[i];
    if (item.kind != Kind::String) return bad_input("Signature-Input: a component is no string");
    if (!item.parameters.empty()) {
      return unauthenticated("components with parameters are not accepted: " + item.value);
    }
    if (item.value != text::lower(item.value)) {
      return bad_input("Signature-Input: a component is not in lower case: " + item.value);
    }
    // 2.1
    const auto same = [&](const Item& other) { return other.value == item.value; };
    if (std::any_of(covered.items.begin(), covered.items.begin() + i, same)) {
      return bad_input("Signature-Input: a component comes twice: " + item.value);
    }
    // 2.2 to 2.6
    base += item.text() + ": ";
    base += item.value.starts_with('@') ? QP_TRY(derived(item.value, message))
                                        : QP_TRY(message.field(item.value));
    base += '\n';
  }
  // 3
  return base + "\"@signature-params\": " + covered.text();
}

Result<Claim> read_rfc9421(const Message& message, const VerifyOptions& options) {
  const std::string input_field = QP_TRY(message.field("signature-input"));
  const std::string signature_field = QP_TRY(message.field("signature"));
  const auto inputs = QP_TRY(structured::parse_dictionary(input_field));
  const auto signatures = QP_TRY(structured::parse_dictionary(signature_field));
  std::optional<Claim> first;
  std::optional<Error> first_error;
  for (std::size_t i = 0; i < std::min(inputs.size(), kLabels); ++i) {
    const auto& [label, input] = inputs[i];
    auto claim = read_label(label, input, signatures, message, options);
    if (claim && is_from(options.origin, claim->key_id)) return claim;
    if (!claim) {
      if (!first_error) first_error = claim.error();
    } else if (!first) {
      first = *std::move(claim);
    }
  }
  if (first) return *std::move(first);
  return first_error.value_or(unauthenticated("Signature-Input is empty"));
}

}  // namespace qp::sig
