#include <fstream>
#include <sstream>

#include "../store/temporary_store.hpp"
#include "bulk/dump_reader.hpp"

namespace qp::bulk {
namespace {

/// `position=bytes` of all records; of one in trouble `position!`.
std::vector<std::string> all(DumpReader& reader) {
  std::vector<std::string> records;
  while (const auto record = reader.next()) {
    records.push_back(record->position + (record->bytes ? "=" + *record->bytes : "!"));
  }
  return records;
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("a folder is read with what is below it, by name; other files are left alone") {
  const store::TemporaryFolder folder;
  write_file(folder.path() / "b.json", "{\"b\": 1}");
  write_file(folder.path() / "a" / "c.jsonld", "{}");
  write_file(folder.path() / "a" / "notes.txt", "x");
  std::istringstream nothing;
  const auto reader = store::must(read_as2({folder.path()}, nothing));
  CHECK(all(*reader) ==
        std::vector<std::string>{(folder.path() / "a" / "c.jsonld").string() + "={}",
                                 (folder.path() / "b.json").string() + "={\"b\": 1}"});
}

TEST_CASE("the items of an array are records of their own, numbers spelt as they were") {
  std::istringstream input(R"( [{"w":1.0}, {"w":2}])");
  const auto reader = store::must(read_as2({"-"}, input));
  CHECK(all(*reader) ==
        std::vector<std::string>{R"(standard input#1={"w":1.0})", R"(standard input#2={"w":2})"});
}

TEST_CASE("of an array that breaks off its items are read, and the next file follows") {
  const store::TemporaryFolder folder;
  write_file(folder.path() / "a.json", "[{}");
  write_file(folder.path() / "b.json", "{}");
  std::istringstream nothing;
  const auto reader = store::must(read_as2({folder.path()}, nothing));
  CHECK(all(*reader) == std::vector<std::string>{(folder.path() / "a.json").string() + "#1={}",
                                                 (folder.path() / "a.json").string() + "#2!",
                                                 (folder.path() / "b.json").string() + "={}"});
}

TEST_CASE("of lines a broken one is in trouble by itself, by its number; empty ones say nothing") {
  const store::TemporaryFolder folder;
  write_file(folder.path() / "a.ndjson", "{\"a\": \"}\"}\n\n{]\n{}");
  std::istringstream nothing;
  const auto reader = store::must(read_as2({folder.path() / "a.ndjson"}, nothing));
  const std::string name = (folder.path() / "a.ndjson").string();
  CHECK(all(*reader) ==
        std::vector<std::string>{name + "#1={\"a\": \"}\"}", name + "#3={]", name + "#4={}"});
}

TEST_CASE("documents one after the other are records of their own") {
  std::istringstream input("{\"a\": [1, {}]} {\"b\": \"\\\"}\"}\n\n5");
  const auto reader = store::must(read_as2({"-"}, input));
  CHECK(all(*reader) == std::vector<std::string>{"standard input={\"a\": [1, {}]}",
                                                 "standard input#2={\"b\": \"\\\"}\"}",
                                                 "standard input#3=5"});
}

TEST_CASE("arrays one after the other, empty ones too, are read to the last") {
  std::istringstream input("[{}][] [1,\n2]{\"a\":3}");
  const auto reader = store::must(read_as2({"-"}, input));
  CHECK(all(*reader) == std::vector<std::string>{"standard input#1={}", "standard input#2=1",
                                                 "standard input#3=2",
                                                 "standard input#4={\"a\":3}"});
  std::istringstream none("[\n]");
  CHECK(all(*store::must(read_as2({"-"}, none))).empty());
}

TEST_CASE("where each has a line of its own the line after a broken one is read") {
  std::istringstream input(
      "{\"a\": 1}\n{\"b\": \"x\n{\"c\": [\r\n{\"d\": 4}\n}}\n{\"e\":5}\n\n{\"f\": "
      "[6,\n{}]}\n{\"g\"");
  const auto reader = store::must(read_as2({"-"}, input));
  CHECK(all(*reader) == std::vector<std::string>{"standard input={\"a\": 1}", "standard input#2!",
                                                 "standard input#3!", "standard input#4={\"d\": 4}",
                                                 "standard input#5!", "standard input#6={\"e\":5}",
                                                 "standard input#7!", "standard input#8={}",
                                                 "standard input#9!", "standard input#10!"});
  std::istringstream pretty("{\n\"a\":\n[\n{}\n]\n}\n{\"b\": [\n{}]}\n");
  CHECK(all(*store::must(read_as2({"-"}, pretty))) ==
        std::vector<std::string>{"standard input={\n\"a\":\n[\n{}\n]\n}",
                                 "standard input#2={\"b\": [\n{}]}"});
}

TEST_CASE("what macOS puts beside files is not read, and a folder with nothing else is told") {
  const store::TemporaryFolder folder;
  write_file(folder.path() / "full" / "a.json", "{}");
  write_file(folder.path() / "full" / "._a.json", "x");
  write_file(folder.path() / "full" / "__MACOSX" / "b.json", "x");
  write_file(folder.path() / "none" / "__MACOSX" / "b.json", "x");
  write_file(folder.path() / "none" / "picture.png", "x");
  std::istringstream nothing;
  const auto reader =
      store::must(read_as2({folder.path() / "full", folder.path() / "none"}, nothing));
  CHECK(all(*reader) ==
        std::vector<std::string>{(folder.path() / "full" / "a.json").string() + "={}",
                                 (folder.path() / "none").string() + "!"});
}

TEST_CASE("an archive that comes as a stream is told to be one, once") {
  for (const std::string begin : {"\x1f\x8b\x08", "PK\3\4"}) {
    std::istringstream input(begin + "{}\n{}");
    const auto reader = store::must(read_as2({"-"}, input));
    const auto record = reader->next();
    REQUIRE(record);
    REQUIRE_FALSE(record->bytes);
    CHECK(record->bytes.error().detail.find("archive") != std::string::npos);
    CHECK_FALSE(reader->next());
  }
}

TEST_CASE("a path that is not there is named") {
  std::istringstream nothing;
  const auto reader = read_as2({"/no/such/file"}, nothing);
  REQUIRE_FALSE(reader);
  CHECK(reader.error().detail.find("/no/such/file") != std::string::npos);
}

}  // namespace qp::bulk
