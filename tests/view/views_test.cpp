#include "vocab/views.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "../ap/fixture.hpp"
#include "ap/ingest.hpp"
#include "view/project.hpp"

using nlohmann::json;
using qp::ap::Fixture;
using qp::store::must;

namespace {

/// Everything that is undefined in ActivityStreams' own context, as senders define it.
const json kContext = json::parse(R"([
  "https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1",
  {"toot": "http://joinmastodon.org/ns#", "schema": "http://schema.org#",
   "lemmy": "https://join-lemmy.org/ns#", "pt": "https://joinpeertube.org/ns#",
   "gts": "https://gotosocial.org/ns#",
   "sensitive": "as:sensitive", "Hashtag": "as:Hashtag", "Emoji": "toot:Emoji",
   "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
   "movedTo": {"@id": "as:movedTo", "@type": "@id"},
   "featured": {"@id": "toot:featured", "@type": "@id"},
   "featuredTags": {"@id": "toot:featuredTags", "@type": "@id"},
   "discoverable": "toot:discoverable", "indexable": "toot:indexable", "memorial": "toot:memorial",
   "blurhash": "toot:blurhash", "votersCount": "toot:votersCount",
   "focalPoint": {"@id": "toot:focalPoint", "@container": "@list"},
   "quoteUrl": {"@id": "as:quoteUrl", "@type": "@id"},
   "PropertyValue": "schema:PropertyValue", "value": "schema:value",
   "matrixUserId": "lemmy:matrixUserId", "removeData": "lemmy:removeData",
   "distinguished": "lemmy:distinguished",
   "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
   "moderators": {"@id": "lemmy:moderators", "@type": "@id"},
   "commentsEnabled": "pt:commentsEnabled",
   "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
   "canLike": {"@id": "gts:canLike", "@type": "@id"}
  }])");

/// Stores `document` as the source of its id, and reads it back as `view` has it, or as it is.
class Reading {
 public:
  json operator()(const std::string& view, json document) {
    json with{{"@context", kContext}};
    with.update(document);
    const std::string text = with.dump();
    must(server_.store().write([&](qp::store::WriteTxn& txn) -> qp::Result<void> {
      qp::json::Arena arena;
      const auto parsed = QP_TRY(qp::json::parse(text, arena));
      const auto views = server_.views();
      const auto form =
          QP_TRY(qp::jsonld::read_for_storage(parsed, {views.cache, views.loader}, arena));
      const qp::ap::Owned owned{document["id"], qp::store::AudienceId::Public};
      QP_TRY(qp::ap::write_document(txn, form, text, std::span(&owned, 1), {}));
      return {};
    }));
    const auto txn = must(server_.store().read());
    const auto id = must(txn->find_iri(document["id"].get<std::string>()));
    qp::json::Arena arena;
    const auto views = server_.views();
    const qp::jsonld::ContextSource source{views.cache, views.loader};
    const auto* table = qp::vocab::find_view(view);
    REQUIRE((table != nullptr || view.empty()));
    const auto shown =
        must(view.empty() ? qp::view::project(*txn, *id, {}, source, arena)
                          : qp::view::project_as(*txn, *id, *table, {}, source, arena));
    json result = json::parse(qp::json::to_text(shown));
    result.erase("@context");
    return result;
  }

 private:
  Fixture server_;
};

const std::string kBase = "https://example.com/";

}  // namespace

