#include <doctest/doctest.h>

#include "fixture.hpp"
#include "jsonld/context.hpp"
#include "jsonld/document.hpp"
#include "jsonld/fidelity.hpp"
#include "jsonld/jcs.hpp"
#include "vocab/contexts.hpp"

// Storage mode as a whole: what is refused, what is tolerated, what is put right.
namespace qp::jsonld {
namespace {

struct Storage {
  ContextCache cache;
  json::Arena arena;

  ContextSource contexts() {
    return {cache, [](std::string_view url) -> Result<RemoteDocument> {
              const auto* bundled = vocab::find_bundled_context(url);
              if (!bundled) return error(Code::NotFound, std::string(url));
              return RemoteDocument{std::string(url), std::string(bundled->json), {}};
            }};
  }
  json::Value parse(std::string_view text) { return json::parse(arena.copy(text), arena).value(); }
  std::string expanded(std::string_view text) {
    const auto result = expand_for_storage(parse(text), contexts(), arena);
    return result ? json::to_text(*result) : "error: " + result.error().detail;
  }
  /// The values of as:<property> of the root.
  std::string values(std::string_view text, std::string_view property) {
    const auto result = expand_for_storage(parse(text), contexts(), arena);
    if (!result) return "error: " + result.error().detail;
    const auto key = std::string("https://www.w3.org/ns/activitystreams#") + std::string(property);
    return json::to_text(result->items()[0].get(key));
  }
  std::vector<std::string> repairs(std::string_view text) {
    return repairs_in(read_for_storage(parse(text), contexts(), arena).value().difference);
  }
};

using List = std::vector<std::string>;

std::string as2(std::string_view inline_context, std::string_view members) {
  return R"({"@context":["https://www.w3.org/ns/activitystreams",)" + std::string(inline_context) +
         "]," + std::string(members) + "}";
}

}  // namespace

TEST_CASE("every spelling of the public collection becomes the full IRI, also in an object") {
  for (const char* spelling :
       {"Public", "as:Public", "https://www.w3.org/ns/activitystreams#Public",
        "http://www.w3.org/ns/activitystreams#Public"}) {
    for (const char* shape : {R"("to":"%")", R"("to":["%"])", R"("to":{"id":"%"})"}) {
      std::string text = shape;
      text.replace(text.find('%'), 1, spelling);
      CHECK(Storage().values(as2("{}", text), "to") ==
            R"([{"@id":"https://www.w3.org/ns/activitystreams#Public"}])");
    }
  }
  CHECK(Storage().repairs(as2("{}", R"("type":"Note","to":"as:Public")")).empty());
  CHECK(Storage().repairs(as2("{}", R"("type":"Note","to":"Public")")) == List{"public"});
}

TEST_CASE("too many contexts are refused, also in a scoped context, which is else passed over") {
  std::string many = "[{}";
  for (int i = 0; i < 39; ++i) many += ",{}";
  many += "]";
  const std::string refused = "error: context overflow: too many contexts in one array";
  CHECK(Storage().expanded(R"({"@context":)" + many + R"(,"type":"Note"})") == refused);
  const std::string scoped = R"({"x":{"@id":"http://x/","@context":)" + many + "}}";
  CHECK(Storage().expanded(as2(scoped, R"("x":1)")) == refused);
  CHECK(Storage().expanded(as2(R"({"y":{"@id":"http://y/","@context":)" + scoped + "}}",
                               R"("y":{"x":1})")) == refused);

  std::string different = R"("object":[)";
  for (int i = 0; i < 1100; ++i) {
    different.append(i ? "," : "").append(R"({"@context":{"t)" + std::to_string(i));
    different += R"(":"http://t/"},"type":"Note"})";
  }
  CHECK(Storage().expanded(as2("{}", different + "]")) ==
        "error: context overflow: too many different contexts in one document");
}

TEST_CASE("a context that cannot be compacted with does not stop a document from being stored") {
  Storage storage;
  for (const char* text : {
           R"({"@context":{"in":{"@id":"http://x/in","@nest":"n"}},"n":{"in":"y"},"in":"z"})",
           R"({"@context":{"tag":{"@id":"http://x/","@prefix":true}},"http://p/":{"@id":"tag:x"},
               "@id":"tag:y"})",
       }) {
    const auto document = storage.parse(text);
    for (const Sender sender : {Sender::Network, Sender::Operator}) {
      const auto form = read_for_storage(document, storage.contexts(), storage.arena, sender);
      CHECK_MESSAGE(form.has_value(), text);
    }
  }
}

