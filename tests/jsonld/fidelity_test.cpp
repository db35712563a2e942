#include "jsonld/fidelity.hpp"

#include <doctest/doctest.h>

namespace json = qp::json;
namespace jsonld = qp::jsonld;

namespace {

std::string restored_as(const char* restored, const char* original) {
  json::Arena arena;
  const auto a = json::parse(restored, arena).value();
  const auto b = json::parse(original, arena).value();
  const auto difference = jsonld::difference(a, b, arena);
  const auto result = jsonld::apply_difference(a, difference, arena);
  return json::equal(result, b) ? json::to_text(difference) : "not restored";
}

}  // namespace

TEST_CASE("nothing is kept where nothing was lost, whatever the order of members") {
  CHECK(restored_as(R"({"a":1,"b":[1,2]})", R"({"b":[1,2],"a":1})") == "null");
}

TEST_CASE("nulls, empty arrays and keys that quads cannot hold come back") {
  CHECK(restored_as(R"({"id":"x"})", R"({"id":"x","inReplyTo":null,"cc":[]})") ==
        R"({"+":{"inReplyTo":null,"cc":[]}})");
}

TEST_CASE("an array of one costs no text") {
  CHECK(restored_as(R"({"tag":{"name":"#a"}})", R"({"tag":[{"name":"#a"}]})") ==
        R"({"o":{"tag":{"w":null}}})");
  CHECK(restored_as(R"({"tag":["a"]})", R"({"tag":"a"})") == R"({"o":{"tag":{"u":null}}})");
}

TEST_CASE("a number's spelling comes back") {
  json::Arena arena;
  const auto a = json::parse(R"({"w":1})", arena).value();
  const auto b = json::parse(R"({"w":1.0})", arena).value();
  const auto difference = jsonld::difference(a, b, arena);
  CHECK(json::to_text(jsonld::apply_difference(a, difference, arena)) == R"({"w":1.0})");
}

TEST_CASE("differences reach into arrays of the same length and nested objects") {
  CHECK(restored_as(R"({"a":[{"x":1},{"y":2}]})", R"({"a":[{"x":1},{"y":2,"z":null}]})") ==
        R"({"o":{"a":{"a":{"1":{"+":{"z":null}}}}}})");
}

TEST_CASE("repeats, other orders and nulls in arrays cost no text") {
  CHECK(restored_as(R"({"a":[1,2,3]})", R"({"a":[1,2,2,3]})") == R"({"o":{"a":{"k":[0,1,1,2]}}})");
  CHECK(restored_as(R"({"a":["one","two"]})", R"({"a":["two",null,"one"]})") ==
        R"({"o":{"a":{"k":[1,[null],0]}}})");
}

TEST_CASE("the same value under another key, or in other wrapping, costs no text") {
  CHECK(
      restored_as(
          R"({"id":"x","type":"y","toot:featured":{"id":"https://a.example/users/alice/collections/featured"}})",
          R"({"id":"x","type":"y","featured":"https://a.example/users/alice/collections/featured"})") ==
      R"({"r":{"featured":["toot:featured",{"m":"id"}]}})");
  CHECK(restored_as(R"({"actor":"https://a.example/alice"})",
                    R"({"actor":{"id":"https://a.example/alice"}})") ==
        R"({"o":{"actor":{"i":"id"}}})");
  CHECK(
      restored_as(R"({"proof":{"type":"@json","@value":{"w":1,"key":"z6Mkw3F1n6n9r2rwAp0pt3Q5"}}})",
                  R"({"proof":{"w":1.0,"key":"z6Mkw3F1n6n9r2rwAp0pt3Q5"}})") ==
      R"({"o":{"proof":{"m":"@value","d":{"o":{"w":{"=":1.0}}}}}})");
}

TEST_CASE("a document made to be hard to compare is compared in bounded time") {
  std::string a = "1", b = "2";
  for (int i = 0; i < 60; ++i) {
    a.insert(0, R"({"a":)").append("}");
    b.insert(0, R"({"b":)").append("}");
  }
  restored_as(a.c_str(), b.c_str());
}

TEST_CASE("what no longer fits is left out") {
  json::Arena arena;
  const auto value = json::parse(R"({"a":"changed"})", arena).value();
  const auto difference =
      json::parse(R"({"o":{"a":{"a":{"3":{"=":1}}},"gone":{"w":null}},"-":["b"]})", arena).value();
  CHECK(json::to_text(jsonld::apply_difference(value, difference, arena)) == R"({"a":"changed"})");
}
