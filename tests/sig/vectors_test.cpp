#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "sig/cavage.hpp"
#include "sig/digest.hpp"
#include "sig/rfc9421.hpp"
#include "sig/sign.hpp"

using namespace qp::sig;
using nlohmann::json;
namespace net = qp::net;

namespace {

/// A file of the published vectors, which are not part of the project; null where it is absent.
json vectors(const std::string& name) {
  std::vector<std::filesystem::path> folders;
  if (const char* given = std::getenv("QUADPUB_VECTORS")) folders.emplace_back(given);
#ifdef QUADPUB_SOURCE_DIR
  folders.emplace_back(std::string(QUADPUB_SOURCE_DIR) + "/tests/spec/suites/vectors");
  folders.emplace_back(std::string(QUADPUB_SOURCE_DIR) + "/../shared/vectors");
#endif
  folders.emplace_back("../shared/vectors");
  for (const auto& folder : folders) {
    std::ifstream file(folder / name);
    if (file) return json::parse(file);
  }
  MESSAGE("SKIPPED: " << name << " is not there");
  return nullptr;
}

/// The request of a raw HTTP message, without checks.
net::Request read_request(std::string text) {
  net::Request request;
  std::erase(text, '\r');
  const auto end = text.find("\n\n");
  request.body = text.substr(end + 2);
  const std::string head = text.substr(0, end);
  const auto lines = qp::text::split(head, '\n');
  const auto words = qp::text::split(lines[0], ' ');
  request.method = words[0];
  request.target = words[1];
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto [name, value] = qp::text::split_once(lines[i], ':');
    request.headers.add(std::string(name), std::string(qp::text::trim(*value)));
  }
  return request;
}

Message as_message(const net::Request& request, std::string_view scheme) {
  return {request.method, scheme,          *request.headers.get("host"),
          request.target, request.headers, request.body};
}

structured::InnerList input_of(const json& vector) {
  const auto fields = structured::parse_dictionary(vector["signature_input"].get<std::string>());
  REQUIRE(fields);
  return std::get<structured::InnerList>(fields->at(0).second.value);
}
std::string signature_of(const json& vector) {
  const auto fields = structured::parse_dictionary(vector["signature"].get<std::string>());
  REQUIRE(fields);
  return std::get<structured::Item>(fields->at(0).second.value).value;
}

constexpr qp::Millis kNow{1735689600000};  // 2025-01-01, of the fediverse vectors

/// The request of a fediverse vector, as it would arrive.
net::Request arriving(const json& file, const json& vector) {
  net::Request request;
  const std::string lines = vector["signing_string"].get<std::string>();
  const auto words = qp::text::split(std::string_view(lines).substr(0, lines.find('\n')), ' ');
  request.method = words[1] == "post" ? "POST" : "GET";
  request.target = words[2];
  request.headers.add("Host", "local.example");
  request.headers.add("Date", "Wed, 01 Jan 2025 00:00:00 GMT");
  request.headers.add("Signature", vector["signature_header"].get<std::string>());
  if (request.method == "POST") {
    request.headers.add("Content-Type", "application/activity+json");
    request.headers.add("Digest", file["digest"].get<std::string>());
    request.body = file["body"].get<std::string>();
  }
  return request;
}

VerifyOptions local(qp::Millis now) {
  VerifyOptions options;
  options.scheme = "https";
  options.host = "local.example";
  options.now = now;
  return options;
}

}  // namespace

TEST_CASE("the cavage draft's vectors: signing strings, signatures made and verified") {
  const json file = vectors("draft-cavage.json");
  if (file.is_null()) return;
  const PrivateKey key = *PrivateKey::from_pem(file["private_pem"].get<std::string>(), true);
  const PublicKey known = *PublicKey::from_pem(file["public_pem"].get<std::string>(), true);
  const net::Request request = read_request(file["request"].get<std::string>());
  for (const json& vector : file["vectors"]) {
    CAPTURE(vector["id"].get<std::string>());
    CavageSignature signature;
    if (!vector["headers"].is_null()) {
      signature.headers = vector["headers"].get<std::vector<std::string>>();
    }
    const auto text = signing_string(signature, as_message(request, "http"), request.target);
    REQUIRE(text);
    CHECK(*text == vector["signing_string"].get<std::string>());
    CHECK(qp::text::base64(*key.sign(*text)) == vector["signature"].get<std::string>());
    CHECK(known.verifies(*text, *qp::text::from_base64(vector["signature"].get<std::string>())));
  }
}

TEST_CASE("RFC 9421's vectors: parameters are written as they were read") {
  const json file = vectors("rfc9421.json");
  if (file.is_null()) return;
  for (const json& vector : file["vectors"]) {
    CAPTURE(vector["id"].get<std::string>());
    const std::string base = vector["signature_base"].get<std::string>();
    CHECK(base.ends_with("\"@signature-params\": " + input_of(vector).text()));
  }
}