TEST_CASE("a context that nobody has is empty, also where another one imports it") {
  CHECK(Storage().expanded(as2(R"({"@import":"https://nobody.example/","x":"http://x/"})",
                               R"("x":"1")")) == R"([{"http://x/":[{"@value":"1"}]}])");
}

TEST_CASE("terms of ActivityStreams and security cannot be redefined, wherever it is tried") {
  const std::string evil = R"({"content":"http://evil/","publicKeyPem":"http://evil/"})";
  const std::string members = R"("content":"x","publicKeyPem":"k")";
  const std::string expected =
      R"([{"https://www.w3.org/ns/activitystreams#content":[{"@value":"x"}],)"
      R"("https://w3id.org/security#publicKeyPem":[{"@value":"k"}]}])";
  for (const std::string& context : {
           R"(["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1",)" + evil +
               "]",
           R"(["http://www.w3.org/ns/activitystreams#","https://w3id.org/security/v1",)" + evil +
               "]",
           R"(["https://w3id.org/security/v1",)" + evil + "]",
           R"([null,"https://w3id.org/security/v1",)" + evil + "]",
       }) {
    std::string text = R"({"@context":)";
    text.append(context).append(",").append(members).append("}");
    CHECK(Storage().expanded(text) == expected);
  }
  CHECK(Storage().values(R"({"@context":[{"content":"http://evil/"},
                             "https://www.w3.org/ns/activitystreams"],"content":"x"})",
                         "content") == R"([{"@value":"x"}])");
  CHECK(Storage()
            .values(R"({"object":{"@context":[null,{"content":"http://evil/"}],
                             "content":"x"}})",
                    "object")
            .find("activitystreams#content") != std::string::npos);
}

