#include "sig/verify.hpp"

#include <doctest/doctest.h>

#include "base/text.hpp"
#include "net/url.hpp"
#include "sig/cavage.hpp"
#include "sig/digest.hpp"
#include "sig/sign.hpp"

using namespace qp::sig;
using qp::Code;
using qp::Millis;
namespace net = qp::net;

namespace {

constexpr const char* kKeyId = "https://remote.example/users/bob#main-key";
constexpr Millis kNow{1'790'000'000'000};

const PrivateKey& key_of(KeyType type) {
  static const PrivateKey rsa = *PrivateKey::generate(KeyType::Rsa);
  static const PrivateKey ed25519 = *PrivateKey::generate(KeyType::Ed25519);
  return type == KeyType::Rsa ? rsa : ed25519;
}

VerifyOptions options() {
  VerifyOptions out;
  out.scheme = "https";
  out.host = "local.example";
  out.now = kNow;
  return out;
}

/// The request as the other side receives it.
net::Request arrive(const net::OutgoingRequest& sent) {
  const net::Url url = *net::Url::parse(sent.url);
  net::Request request;
  request.method = sent.method;
  request.target = url.target;
  request.headers = sent.headers;
  request.headers.add("Host", url.authority());
  request.body = sent.body;
  return request;
}

net::OutgoingRequest post() {
  net::OutgoingRequest out;
  out.method = "POST";
  out.url = "https://local.example/users/alice/inbox?x=1";
  out.headers.set("Content-Type", "application/activity+json");
  out.body = R"({"type":"Like"})";
  return out;
}
net::OutgoingRequest get() {
  net::OutgoingRequest out;
  out.url = "https://local.example/users/alice?page=1";
  return out;
}

/// A cavage signature with whatever parameters the test wants.
net::Request signed_by_hand(CavageSignature signature, KeyType type, net::OutgoingRequest out) {
  out.headers.set("Date", qp::time::http_date(kNow));
  if (!out.body.empty()) out.headers.set("Digest", digest(out.body));
  net::Request request = arrive(out);
  const Message message{request.method, "https",         "local.example",
                        request.target, request.headers, request.body};
  signature.key_id = kKeyId;
  const auto text = signing_string(signature, message, request.target);
  REQUIRE(text);
  signature.signature = *key_of(type).sign(*text);
  request.headers.set("Signature", to_text(signature));
  return request;
}

struct Way {
  const char* name;
  KeyType type;
  std::optional<Form> form;  ///< nullopt: cavage with hs2019 and (created)

  net::Request send(const net::OutgoingRequest& request) const {
    net::OutgoingRequest out = request;
    if (form) {
      REQUIRE(sign(out, key_of(type), kKeyId, *form, kNow));
      return arrive(out);
    }
    CavageSignature signature;
    signature.algorithm = "hs2019";
    signature.created = kNow.count() / 1000;
    signature.expires = *signature.created + 300;
    signature.headers = {"(request-target)", "host", "(created)", "(expires)"};
    if (!out.body.empty()) signature.headers.insert(signature.headers.end(), {"digest", "date"});
    return signed_by_hand(signature, type, out);
  }
  qp::Result<Verified> verified(const net::Request& request,
                                const VerifyOptions& with = options()) const {
    return verify(request, with, [&](std::string_view) -> qp::Result<PublicKey> {
      return key_of(type).public_key();
    });
  }
  Code code(const net::Request& request, const VerifyOptions& with = options()) const {
    const auto result = verified(request, with);
    REQUIRE_FALSE(result);
    CHECK_FALSE(result.error().message.empty());
    return result.error().code;
  }
};

const Way kWays[] = {
    {"cavage rsa", KeyType::Rsa, Form::Cavage},
    {"cavage ed25519", KeyType::Ed25519, Form::Cavage},
    {"hs2019 created", KeyType::Rsa, std::nullopt},
    {"rfc9421 rsa", KeyType::Rsa, Form::Rfc9421},
    {"rfc9421 ed25519", KeyType::Ed25519, Form::Rfc9421},
    {"cavage rsa without the query", KeyType::Rsa, Form::CavageWithoutQuery},
    {"cavage ed25519 without the query", KeyType::Ed25519, Form::CavageWithoutQuery},
    {"cavage rsa with created", KeyType::Rsa, Form::CavageCreated},
    {"cavage ed25519 with created", KeyType::Ed25519, Form::CavageCreated},
};

template <class Check>
void for_each_way(Check check) {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    check(way);
  }
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}
void replace_in(net::Request& request, std::string_view field, std::string_view from,
                std::string_view to) {
  request.headers.set(field, replaced(std::string(*request.headers.get(field)), from, to));
}

