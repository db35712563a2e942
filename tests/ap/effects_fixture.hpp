#pragma once

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "ap/collection.hpp"
#include "fixture.hpp"

/// What the tests of effects share: Alice has a public note, carol and mallory are of another
/// server.
namespace qp::ap {

inline const std::string kPublic = "https://www.w3.org/ns/activitystreams#Public";
inline const std::string kToPublic = "'to':'" + kPublic + "'";
inline const std::string kCarol = "https://remote.example/users/carol";
inline const std::string kMallory = "https://remote.example/users/mallory";

using Ids = std::vector<std::string>;

struct Effects : Fixture {
  Effects() : note(post(alice, kPublicNote)->object) {}
  std::string likes() const { return collection_of(note, Role::Likes); }
  std::string shares() const { return collection_of(note, Role::Shares); }
  std::string replies() const { return collection_of(note, Role::Replies); }

  static bool accepts(const Result<Receipt>& receipt) {
    return receipt && *receipt == Receipt::Accepted;
  }
  void posted(const Actor& actor, const std::string& text) {
    const auto done = post(actor, text);
    CHECK_MESSAGE(done, (done ? "" : done.error().detail));
  }
  /// A note on the other server.
  static std::string note_of(const std::string& author, const std::string& name,
                             const std::string& more = "") {
    return "{'id':'https://remote.example/notes/" + name + "','type':'Note','attributedTo':'" +
           author + "','content':'" + name + "'" + (more.empty() ? "" : "," + more) + "}";
  }
  nlohmann::json seen_json(const std::string& iri, const std::string& reader = "") {
    return nlohmann::json::parse(seen(iri, reader), nullptr, false);
  }

  std::string note;
};

}  // namespace qp::ap
