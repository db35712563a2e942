#include "oauth/codes.hpp"

#include "base/text.hpp"
#include "oauth/json_object.hpp"
#include "oauth/secret.hpp"
#include "oauth/tables.hpp"

namespace qp::oauth {

namespace {

constexpr std::int64_t kVersion = 1;
/// A used code is remembered as long as the tokens that it gave can be refreshed unseen.
constexpr std::chrono::seconds kUsedCodeTime = limits::kRefreshTime;

struct CodeRecord {
  CodeRequest request;
  Millis valid_until{0};
  Millis expires{0};   ///< of the record
  std::string family;  ///< that it began; empty: not used yet
};

std::string encode(const CodeRecord& record) {
  return ObjectWriter()
      .number("v", kVersion)
      .text("user", record.request.user)
      .text("client", record.request.client)
      .text("redirect", record.request.redirect_uri)
      .text("challenge", record.request.code_challenge)
      .text("scopes", record.request.scopes.text())
      .text("actor", record.request.actor)
      .number("valid", record.valid_until.count())
      .number("expires", record.expires.count())
      .text("family", record.family)
      .finish();
}

Result<CodeRecord> decode(std::string_view text) {
  const RecordReader record = QP_TRY(RecordReader::open(text, kVersion));
  const auto scopes = QP_TRY(Scopes::parse(record.text("scopes")));
  return CodeRecord{{record.text("user"), record.text("client"), record.text("redirect"),
                     record.text("challenge"), scopes, record.text("actor")},
                    Millis(record.number("valid")),
                    Millis(record.number("expires")),
                    record.text("family")};
}

std::optional<Refusal> refuse(const CodeRecord& record, const CodeClaim& claim, Millis now) {
  const CodeRequest& request = record.request;
  if (record.valid_until <= now) return Refusal::Unknown;
  if (claim.redirect_uri && *claim.redirect_uri != request.redirect_uri) {
    return Refusal::OtherRedirect;
  }
  if (!text::equals_in_constant_time(code_challenge_of(claim.verifier), request.code_challenge)) {
    return Refusal::WrongVerifier;
  }
  return std::nullopt;
}

}  // namespace

bool is_code_challenge(std::string_view text) {
  const auto hash = text::from_base64_url(text);
  return hash && hash->size() == 32;
}

std::string code_challenge_of(std::string_view verifier) { return secret_hash(verifier); }

Result<std::string> issue_code(store::WriteTxn& txn, const CodeRequest& request, Millis now) {
  if (!is_code_challenge(request.code_challenge)) {
    return bad_input("code_challenge is not the base64url of a SHA-256");
  }
  std::string code = new_secret("qpc_");
  const CodeRecord record{request, now + limits::kCodeTime, now + limits::kCodeTime, ""};
  QP_TRY(txn.put(kCodes, secret_hash(code), encode(record)));
  return code;
}

Result<Redeemed> redeem_code(store::WriteTxn& txn, const CodeClaim& claim, Millis now) {
  const std::string key = secret_hash(claim.code);
  const auto stored = QP_TRY(txn.get(kCodes, key));
  if (!stored) return Redeemed(Refusal::Unknown);
  CodeRecord record = QP_TRY(decode(*stored));
  const CodeRequest& request = record.request;
  if (request.client != claim.client) return Redeemed(Refusal::OtherClient);
  if (!record.family.empty()) {
    QP_TRY(revoke_family(txn, record.family));
    return Redeemed(Refusal::Reused);
  }
  if (const auto refusal = refuse(record, claim, now)) return Redeemed(*refusal);

  IssuedTokens issued = QP_TRY(
      issue(txn, {request.user, request.client, request.scopes, request.actor, claim.ttl}, now));
  record.family = issued.family;
  record.expires = now + kUsedCodeTime;
  QP_TRY(txn.put(kCodes, key, encode(record)));
  return Redeemed(std::move(issued));
}

}  // namespace qp::oauth