const Way& cavage() { return kWays[0]; }
const Way& rfc9421() { return kWays[3]; }

}  // namespace

TEST_CASE("what we sign, we verify") {
  for_each_way([](const Way& way) {
    for (const auto& request : {post(), get()}) {
      const auto result = way.verified(way.send(request));
      REQUIRE_MESSAGE(result, (result ? "" : result.error().detail));
      CHECK(result->key_id == kKeyId);
      CHECK(*required_key(way.send(request), options()) == kKeyId);
    }
  });
}

TEST_CASE("another body is a bad request, found without the key") {
  for_each_way([](const Way& way) {
    net::Request request = way.send(post());
    request.body += " ";
    CHECK(required_key(request, options()).error().code == Code::BadInput);
  });
}

TEST_CASE("another body with its own digest does not fit the signature") {
  for_each_way([](const Way& way) {
    net::Request request = way.send(post());
    request.body += " ";
    if (request.headers.get("Digest")) request.headers.set("Digest", digest(request.body));
    if (request.headers.get("Content-Digest")) {
      request.headers.set("Content-Digest", content_digest(request.body));
    }
    CHECK(way.code(request) == Code::Unauthenticated);
  });
}

TEST_CASE("a missing digest is told by its name") {
  for_each_way([](const Way& way) {
    net::Request request = way.send(post());
    request.headers.remove("Digest");
    request.headers.remove("Content-Digest");
    const auto result = required_key(request, options());
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Code::Unauthenticated);
    CHECK(result.error().message.find("digest") != std::string::npos);
  });
}

TEST_CASE("another path, query or method does not fit the signature") {
  for_each_way([](const Way& way) {
    net::Request request = way.send(post());
    request.target = "/users/mallory/inbox?x=1";
    CHECK(way.code(request) == Code::Unauthenticated);
    if (way.form != Form::CavageWithoutQuery) {
      request.target = "/users/alice/inbox?x=2";
      CHECK(way.code(request) == Code::Unauthenticated);
    }
    request = way.send(post());
    request.method = "PUT";
    CHECK(way.code(request) == Code::Unauthenticated);
  });
}

TEST_CASE("another host than ours is refused, and so is another one that we would answer for") {
  for_each_way([](const Way& way) {
    net::Request request = way.send(post());
    request.headers.set("Host", "other.example");
    CHECK(way.code(request) == Code::Unauthenticated);
    VerifyOptions other = options();
    other.host = "other.example";
    CHECK(way.code(request, other) == Code::Unauthenticated);
    request.headers.add("Host", "local.example");
    CHECK(way.code(request) == Code::BadInput);
  });
}

TEST_CASE("the scheme's own port in Host makes no difference to which host it is") {
  net::Request request = rfc9421().send(post());
  request.headers.set("Host", "LOCAL.example:443");
  CHECK(rfc9421().verified(request));
}

TEST_CASE("another covered header does not fit the signature") {
  net::Request request = cavage().send(post());
  request.headers.set("Content-Type", "text/html");
  CHECK(cavage().code(request) == Code::Unauthenticated);
  request = cavage().send(post());
  request.headers.set("Date", qp::time::http_date(kNow - std::chrono::seconds(60)));
  CHECK(cavage().code(request) == Code::Unauthenticated);
  request.headers.set("Date", "yesterday");
  CHECK(cavage().code(request) == Code::BadInput);
}

TEST_CASE("a covered header that comes twice is refused") {
  for_each_way([](const Way& way) {
    for (const char* name : {"Digest", "Content-Digest", "Signature", "Signature-Input"}) {
      net::Request request = way.send(post());
      const auto value = request.headers.get(name);
      if (!value) continue;
      request.headers.add(name, std::string(*value));
      CHECK(way.code(request) == Code::BadInput);
    }
  });
}

TEST_CASE("interop I8: a signature made for another time is refused") {
  for_each_way([](const Way& way) {
    const net::Request request = way.send(post());
    VerifyOptions later = options();
    later.now = kNow + std::chrono::minutes(61);
    CHECK(way.code(request, later) == Code::Unauthenticated);
    VerifyOptions earlier = options();
    earlier.now = kNow - std::chrono::minutes(6);
    CHECK(way.code(request, earlier) == Code::Unauthenticated);
    earlier.newest = std::chrono::minutes(7);
    CHECK(way.verified(request, earlier));
  });
}

