#include "web/reply.hpp"

#include <doctest/doctest.h>

using namespace qp::web;

TEST_CASE("If-None-Match names a tag alone, in a list, weakly, or by a star") {
  CHECK(names_etag(R"("a")", R"("a")"));
  CHECK(names_etag(R"("b", "a")", R"("a")"));
  CHECK(names_etag(R"(W/"a")", R"("a")"));
  CHECK(names_etag("*", R"("a")"));
  CHECK_FALSE(names_etag(R"("b")", R"("a")"));
  CHECK_FALSE(names_etag("a", R"("a")"));
}