TEST_CASE("each view gives back every property of its table in its wire shape") {
  Reading reading;
  const auto comes_back = [&](const std::string& view, json document) {
    document["id"] = kBase + view;
    CAPTURE(view);
    const json shown = reading(view, document);
    CHECK(shown == document);
    if (shown != document) MESSAGE(json::diff(document, shown).dump(1));
  };

  comes_back("Object", json::parse(R"({"type": "Note", "name": "n", "content": "c", "summary": "s",
    "mediaType": "text/html", "published": "2024-01-01T00:00:00Z",
    "updated": "2024-01-02T00:00:00Z", "startTime": "2024-01-01T00:00:00Z",
    "endTime": "2024-01-01T00:00:00Z", "duration": "PT1H", "sensitive": true,
    "source": {"content": "c", "mediaType": "text/markdown"}, "context": "https://x.example/c",
    "generator": {"type": "Application", "name": "app"},
    "icon": {"type": "Image", "url": "https://x.example/i.png", "width": 5, "height": 6},
    "image": {"type": "Image", "url": "https://x.example/j.png"},
    "location": {"type": "Place", "name": "here", "latitude": 40.5, "longitude": -73.25,
                 "accuracy": 94, "altitude": 15, "radius": 10, "units": "m"},
    "preview": {"type": "Note", "name": "p"},
    "tag": [{"type": "Hashtag", "name": "#a", "href": "https://x.example/a"}],
    "inReplyTo": "https://x.example/r", "attributedTo": "https://x.example/u",
    "attachment": [{"type": "Image", "url": "https://x.example/k.png", "blurhash": "UBL",
                    "focalPoint": [0.5, -0.25]}],
    "audience": "https://x.example/g", "to": ["https://www.w3.org/ns/activitystreams#Public"],
    "cc": ["https://x.example/f"], "replies": "https://x.example/re",
    "likes": "https://x.example/l", "shares": "https://x.example/s",
    "url": "https://x.example/u1", "quoteUrl": "https://x.example/q"})"));

  comes_back("Actor", json::parse(R"({"type": "Person", "preferredUsername": "a", "name": "A",
    "inbox": "https://example.com/in", "outbox": "https://example.com/out",
    "following": "https://example.com/fg", "followers": "https://example.com/fs",
    "liked": "https://example.com/li", "streams": ["https://example.com/st"],
    "manuallyApprovesFollowers": false, "movedTo": "https://x.example/m",
    "alsoKnownAs": ["https://x.example/k"], "featured": "https://example.com/fe",
    "featuredTags": "https://example.com/ft", "discoverable": true, "indexable": false,
    "memorial": false,
    "endpoints": {"sharedInbox": "https://example.com/inbox",
                  "proxyUrl": "https://example.com/proxy",
                  "uploadMedia": "https://example.com/media",
                  "oauthAuthorizationEndpoint": "https://example.com/a",
                  "oauthTokenEndpoint": "https://example.com/t",
                  "provideClientKey": "https://example.com/p",
                  "signClientKey": "https://example.com/s"},
    "publicKey": {"id": "https://example.com/Actor#main-key", "owner": "https://example.com/Actor",
                  "publicKeyPem": "PEM"},
    "attachment": [{"type": "PropertyValue", "name": "site", "value": "<a>x</a>"}]})"));

  comes_back("Activity", json::parse(R"({"type": "Move", "actor": "https://x.example/u",
    "object": "https://x.example/o", "target": "https://x.example/t",
    "origin": "https://x.example/or", "result": "https://x.example/re",
    "instrument": "https://x.example/in", "to": ["https://x.example/f"]})"));
  comes_back("Activity", json::parse(R"({"type": "Flag", "actor": "https://x.example/u",
    "object": ["https://x.example/o", "https://x.example/p"]})"));

  comes_back("Collection", json::parse(R"({"type": "Collection", "totalItems": 2,
    "current": "https://x.example/c", "first": "https://x.example/f", "last": "https://x.example/l",
    "items": ["https://x.example/1", "https://x.example/2"]})"));
  comes_back("CollectionPage", json::parse(R"({"type": "OrderedCollectionPage", "totalItems": 2,
    "partOf": "https://x.example/c", "next": "https://x.example/n", "prev": "https://x.example/p",
    "startIndex": 1, "orderedItems": ["https://x.example/2"]})"));
  comes_back("Question", json::parse(R"({"type": "Question", "name": "q",
    "closed": "2024-01-01T00:00:00Z", "votersCount": 3,
    "oneOf": [{"type": "Note", "name": "yes", "replies": {"type": "Collection", "totalItems": 1}},
              {"type": "Note", "name": "no", "replies": {"type": "Collection", "totalItems": 2}}]})"));
  comes_back("Link", json::parse(R"({"type": "Link", "href": "https://x.example/v.mp4",
    "mediaType": "video/mp4", "rel": "alternate", "hreflang": "en", "height": 720, "width": 1280,
    "name": "video", "preview": {"type": "Note", "name": "p"}})"));
  comes_back("Emoji", json::parse(R"({"type": "Emoji", "name": ":a:",
    "updated": "2024-01-01T00:00:00Z",
    "icon": {"type": "Image", "mediaType": "image/png", "url": "https://x.example/e.png"}})"));
  comes_back("Place", json::parse(R"({"type": "Place", "name": "p", "accuracy": 94.5,
    "altitude": 15, "latitude": 40.7484, "longitude": -73.9857, "radius": 10, "units": "cm"})"));
  comes_back("Profile", json::parse(R"({"type": "Profile", "summary": "s",
    "describes": {"type": "Person", "name": "d"}})"));
  comes_back("Relationship", json::parse(R"({"type": "Relationship",
    "subject": "https://x.example/a", "object": "https://x.example/b",
    "relationship": "http://purl.org/vocab/relationship/acquaintanceOf"})"));
  comes_back("Tombstone", json::parse(R"({"type": "Tombstone", "formerType": "Note",
    "deleted": "2024-01-01T00:00:00Z"})"));
  comes_back("SecV1", json::parse(R"({"type": "Key", "owner": "https://example.com/Actor",
    "publicKeyPem": "PEM"})"));
  comes_back("Lemmy", json::parse(R"({"type": "Group", "matrixUserId": "@a:b", "removeData": true,
    "commentsEnabled": false, "distinguished": true, "postingRestrictedToMods": false,
    "moderators": "https://x.example/mods"})"));
}

