#include "vocab/terms.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace qp;

static_assert(as::Note.iri == "https://www.w3.org/ns/activitystreams#Note");
static_assert(number(rdf::type.id) == 1, "rows are append only");

TEST_CASE("the row at index i has the id i + 1 and an IRI that no other row has") {
  std::set<std::string_view> seen;
  std::uint64_t expected = 1;
  for (const Word& word : vocab::rows()) {
    CHECK(number(word.id) == expected++);
    CHECK(seen.insert(word.iri).second);
    REQUIRE(vocab::find(word.iri) != nullptr);
    CHECK(*vocab::find(word.iri) == word);
  }
}

TEST_CASE("a word is found by its IRI only") {
  CHECK(*vocab::find("http://www.w3.org/ns/ldp#inbox") == ldp::inbox);
  CHECK(*vocab::find("http://www.w3.org/2001/XMLSchema#double") == xsd::double_);
  CHECK(vocab::find("https://www.w3.org/ns/activitystreams#inbox") == nullptr);
  CHECK(vocab::find("") == nullptr);
}