TEST_CASE("interop I8: an expired signature is refused even inside of the window") {
  VerifyOptions later = options();
  later.now = kNow + std::chrono::minutes(6);
  CHECK(kWays[2].code(kWays[2].send(post()), later) == Code::Unauthenticated);
}

TEST_CASE("another key does not fit the signature, nor one of another type") {
  for_each_way([](const Way& way) {
    const net::Request request = way.send(post());
    const PrivateKey stranger = *PrivateKey::generate(way.type);
    const auto result = verify(request, options(), [&](std::string_view) -> qp::Result<PublicKey> {
      return stranger.public_key();
    });
    CHECK(result.error().code == Code::Unauthenticated);
    Way other = way;
    other.type = way.type == KeyType::Rsa ? KeyType::Ed25519 : KeyType::Rsa;
    CHECK(other.code(request) == Code::Unauthenticated);
  });
}

TEST_CASE("an error of the key's lookup is handed back") {
  const auto result =
      verify(cavage().send(post()), options(), [](std::string_view) -> qp::Result<PublicKey> {
        return qp::error(Code::Unavailable, "later");
      });
  CHECK(result.error().code == Code::Unavailable);
}

TEST_CASE("a request without signature is unauthenticated") {
  const net::Request request = arrive(post());
  CHECK_FALSE(is_signed(request));
  CHECK(cavage().code(request) == Code::Unauthenticated);
}

TEST_CASE("with Signature-Input only RFC 9421 counts") {
  net::Request request = cavage().send(post());
  request.headers.set("Signature-Input", "sig1=(\"@method\");created=1;keyid=\"x\"");
  CHECK_FALSE(cavage().verified(request));
}

TEST_CASE("cavage signatures that cover too little are refused") {
  const std::vector<std::string> whole = {"(request-target)", "host", "date", "digest"};
  for (std::size_t left_out = 0; left_out < whole.size(); ++left_out) {
    CAPTURE(whole[left_out]);
    CavageSignature signature;
    signature.headers = whole;
    signature.headers.erase(signature.headers.begin() + static_cast<long>(left_out));
    CHECK(cavage().code(signed_by_hand(signature, KeyType::Rsa, post())) == Code::Unauthenticated);
  }
}

TEST_CASE("cavage: only the algorithms on our list are accepted; none named is one of them") {
  CavageSignature signature;
  signature.headers = {"(request-target)", "host", "date", "digest"};
  CHECK(cavage().verified(signed_by_hand(signature, KeyType::Rsa, post())));
  for (const char* algorithm : {"none", "hmac-sha256", "rsa-sha1", "rsa-sha512", "ed25519"}) {
    CAPTURE(algorithm);
    signature.algorithm = algorithm;
    CHECK(cavage().code(signed_by_hand(signature, KeyType::Rsa, post())) == Code::Unauthenticated);
  }
  signature.algorithm = "rsa-sha256";
  signature.headers.emplace_back("(created)");
  signature.created = kNow.count() / 1000;
  CHECK(cavage().code(signed_by_hand(signature, KeyType::Rsa, post())) == Code::Unauthenticated);
}

TEST_CASE("malformed cavage fields are bad requests") {
  const std::string good(*cavage().send(post()).headers.get("Signature"));
  const std::string many = "headers=\"" + [] {
    std::string names = "x0";
    for (int i = 1; i < 1000; ++i) names += " x" + std::to_string(i);
    return names;
  }();
  for (const std::string& field :
       {std::string(""), std::string("keyId"), std::string("keyId=\"x"),
        replaced(good, "keyId=\"https", "keyId=\" https"), good + "," + good,
        replaced(good, "host date", "host host"), replaced(good, "host date", "host  date"),
        replaced(good, "headers=\"", many + " "), replaced(good, "rsa-sha256", "\\\"rsa"),
        good + " trailing", std::string("keyId=\"k\",signature=\"\""),
        "keyId=\"k\",signature=\"" + qp::text::base64(std::string(2000, 'x')) + "\""}) {
    CAPTURE(field);
    net::Request request = cavage().send(post());
    request.headers.set("Signature", field);
    CHECK(cavage().code(request) == Code::BadInput);
  }
}