TEST_CASE(
    "a document whose context does not name ActivityStreams is ActivityStreams all the same") {
  CHECK(Storage().values(R"({"@context":"https://w3id.org/security/v1","name":"x"})", "name") ==
        R"([{"@value":"x"}])");
  CHECK(Storage().values(R"({"@context":null,"name":"x"})", "name") == R"([{"@value":"x"}])");
}

TEST_CASE("what is broken in an inline context is passed over, the rest of it counts") {
  const std::string rest = R"("ok":"http://p/ok")";
  for (const char* broken :
       {R"("bad":5)", R"("bad":{"@id":7})", R"("bad":{"@type":"nonsense"})", R"("@vocab":5)",
        R"("@language":5)", R"("@version":2)", R"("@base":5)", R"("@import":5)", R"("":"x")",
        R"("a":"b:c","b":"a:c")", R"("@type":"x")", R"("bad":{"@container":"@nothing"})"}) {
    const std::string context = "{" + std::string(broken) + "," + rest + "}";
    const std::string text = as2(context, R"("name":"x","ok":1)");
    CHECK(Storage().values(text, "name") == R"([{"@value":"x"}])");
    CHECK(Storage().expanded(text).find("http://p/ok") != std::string::npos);
  }
  CHECK(Storage().values(as2("5", R"("name":"x")"), "name") == R"([{"@value":"x"}])");
  test::Fixture conformant;
  CHECK(conformant.expanded(as2(R"({"bad":5})", R"("name":"x")"))
            .starts_with("invalid term definition"));
}

TEST_CASE("text that must be a resource becomes one") {
  const std::string text = as2(R"({"movedTo":"https://www.w3.org/ns/activitystreams#movedTo"})",
                               R"("type":"Person","movedTo":"https://a.example/new")");
  CHECK(Storage().values(text, "movedTo") == R"([{"@id":"https://a.example/new"}])");
  CHECK(Storage().repairs(text) == List{"reference"});
}

TEST_CASE("other spellings of namespaces and datatypes become the usual ones") {
  CHECK(Storage().expanded(
            as2(R"({"toot":"https://joinmastodon.org/ns#","blurhash":"toot:blurhash"})",
                R"("blurhash":"x")")) ==
        R"([{"http://joinmastodon.org/ns#blurhash":[{"@value":"x"}]}])");
  CHECK(
      Storage().expanded(as2(R"({"sc":"http://schema.org#",
                                   "on":{"@id":"http://p/on","@type":"sc:Boolean"}})",
                             R"("on":true)")) ==
      R"([{"http://p/on":[{"@value":true,"@type":"http://www.w3.org/2001/XMLSchema#boolean"}]}])");
  CHECK(Storage().expanded(
            as2(R"({"schema":"http://schema.org/","value":"schema:value"})", R"("value":"x")")) ==
        R"([{"http://schema.org#value":[{"@value":"x"}]}])");
}

TEST_CASE("names and references that make no IRI, and tags that make no language, are kept") {
  CHECK(Storage().expanded(as2("{}", R"("a b":1)")) ==
        R"([{"urn:quadpub:undefined:a%20b":[{"@value":1}]}])");
  CHECK(Storage().expanded(as2("{}", R"("type":"Odd Type")")) ==
        R"([{"@type":["urn:quadpub:undefined:Odd%20Type"]}])");
  CHECK(Storage().values(as2("{}", R"("url":"not an IRI")"), "url") ==
        R"([{"@value":"not an IRI"}])");
  CHECK(Storage().values(as2("{}", R"("nameMap":{"en_US":"x","?":"y"})"), "name") ==
        R"([{"@value":"x","@language":"en-US"},{"@value":"y"}])");
}

TEST_CASE("the spelling of a language is kept, though its texts are stored in the usual one") {
  for (const char* names :
       {R"({"EN-us":"hi"})", R"({"en-US":"hi","EN-US":"hi","en-us":"hello","fr":"salut"})"}) {
    Storage storage;
    const std::string text = as2("{}", R"("type":"Note","nameMap":)" + std::string(names));
    const StoredForm form =
        read_for_storage(storage.parse(text), storage.contexts(), storage.arena).value();
    std::vector<Statement> statements;
    for (const EmittedQuad& emitted : form.quads) {
      CHECK((emitted.quad.o.language.empty() || emitted.quad.o.language == "fr" ||
             emitted.quad.o.language == "en-US"));
      statements.push_back({emitted.quad.s, emitted.quad.p, emitted.quad.o, emitted.ordinal});
    }
    const json::Value restored =
        restore(statements, form.root, form.context, storage.contexts(), storage.arena).value();
    const json::Value back = apply_difference(restored, form.difference, storage.arena);
    CHECK(to_jcs(back.get("nameMap")).value() == to_jcs(storage.parse(names)).value());
  }
}

TEST_CASE("a proof is kept as the JSON that it is") {
  CHECK(Storage().expanded(R"({"@context":["https://www.w3.org/ns/activitystreams",
            "https://w3id.org/security/data-integrity/v2"],"proof":{"created":"x"}})") ==
        R"([{"https://w3id.org/security#proof":[{"@value":{"created":"x"},"@type":"@json"}]}])");
}

TEST_CASE("from the network, what moves the root is refused, by any name and at any depth") {
  for (const char* members :
       {R"("@graph":[{"name":"x"}])", R"("object":{"@graph":[{"name":"x"}]})",
        R"("name":"x","@included":[{"name":"y"}])",
        R"("object":{"name":"x","@reverse":{"object":{}}})", R"("g":[{"name":"x"}])",
        R"("object":{"i":[{"name":"x"}]})", R"("r":{"object":{"name":"x"}})", R"("c":{"name":"x"})",
        R"("b":{"name":"x"})"}) {
    const auto text = as2(R"({"g":"@graph","i":"@included","r":"@reverse",
        "c":{"@id":"http://p/c","@container":"@graph"},"b":{"@reverse":"http://p/b"}})",
                          members);
    CAPTURE(text);
    CHECK(Storage().expanded(text).ends_with("is not accepted in documents that are to be stored"));
  }
}

TEST_CASE("an id that is no absolute IRI is refused, by its name") {
  Storage f;
  const auto form =
      read_for_storage(f.parse(R"({"id":"note/5","name":"x"})"), f.contexts(), f.arena);
  REQUIRE_FALSE(form);
  CHECK(form.error().detail.find("note/5") != std::string::npos);
}

}  // namespace qp::jsonld
