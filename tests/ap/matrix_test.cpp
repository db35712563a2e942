// Who may do what: every rule of ap/admit is walked in both directions, for what is the actor's
// own, a neighbour's and a stranger's.

#include <doctest/doctest.h>

#include <map>

#include "ap/admit.hpp"
#include "effects_fixture.hpp"

using namespace qp::ap;

namespace {

enum class Whose { Own, Neighbours, Strangers };

/// Alice and bob are of this server; carol and mallory of one other, dave of a third.
const std::string kDave = "https://third.example/users/dave";

struct Matrix : Effects {
  Matrix() {
    got(receive(kCarol, "Create", note_of(kCarol, "carols", kToPublic), kToPublic));
    got(receive(kMallory, "Create", note_of(kMallory, "mallorys", kToPublic), kToPublic));
    got(receive_text(kDave,
                     "{'@context':'https://www.w3.org/ns/activitystreams','type':'Create','id':"
                     "'https://third.example/1','actor':'" +
                         kDave + "','to':'" + kPublic +
                         "','object':{'type':'Note','id':'https://third.example/note',"
                         "'attributedTo':'" +
                         kDave + "'," + kToPublic + "}}"));
    for (const Actor& actor : {alice, bob}) {
      notes[actor.iri] = post(actor, kPublicNote)->object;
      likes_of[actor.iri] =
          post(actor, "{'type':'Like','object':'https://third.example/x'}")->activity;
      collections[actor.iri] =
          post(actor, "{'type':'Collection','name':'c'," + kToPublic + "}")->object;
      follows_of[actor.iri] = ask(kDave, actor.iri);
    }
    notes[kCarol] = "https://remote.example/notes/carols";
    notes[kMallory] = "https://remote.example/notes/mallorys";
    notes[kDave] = "https://third.example/note";
    for (const std::string& actor : {kCarol, kMallory}) {
      got(receive(actor, "Like", note));
      likes_of[actor] = last_id;
      const std::string name = actor.substr(actor.rfind('/') + 1);
      const std::string list = "https://remote.example/lists/" + name;
      got(receive(actor, "Create",
                  "{'id':'" + list + "','type':'Collection','attributedTo':'" + actor + "'," +
                      kToPublic + "}",
                  kToPublic));
      collections[actor] = list;
      follows_of[actor] = post(bob, "{'type':'Follow','object':'" + actor + "'}")->activity;
    }
    got(receive_text(kDave,
                     "{'@context':'https://www.w3.org/ns/activitystreams','type':'Like','id':"
                     "'https://third.example/like','actor':'" +
                         kDave + "','object':'" + note + "'}"));
    likes_of[kDave] = "https://third.example/like";
    collections[kDave] = "https://third.example/list";
    follows_of[kDave] = post(bob, "{'type':'Follow','object':'" + kDave + "'}")->activity;
  }

  static void got(const qp::Result<Receipt>& receipt) { CHECK(accepts(receipt)); }

  std::string ask(const std::string& follower, const std::string& followed) {
    const std::string id = "https://third.example/follow/" + followed.substr(followed.size() - 8);
    got(receive_text(follower,
                     "{'@context':'https://www.w3.org/ns/activitystreams','type':'Follow',"
                     "'id':'" +
                         id + "','actor':'" + follower + "','object':'" + followed + "'}"));
    return id;
  }

  /// The actor to whom the thing belongs that a rule is asked about.
  static std::string owner(const std::string& actor, Whose whose, const Matrix& matrix) {
    if (whose == Whose::Own) return actor;
    const bool is_local = actor == matrix.alice.iri;
    if (whose == Whose::Neighbours) return is_local ? matrix.bob.iri : kMallory;
    return is_local ? kCarol : kDave;
  }

  /// The activity's JSON members besides type and actor.
  std::string body(const Rule& rule, const std::string& of) {
    const auto object = [](const std::string& iri) { return "'object':'" + iri + "'"; };
    switch (rule.claim) {
      case Claim::OwnObject:
        return rule.type == qp::as::Update
                   ? "'object':{'id':'" + notes.at(of) + "','type':'Note','content':'changed'," +
                         kToPublic + "}"
                   : object(notes.at(of));
      case Claim::OwnActivity:
        return object(likes_of.at(of));
      case Claim::AskedOfActor:
        return object(follows_of.at(of));
      case Claim::OwnCollection:
        return object(note) + ",'target':'" + collections.at(of) + "'";
      case Claim::Itself:
        return object(of) + ",'target':'https://third.example/users/new'";
      case Claim::SomebodyElse:
        return object(of);
    }
    return {};
  }

  std::string fresh_id() { return "https://remote.example/m/" + std::to_string(++fresh_); }

  /// All that an activity could have changed of others' things.
  std::string everything() {
    std::string all;
    for (const auto& [actor, iri] : notes) all += seen(iri, actor) + "\n";
    std::vector<std::string> lists{likes(), shares(), replies()};
    for (const auto& [actor, iri] : collections) lists.push_back(iri);
    for (const Actor& actor : {alice, bob}) {
      all += seen(actor.iri) + "\n";
      for (const Role role : {Role::PendingFollowers, Role::PendingFollowing, Role::Blocked,
                              Role::Featured, Role::Streams}) {
        lists.push_back(collection_of(actor.iri, role));
      }
      for (const auto& one : {actor.followers, actor.following, actor.liked}) lists.push_back(one);
    }
    for (const std::string& list : lists) {
      all += list;
      for (const std::string& member : members(list)) all.append(" ").append(member);
      all += "\n";
    }
    return all;
  }

  std::map<std::string, std::string> notes, likes_of, collections, follows_of;

 private:
  int fresh_ = 0;
};

bool is_allowed(const Rule& rule, Whose whose) {
  return (rule.claim == Claim::SomebodyElse) != (whose == Whose::Own);
}

std::string local_name(const Rule& rule) {
  return std::string(rule.type.iri.substr(qp::as::kNamespace.size()));
}

}  // namespace

TEST_CASE(
    "security 1.1, checklist 62: the whole matrix at the outbox: own things go, others are refused "
    "by name") {
  for (const Rule& rule : rules()) {
    Matrix server;
    for (const Whose whose : {Whose::Neighbours, Whose::Strangers, Whose::Own}) {
      CAPTURE(rule.type.iri);
      CAPTURE(static_cast<int>(whose));
      const std::string of = Matrix::owner(server.alice.iri, whose, server);
      const auto posted = server.post(
          server.alice, "{'type':'" + local_name(rule) + "'," + server.body(rule, of) + "}");
      CHECK(posted.has_value() == is_allowed(rule, whose));
      if (!posted) {
        CHECK(posted.error().code == qp::Code::Forbidden);
        CHECK(posted.error().message == rule.refusal);
      }
    }
  }
}

TEST_CASE("security 1.1: the whole matrix at the inbox: what is not the sender's stays as it is") {
  for (const Rule& rule : rules()) {
    Matrix server;
    for (const Whose whose : {Whose::Neighbours, Whose::Strangers, Whose::Own}) {
      CAPTURE(rule.type.iri);
      CAPTURE(static_cast<int>(whose));
      const std::string of = Matrix::owner(kCarol, whose, server);
      const auto before = server.everything();
      CHECK(server.receive_text(
          kCarol, "{'@context':'https://www.w3.org/ns/activitystreams','id':'" + server.fresh_id() +
                      "','type':'" + local_name(rule) + "','actor':'" + kCarol + "'," +
                      server.body(rule, of) + "}"));
      if (!is_allowed(rule, whose)) CHECK(server.everything() == before);
    }
  }
}
