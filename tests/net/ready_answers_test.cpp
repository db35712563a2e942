#include "net/ready_answers.hpp"

#include <doctest/doctest.h>

using qp::net::ReadyAnswers;

TEST_SUITE("ready answers") {
  TEST_CASE("what was kept is found in its generation") {
    ReadyAnswers answers;
    CHECK(answers.find("a", 1) == nullptr);
    answers.keep("a", 1, {"begin", "end"});
    REQUIRE(answers.find("a", 1));
    CHECK(answers.find("a", 1)->begin == "begin");
    CHECK(answers.find("a", 1)->end == "end");
    CHECK(answers.find("b", 1) == nullptr);
    CHECK(answers.find("a", 2) == nullptr);
  }

  TEST_CASE("a newer one is kept in place of all older, an older one is not kept") {
    ReadyAnswers answers;
    answers.keep("a", 2, {"two", ""});
    answers.keep("b", 1, {"one", ""});
    CHECK(answers.find("b", 1) == nullptr);
    CHECK(answers.find("b", 2) == nullptr);
    CHECK(answers.find("a", 2));
    answers.keep("b", 3, {"three", ""});
    CHECK(answers.find("a", 2) == nullptr);
    CHECK(answers.find("a", 3) == nullptr);
    CHECK(answers.find("b", 3));
  }

  TEST_CASE("they take no more memory than they may") {
    ReadyAnswers answers(10'000);
    answers.keep("large", 1, {std::string(5'000, 'x'), ""});
    CHECK(answers.find("large", 1) == nullptr);
    std::size_t kept = 0;
    for (int i = 0; i < 100; ++i) answers.keep(std::to_string(i), 1, {std::string(500, 'x'), ""});
    for (int i = 0; i < 100; ++i) kept += answers.find(std::to_string(i), 1) ? 1 : 0;
    CHECK(kept > 0);
    CHECK(kept * 500 < 10'000);
    CHECK(answers.find("99", 1));
  }
}
