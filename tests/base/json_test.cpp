#include "base/json.hpp"

#include <doctest/doctest.h>

#include <string>

namespace json = qp::json;

namespace {

std::string round_trip(std::string_view text) {
  json::Arena arena;
  const auto value = json::parse(text, arena);
  return value ? json::to_text(*value) : "error: " + value.error().message;
}

bool is_refused(std::string_view text, qp::Code code = qp::Code::BadInput) {
  json::Arena arena;
  const auto value = json::parse(text, arena);
  return !value && value.error().code == code;
}

}  // namespace

TEST_CASE("order of members and spelling of numbers are kept") {
  CHECK(round_trip(R"( { "b" : 1.0, "a" : [ -0, 1e2, 12345678901234567890 ] } )") ==
        R"({"b":1.0,"a":[-0,1e2,12345678901234567890]})");
}

TEST_CASE("escapes are read, and written only where they must be") {
  CHECK(round_trip(R"("\u00e9\ud83d\ude00\/\n\u0001")") ==
        "\"\xC3\xA9\xF0\x9F\x98\x80/\\n\\u0001\"");
}

TEST_CASE("every byte is written as it must be, wherever it stands") {
  const auto expected = [](unsigned byte) -> std::string {
    switch (byte) {
      case '"':
        return "\\\"";
      case '\\':
        return "\\\\";
      case '\b':
        return "\\b";
      case '\f':
        return "\\f";
      case '\n':
        return "\\n";
      case '\r':
        return "\\r";
      case '\t':
        return "\\t";
      default:
        break;
    }
    if (byte >= 0x20) return std::string(1, static_cast<char>(byte));
    constexpr char kHex[] = "0123456789abcdef";
    return std::string("\\u00") + kHex[byte >> 4] + kHex[byte & 15];
  };
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (std::size_t at = 0; at < 18; ++at) {
      for (std::size_t after = 0; after < 10; ++after) {
        const std::string front(at, '~'), back(after, '\xff');
        std::string written;
        json::write_string(front + static_cast<char>(byte) + back, written);
        REQUIRE(written == '"' + front + expected(byte) + back + '"');
      }
    }
  }
}

TEST_CASE("what is not JSON is refused") {
  for (const char* text : {"",
                           "{",
                           "[1,]",
                           "{\"a\":1,}",
                           "01",
                           "1.",
                           "+1",
                           "nul",
                           "\"\\x\"",
                           "'a'",
                           "{a:1}",
                           "[1] 2",
                           "\"\\ud800\"",
                           "\"\\udc00\\ud800\"",
                           "\"a\nb\"",
                           "NaN",
                           "{\"a\" 1}",
                           "\xEF\xBB\xBF{}",
                           "--1",
                           "1e",
                           "\"\\u12\""}) {
    CAPTURE(text);
    CHECK(is_refused(text));
  }
  CHECK(is_refused(std::string_view("{}\0", 3)));
}

TEST_CASE("a key that is there twice is refused by name, also among many and behind escapes") {
  CHECK(is_refused(R"({"a":1,"b":2,"a":3})"));
  CHECK(is_refused(R"({"a":1,"\u0061":3})"));
  std::string many = "{\"k7\":0";
  for (int i = 0; i < 100; ++i) many += ",\"k" + std::to_string(i) + "\":0";
  CHECK(is_refused(many + "}"));
  json::Arena arena;
  json::ParseLimits lax;
  lax.allow_duplicate_keys = true;
  const auto value = json::parse(R"({"a":1,"a":2})", arena, lax);
  REQUIRE(value);
  CHECK(json::to_text(*value) == R"({"a":2})");
}

TEST_CASE("depth, members, strings and numbers have limits that hold") {
  CHECK(is_refused(std::string(100'000, '['), qp::Code::TooLarge));
  CHECK(round_trip(std::string(64, '[') + std::string(64, ']')).front() == '[');
  CHECK(is_refused(std::string(65, '[') + std::string(65, ']'), qp::Code::TooLarge));
  std::string items = "[0";
  for (int i = 0; i < 20'001; ++i) items += ",0";
  CHECK(is_refused(items + "]", qp::Code::TooLarge));
  CHECK(is_refused("\"" + std::string(512 * 1024 + 1, 'x') + "\"", qp::Code::TooLarge));
  CHECK(is_refused(std::string(65, '1'), qp::Code::TooLarge));
  CHECK(is_refused("1e400"));
}

TEST_CASE("text that is not UTF-8 is refused") {
  for (const char* text : {"\"\xff\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "\"\xF4\x90\x80\x80\"",
                           "\"\xE2\x82\"", "\"\\n\xff\""}) {
    CAPTURE(text);
    CHECK(is_refused(text));
  }
}

TEST_CASE("equality looks at values, not at order or spelling") {
  json::Arena arena;
  const auto value = [&](const char* text) { return json::parse(text, arena).value(); };
  CHECK(json::equal(value(R"({"a":1,"b":[true,null]})"), value(R"({"b":[true,null],"a":1.0})")));
  CHECK_FALSE(json::equal(value("[1,2]"), value("[2,1]")));
  CHECK_FALSE(json::equal(value("9007199254740993"), value("9007199254740992")));
  CHECK_FALSE(json::equal(value("\"1\""), value("1")));
}

TEST_CASE("values are handles: a change through one is seen through the other") {
  json::Arena arena;
  const auto object = json::Value::object(arena);
  const auto same = object;
  object.set(arena, "a", json::Value::string("x"));
  CHECK(same.get("a").is("x"));
  CHECK(same.erase("a"));
  CHECK(object.empty());
  const auto copy = json::deep_copy(object, arena);
  copy.set(arena, "b", json::Value());
  CHECK(object.empty());
}

TEST_CASE("an arena that was cleared is used again") {
  json::Arena arena;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 100; ++i) arena.copy(std::string(100, 'x'));
    arena.clear();
  }
  CHECK(arena.bytes() < 64 * 1024);
}

TEST_CASE("among many members each is found, set, renamed and erased as among few") {
  json::Arena arena;
  const json::Value object = json::Value::object(arena);
  const auto key = [&](int i) { return arena.copy("key" + std::to_string(i)); };
  const auto number = [&](int i) { return json::Value::number(arena, std::int64_t{i}); };
  for (int i = 0; i < 1000; ++i) {
    object.set(arena, key(i), number(i));
    REQUIRE(object.size() == static_cast<std::size_t>(i) + 1);
    REQUIRE(object.get(key(i / 2)).text() == std::to_string(i / 2));
    REQUIRE_FALSE(object.contains(key(i + 1)));
  }
  object.set(arena, key(500), number(-1));
  CHECK(object.size() == 1000);
  CHECK(object.get("key500").text() == "-1");
  object.rename(object.members()[7], "other");
  CHECK_FALSE(object.contains("key7"));
  CHECK(object.get("other").text() == "7");
  CHECK(object.erase("key3"));
  CHECK_FALSE(object.erase("key3"));
  CHECK(object.get("key4").text() == "4");
  object.set(arena, "last", number(1));
  CHECK(object.size() == 1000);
  CHECK(object.members()[3].key == "key4");
  CHECK(object.get("key999").text() == "999");
  CHECK(object.get("other").text() == "7");
  CHECK_FALSE(object.contains("key3"));
  CHECK(json::equal(json::deep_copy(object, arena), object));
}