TEST_CASE("what has no address of its own is shown as it was said, also where a view refers") {
  Reading reading;
  const json sent = json::parse(R"({"id": "https://example.com/n", "type": "Profile",
    "describes": {"id": "part", "name": "relative"},
    "context": {"id": "_:a", "type": "Note", "name": "labelled"},
    "tag": [{"id": "_:b", "type": "Mention", "context": {"id": "_:c", "context": "_:b"}},
            {"id": "_:c", "name": "in a circle"}]})");
  CHECK(reading("", sent) == sent);
  json hidden = sent;
  hidden["describes"]["bto"] = hidden["context"]["bto"] = "https://other.example/secret";
  CHECK(reading("", hidden) == sent);
}

TEST_CASE("a view leaves out what its table does not have") {
  Reading reading;
  const json shown = reading("Endpoints", json::parse(R"({"id": "https://example.com/e",
    "sharedInbox": "https://example.com/inbox", "content": "not an endpoint"})"));
  CHECK(shown == json::parse(R"({"id": "https://example.com/e",
    "sharedInbox": "https://example.com/inbox"})"));
}

TEST_CASE("always an array, a plain string, a number: whatever the sender wrote") {
  Reading reading;
  const json shown = reading("Object", json::parse(R"({"id": "https://example.com/sloppy",
    "type": "Note", "to": "as:Public", "cc": {"id": "https://x.example/f", "type": "Person"},
    "tag": {"type": "Mention", "href": "https://x.example/m"}, "attachment": []})"));
  CHECK(shown["to"] == json::array({"https://www.w3.org/ns/activitystreams#Public"}));
  CHECK(shown["cc"] == json::array({"https://x.example/f"}));
  CHECK(shown["tag"].size() == 1);
  CHECK(shown["tag"].is_array());
}

TEST_CASE("languages are kept, all of them") {
  Reading reading;
  const json shown = reading("Object", json::parse(R"({"id": "https://example.com/languages",
    "type": "Note", "contentMap": {"en": "hello", "es": "hola"}, "nameMap": {"de": "Titel"},
    "summaryMap": {"fr": "s"}})"));
  CHECK(shown["contentMap"] == json::parse(R"({"en": "hello", "es": "hola"})"));
  CHECK(shown["nameMap"] == json::parse(R"({"de": "Titel"})"));
  CHECK(shown["summaryMap"] == json::parse(R"({"fr": "s"})"));
}

TEST_CASE("older names are read as what they mean") {
  Reading reading;
  const json shown = reading("Actor", json::parse(R"({"id": "https://example.com/old",
    "type": "Person", "http://www.w3.org/ns/ldp#outbox": {"id": "https://example.com/old/out"}})"));
  CHECK(shown["outbox"] == "https://example.com/old/out");
}

TEST_CASE("every view claims something or is asked for by name, and no field stands twice in it") {
  for (const qp::vocab::View& view : qp::vocab::kViews) {
    CAPTURE(view.name);
    std::set<std::string_view> seen;
    for (const qp::vocab::Fields part : view.fields) {
      for (const qp::vocab::Field& field : part) {
        const bool is_new = seen.insert(field.property.iri).second;
        // An activity's object is in the tables of Carrier twice: embedded comes first.
        CHECK((is_new || view.name == "Carrier"));
      }
    }
  }
}
