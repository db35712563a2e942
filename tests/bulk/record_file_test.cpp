#include "bulk/record_file.hpp"

#include <doctest/doctest.h>

namespace qp::bulk {

TEST_CASE("records that wait come back as they were, in their order, with who may know") {
  RecordFile file;
  CHECK_FALSE(RecordFile().next());
  Record first{"a#1", std::string("{}"), Record::Kind::Member, "likes", "[]"};
  first.readers = {"https://a.example/1", ""};
  Record second{"a#2", std::string("\0x", 2), Record::Kind::Document, "", ""};
  Record third = second;
  third.readers.emplace();
  for (const Record* one : {&first, &second, &third}) REQUIRE(file.add(*one));
  CHECK(file.size() == 3);
  for (const Record* one : {&first, &second, &third}) {
    const auto record = file.next();
    REQUIRE(record);
    REQUIRE(record->bytes);
    CHECK(*record->bytes == *one->bytes);
    CHECK(record->position == one->position);
    CHECK(record->kind == one->kind);
    CHECK(record->collection == one->collection);
    CHECK(record->context == one->context);
    CHECK(record->readers == one->readers);
  }
  CHECK_FALSE(file.next());
}

}  // namespace qp::bulk