TEST_CASE("RFC 9421's vectors: signature bases of requests, Ed25519 made and verified") {
  const json file = vectors("rfc9421.json");
  if (file.is_null()) return;
  const net::Request request = read_request(file["messages"]["request"].get<std::string>());
  const Message message = as_message(request, "https");
  for (const json& vector : file["vectors"]) {
    CAPTURE(vector["id"].get<std::string>());
    const auto base = signature_base(input_of(vector), message);
    // b22 covers @query-param and b24 is of a response; neither is verified here.
    const bool is_known = vector["id"] != "sig-b22" && vector["id"] != "sig-b24";
    REQUIRE(base.has_value() == is_known);
    if (!is_known) continue;
    CHECK(*base == vector["signature_base"].get<std::string>());
    if (vector["alg"] != "ed25519") continue;
    const json& pems = file["keys"][vector["keyid"].get<std::string>()];
    const PublicKey key = *PublicKey::from_pem(pems["public_pem"].get<std::string>());
    CHECK(key.verifies(*base, signature_of(vector)));
    const PrivateKey own = *PrivateKey::from_pem(pems["private_pem"].get<std::string>());
    CHECK(*own.sign(*base) == signature_of(vector));
  }
}

TEST_CASE("RFC 9421's request has the content digest that it says") {
  const json file = vectors("rfc9421.json");
  if (file.is_null()) return;
  const net::Request request = read_request(file["messages"]["request"].get<std::string>());
  CHECK(check_content_digest(*request.headers.get("content-digest"), request.body));
}

TEST_CASE("the fediverse's cavage vectors are verified") {
  const json file = vectors("fediverse-profile.json");
  const json keys = vectors("rfc9421.json");
  if (file.is_null() || keys.is_null()) return;
  const auto lookup = [&](std::string_view id) -> qp::Result<PublicKey> {
    CHECK(id == "https://remote.example/users/bob#main-key");
    return PublicKey::from_pem(keys["keys"]["test-key-rsa"]["public_pem"].get<std::string>());
  };
  for (const json& vector : file["cavage"]) {
    CAPTURE(vector["id"].get<std::string>());
    net::Request request = arriving(file, vector);
    const auto verified = verify(request, local(kNow), lookup);
    CHECK_MESSAGE(verified, (verified ? "" : verified.error().detail));
    if (verified) CHECK(verified->how == "cavage");
    request.target += "x";
    CHECK(verify(request, local(kNow), lookup).error().code == qp::Code::Unauthenticated);
  }
}

TEST_CASE("a cavage signature that leaves the query out is verified too") {
  const json file = vectors("fediverse-profile.json");
  const json keys = vectors("rfc9421.json");
  if (file.is_null() || keys.is_null()) return;
  const auto lookup = [&](std::string_view) {
    return PublicKey::from_pem(keys["keys"]["test-key-rsa"]["public_pem"].get<std::string>());
  };
  for (const json& vector : file["cavage"]) {
    if (vector["id"] != "cavage-get-noquery") continue;
    net::Request request = arriving(file, vector);
    request.target += "?page=2";
    CHECK(verify(request, local(kNow), lookup));
  }
}

TEST_CASE("the fediverse vectors are made byte for byte by our signer") {
  const json file = vectors("fediverse-profile.json");
  const json keys = vectors("rfc9421.json");
  if (file.is_null() || keys.is_null()) return;
  const PrivateKey key =
      *PrivateKey::from_pem(keys["keys"]["test-key-rsa"]["private_pem"].get<std::string>());
  const char* key_id = "https://remote.example/users/bob#main-key";
  net::OutgoingRequest post;
  post.method = "POST";
  post.url = "https://local.example/users/alice/inbox";
  post.body = file["body"].get<std::string>();
  REQUIRE(sign(post, key, key_id, Form::Cavage, kNow));
  CHECK(*post.headers.get("Signature") == file["cavage"][0]["signature_header"].get<std::string>());
  CHECK(*post.headers.get("Digest") == file["digest"].get<std::string>());

  REQUIRE(sign(post, key, key_id, Form::Rfc9421, kNow));
  const json& wanted = file["rfc9421"][0];
  CHECK(*post.headers.get("Signature-Input") == wanted["signature_input"].get<std::string>());
  CHECK(*post.headers.get("Signature") == wanted["signature"].get<std::string>());
  CHECK(*post.headers.get("Content-Digest") == file["content_digest"].get<std::string>());
  CHECK_FALSE(post.headers.get("Digest"));

  net::OutgoingRequest get;
  get.url = "https://local.example/users/alice/followers?page=1";
  REQUIRE(sign(get, key, key_id, Form::Cavage, kNow));
  CHECK(*get.headers.get("Signature") == file["cavage"][4]["signature_header"].get<std::string>());
}
