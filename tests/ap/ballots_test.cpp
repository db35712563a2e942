#include "ap/ballots.hpp"

#include <doctest/doctest.h>

#include "ap/import_document.hpp"
#include "effects_fixture.hpp"

namespace qp::ap {
namespace {

const std::string kQuestion = "http://localhost:8000/objects/of-before";

/// Its author lives here no more.
std::string question(const std::string& choice, const std::string& options) {
  return "{'@context':['https://www.w3.org/ns/activitystreams',{'votersCount':"
         "'http://joinmastodon.org/ns#votersCount'}],'id':'" +
         kQuestion + "','type':'Question','content':'?','votersCount':0,'" + choice + "':[" +
         options + "]," + kToPublic + "}";
}
std::string option(const std::string& name) {
  return "{'type':'Note','name':'" + name + "','replies':{'type':'Collection','totalItems':0}}";
}

struct Polls : Effects {
  Result<Receipt> votes(const std::string& voter, const std::string& name) {
    return receive(voter, "Create",
                   "{'id':'https://remote.example/v" + std::to_string(now.count()) +
                       "','type':'Note','name':'" + name + "','attributedTo':'" + voter +
                       "','inReplyTo':'" + kQuestion + "'," + kToPublic + "}",
                   kToPublic);
  }
  /// Voters, and how many chose each option.
  std::string counts() {
    const auto seen = seen_json(kQuestion);
    std::string text = seen["votersCount"].dump() + ":";
    for (const auto& one : seen[seen.contains("oneOf") ? "oneOf" : "anyOf"]) {
      text += " " + one["replies"]["totalItems"].dump();
    }
    return text;
  }
  Ids exported() {
    Ids lines;
    const auto txn = store::must(services.store.read());
    store::must(export_votes(*txn, [&](const std::string& line, std::size_t) -> Result<void> {
      lines.push_back(line);
      return {};
    }));
    return lines;
  }
  Result<void> take(const std::string& line) {
    return services.store.write([&](store::WriteTxn& txn) { return import_addition(txn, line); });
  }
};

}  // namespace

TEST_CASE("votes that an archive brings are counted, and not again when they are said again") {
  for (const std::string choice : {"oneOf", "anyOf"}) {
    CAPTURE(choice);
    const std::string document = question(choice, option("yes") + "," + option("no"));
    Polls first;
    first.bring(document);
    for (const auto& [voter, name] : std::vector<std::pair<std::string, std::string>>{
             {kCarol, "yes"}, {kMallory, "no"}, {kMallory, "yes"}}) {
      CHECK(first.votes(voter, name));
    }
    const bool is_one = choice == "oneOf";
    CHECK(first.counts() == (is_one ? "2: 1 1" : "2: 2 1"));
    const Ids lines = first.exported();
    REQUIRE(lines.size() == 1);

    Polls second;
    CHECK(second.take(lines[0]).error().code == Code::NotFound);
    second.bring(document);
    for (int time = 0; time < 2; ++time) {
      CHECK(second.take(lines[0]));
      CHECK(second.counts() == first.counts());
    }
    CHECK(second.exported() == lines);
    CHECK(second.votes(kCarol, "yes"));
    CHECK(second.counts() == first.counts());
    CHECK(second.votes("https://remote.example/users/new", "no"));
    CHECK(second.counts() == (is_one ? "3: 1 2" : "3: 2 2"));
    CHECK(second.take(lines[0]));  // the archive is older
    CHECK(second.counts() == (is_one ? "3: 1 2" : "3: 2 2"));
  }
}

TEST_CASE("many voters are several lines, and who chose what is no longer there still voted") {
  Polls first;
  first.bring(question("oneOf", option("yes") + "," + option("no")));
  constexpr int kVoters = 300;
  for (int number = 0; number < kVoters; ++number) {
    CHECK(first.votes("https://remote.example/users/" + std::to_string(number), "yes"));
  }
  CHECK(first.counts() == "300: 300 0");
  first.bring(question("oneOf", option("perhaps")));
  const Ids lines = first.exported();
  CHECK(lines.size() == 2);

  Polls second;
  second.bring(question("oneOf", option("perhaps")));
  for (const std::string& line : lines) CHECK(second.take(line));
  CHECK(second.exported() == lines);
  CHECK(second.votes("https://remote.example/users/7", "perhaps"));
  CHECK(second.counts() == "0: 0");
}

TEST_CASE("votes of an archive are left out where the Question lives here, or say nothing") {
  Polls server;
  const std::string own = server
                              .post(server.alice, "{'type':'Question','content':'?','oneOf':[" +
                                                      option("yes") + "]," + kToPublic + "}")
                              ->object;
  const auto line = [](const std::string& id, const std::string& vote) {
    return R"({"id":")" + id +
           R"(","type":"Question","oneOf":[{"name":"yes","replies":{"totalItems":9}}],)"
           R"("replies":{"items":[)" +
           vote + "]}}";
  };
  CHECK(server.take(line(own, "")));
  CHECK(server.seen_json(own)["oneOf"][0]["replies"]["totalItems"] == 0);
  server.bring(question("oneOf", option("yes")));
  for (const char* vote :
       {"5", R"({"actor":"x","id":"y"})", R"({"actor":["https://a.example/"]})"}) {
    CHECK(server.take(line(kQuestion, vote)).error().code == Code::BadInput);
  }
  CHECK(server.counts() == "0: 0");
  for (const char* odd : {"5", "[]", "{", R"({"id":5})", R"({"id":"https://a.example/"})"}) {
    CHECK_FALSE(server.take(odd));
  }
}

TEST_CASE("a Like that an archive lists does not count twice, and is taken back by its Undo") {
  Polls server;
  const std::string note = "http://localhost:8000/objects/a-note";
  const std::string likes = collection_of(note, Role::Likes);
  const std::string like = "https://remote.example/likes/1";
  server.bring("{'@context':'https://www.w3.org/ns/activitystreams','id':'" + note +
               "','type':'Note','content':'x'," + kToPublic + "}");
  server.bring("{'@context':'https://www.w3.org/ns/activitystreams','id':'" + like +
               "','type':'Like','actor':'" + kCarol + "','object':'" + note + "'," + kToPublic +
               "}");
  store::must(server.services.store.write(
      [&](store::WriteTxn& txn) { return import_listed(txn, likes, like, nullptr); }));
  CHECK(server.members(likes) == Ids{like});
  CHECK(server.receive(kCarol, "Like", note, kToPublic));
  CHECK(server.members(likes) == Ids{like});
  CHECK(server.receive(kCarol, "Undo", like, kToPublic));
  CHECK(server.members(likes).empty());
}

}  // namespace qp::ap
