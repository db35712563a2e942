#include "rdf/isomorphic.hpp"

#include <doctest/doctest.h>

#include "rdf/nquads.hpp"

using namespace qp::rdf;

namespace {

bool same(std::string_view a, std::string_view b) {
  const auto first_set = parse_quads(a, Syntax::TriG);
  const auto second_set = parse_quads(b, Syntax::TriG);
  REQUIRE(first_set.has_value());
  REQUIRE(second_set.has_value());
  return isomorphic(*first_set, *second_set);
}

}  // namespace

TEST_CASE("labels of blank nodes, order, repeats and case of language tags do not matter") {
  CHECK(same("_:a <t:p> _:b . _:b <t:q> 'x'@EN .", "_:x <t:q> 'x'@en . _:y <t:p> _:x, _:x ."));
  CHECK(same("_:g { _:g <t:p> 1 }", "_:h { _:h <t:p> 1 }"));
}

TEST_CASE("different datasets are told apart") {
  CHECK_FALSE(same("_:a <t:p> _:a .", "_:a <t:p> _:b ."));
  CHECK_FALSE(same("<t:s> <t:p> 1 .", "<t:s> <t:p> 2 ."));
  CHECK_FALSE(same("<t:s> <t:p> 1 .", "<t:g> { <t:s> <t:p> 1 }"));
  CHECK_FALSE(same("_:g { _:g <t:p> 1 }", "_:h { _:i <t:p> 1 }"));
}

TEST_CASE("nodes that look alike locally are told apart: a ring of six is not two rings of three") {
  const char* six =
      "_:a <t:p> _:b . _:b <t:p> _:c . _:c <t:p> _:d . _:d <t:p> _:e . _:e <t:p> _:f . _:f <t:p> "
      "_:a .";
  const char* two_threes =
      "_:a <t:p> _:b . _:b <t:p> _:c . _:c <t:p> _:a . _:d <t:p> _:e . _:e <t:p> _:f . _:f <t:p> "
      "_:d .";
  CHECK(same(six, six));
  CHECK(same(two_threes, two_threes));
  CHECK_FALSE(same(six, two_threes));
}