TEST_CASE("a placeholder for a signature is no signature") {
  net::Request request = cavage().send(post());
  const std::string field(*request.headers.get("Signature"));
  request.headers.set("Signature", replaced(field, "signature=\"", "signature=\"..."));
  CHECK(cavage().code(request) == Code::Unauthenticated);
}

TEST_CASE("RFC 9421 signatures that cover too little are refused") {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"\"@method\" ", ""},
           {"\"@target-uri\"", "\"@path\""},
           {"\"@target-uri\"", "\"@authority\" \"@path\""},
           {" \"content-digest\"", ""},
           {";created=" + std::to_string(kNow.count() / 1000), ""},
           {";keyid=\"" + std::string(kKeyId) + "\"", ""},
           {"rsa-v1_5-sha256", "hmac-sha256"},
           {"rsa-v1_5-sha256", "rsa-pss-sha512"},
           {"rsa-v1_5-sha256", "ed25519"},
           {"sig1=", "sig2="},
           {"\"content-digest\"", "\"content-digest\" \"x-absent\""},
           {"\"content-digest\"", "\"content-digest\";req"},
           {"\"@method\"", "\"@method\" \"@status\""}}) {
    CAPTURE(from);
    CAPTURE(to);
    net::Request request = rfc9421().send(post());
    replace_in(request, "Signature-Input", from, to);
    CHECK(rfc9421().code(request) == Code::Unauthenticated);
  }
}

TEST_CASE("malformed RFC 9421 fields are bad requests") {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"sig1=", "sig1"},
           {"sig1=(", "SIG1=("},
           {"(\"", "\""},
           {"\"@method\"", "\"@method\" \"@method\""},
           {"\"@method\"", "@method"},
           {"created=1", "created=\"1\";x=1"},
           {"created=", "created=1;created="},
           {"created=", "created=1."},
           {"\"content-digest\"", "\"Content-Digest\" \"content-digest\""},
           {"keyid=\"", "keyid=\" "}}) {
    CAPTURE(from);
    CAPTURE(to);
    net::Request request = rfc9421().send(post());
    replace_in(request, "Signature-Input", from, to);
    CHECK(rfc9421().code(request) == Code::BadInput);
  }
}

TEST_CASE("of several RFC 9421 labels the first good one of three counts") {
  const net::Request whole = rfc9421().send(post());
  const std::string input(*whole.headers.get("Signature-Input"));
  const auto with_before = [&](int weak_ones) {
    net::Request request = whole;
    std::string weak;
    for (int i = 0; i < weak_ones; ++i) weak += "w" + std::to_string(i) + "=(\"@method\"), ";
    request.headers.set("Signature-Input", weak + input);
    return request;
  };
  CHECK(rfc9421().verified(with_before(2)));
  CHECK(rfc9421().code(with_before(3)) == Code::Unauthenticated);
  CHECK(rfc9421().code(with_before(1000)) == Code::BadInput);
}

TEST_CASE("signing again replaces what an earlier signing set") {
  net::OutgoingRequest out = post();
  REQUIRE(sign(out, key_of(KeyType::Rsa), kKeyId, Form::Rfc9421, kNow));
  REQUIRE(sign(out, key_of(KeyType::Rsa), kKeyId, Form::Cavage, kNow));
  CHECK_FALSE(out.headers.get("Signature-Input"));
  CHECK(cavage().verified(arrive(out))->how == "cavage");
}

TEST_CASE("a keyId that could not be written is refused by the signer") {
  net::OutgoingRequest out = post();
  for (const Form form : {Form::Cavage, Form::Rfc9421}) {
    CHECK_FALSE(sign(out, key_of(KeyType::Rsa), "", form, kNow));
    CHECK_FALSE(sign(out, key_of(KeyType::Rsa), "https://a.example/\r\nX: y", form, kNow));
  }
  CHECK_FALSE(sign(out, key_of(KeyType::Rsa), "a\"b", Form::Cavage, kNow));
}

TEST_CASE("matrix: each algorithm and form, each part tampered with; only the whole one verifies") {
  struct Tampering {
    const char* part;
    void (*change)(net::Request&);
  };
  // Each leaves a request that is well-formed: what is wrong is only that it was not signed.
  const Tampering tamperings[] = {
      {"body", [](net::Request& r) { r.body[2] ^= 1; }},
      {"body and digest",
       [](net::Request& r) {
         r.body += ' ';
         if (r.headers.get("Digest")) r.headers.set("Digest", digest(r.body));
         if (r.headers.get("Content-Digest")) {
           r.headers.set("Content-Digest", content_digest(r.body));
         }
       }},
      {"digest",
       [](net::Request& r) {
         const bool is_cavage = r.headers.get("Digest").has_value();
         r.headers.set(is_cavage ? "Digest" : "Content-Digest",
                       is_cavage ? digest("x") : content_digest("x"));
       }},
      {"path", [](net::Request& r) { r.target = "/users/mallory/inbox?x=1"; }},
      {"method", [](net::Request& r) { r.method = "PATCH"; }},
      {"host", [](net::Request& r) { r.headers.set("Host", "other.example"); }},
      {"date or created",
       [](net::Request& r) {
         const std::string now = std::to_string(kNow.count() / 1000);
         const std::string other = std::to_string(kNow.count() / 1000 - 9);
         for (const char* name : {"Signature", "Signature-Input"}) {
           if (!r.headers.get(name)) continue;
           std::string value(*r.headers.get(name));
           const auto at = value.find("created=" + now);
           if (at == std::string::npos) continue;
           r.headers.set(name, value.replace(at + 8, now.size(), other));
           return;
         }
         r.headers.set("Date", qp::time::http_date(kNow - std::chrono::seconds(9)));
       }},
      {"content type, where it is covered",
       [](net::Request& r) {
         const std::string covered(*r.headers.get("Signature"));
         if (covered.find("content-type") == std::string::npos) r.target += "y";
         r.headers.set("Content-Type", "text/html");
         if (covered.find("content-type") == std::string::npos) r.method = "PATCH";
       }},
      {"key id", [](net::Request& r) {
         const char* name = r.headers.get("Signature-Input") ? "Signature-Input" : "Signature";
         replace_in(r, name, "users/bob", "users/eve");
       }}};
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    for (const auto& made : {post(), get()}) {
      CAPTURE(made.method);
      CHECK(way.verified(way.send(made)));
    }
    // Whoever asks for the key of eve gets the key of eve.
    const PrivateKey eve = *PrivateKey::generate(way.type);
    const auto lookup = [&](std::string_view id) -> qp::Result<PublicKey> {
      return id == kKeyId ? key_of(way.type).public_key() : eve.public_key();
    };
    for (const Tampering& tampering : tamperings) {
      CAPTURE(tampering.part);
      net::Request request = way.send(post());
      tampering.change(request);
      const auto result = verify(request, options(), lookup);
      REQUIRE_FALSE(result);
      const Code code = result.error().code;
      CHECK((code == Code::Unauthenticated || code == Code::BadInput));
    }
  }
}

TEST_CASE("interop I10: what Accept-Signature asks for is covered, as far as the request has it") {
  const auto wanted = read_accept_signature(
      R"(old=:aaaa:, mine=("@method" "@path" "content-type" "x-absent");created;expires;nonce="n1";)"
      R"(tag="app", other=("@status"))");
  REQUIRE(wanted);
  CHECK(wanted->label == "mine");
  net::OutgoingRequest out = post();
  REQUIRE(sign(out, key_of(KeyType::Rsa), kKeyId, Form::Rfc9421, kNow, &*wanted));
  const std::string input(*out.headers.get("Signature-Input"));
  CHECK(input.starts_with(R"(mine=("@method" "@target-uri" "content-digest" "@path" )"
                          R"("content-type");created=)"));
  CHECK(input.find(";nonce=\"n1\";tag=\"app\"") != std::string::npos);
  CHECK(input.find(";expires=") != std::string::npos);
  CHECK(rfc9421().verified(arrive(out)));
  for (const char* none : {"", "x", "sig1=1", R"(sig1=("@method";req))",
                           R"(sig1=("@method");alg="hmac-sha256")", R"(sig1=(1))"}) {
    CAPTURE(none);
    CHECK_FALSE(read_accept_signature(none));
  }
  CHECK(read_accept_signature(accept_signature()));
}

TEST_CASE("interop I26: fields that are to be covered are, in both forms") {
  for_each_way([](const Way& way) {
    if (!way.form) return;
    net::OutgoingRequest out = post();
    out.headers.set("Collection-Synchronization", "digest=\"0\"");
    const std::string_view also[] = {"Collection-Synchronization"};
    REQUIRE(sign(out, key_of(way.type), kKeyId, *way.form, kNow, nullptr, also));
    CHECK(way.verified(arrive(out)));
    out.headers.set("Collection-Synchronization", "digest=\"1\"");
    CHECK(way.code(arrive(out)) == Code::Unauthenticated);
  });
}
