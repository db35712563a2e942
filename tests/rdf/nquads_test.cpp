#include "rdf/nquads.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <random>
#include <string>

using namespace qp;
using namespace qp::rdf;

namespace {

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

bool reads(std::string_view text, Syntax syntax = Syntax::NQuads) {
  return parse_quads(text, syntax).has_value();
}

}  // namespace

TEST_CASE("N-Quads are read and written back the same") {
  constexpr std::string_view kText =
      "<http://a/s> <http://a/p> \"x\\n\\\"y\\\\\\r\ttab\" .\n"
      "_:b0 <http://a/p> \"hallo\"@de-AT <http://a/g> .\n"
      "_:b0 <http://a/p> \"1\"^^<http://www.w3.org/2001/XMLSchema#integer> _:g .\n";
  const auto dataset = parse_quads(kText, Syntax::NQuads);
  REQUIRE(dataset.has_value());
  CHECK(to_nquads(*dataset) == kText);
}

TEST_CASE("RDFC-1.0 escapes control characters, RDF 1.1 does not") {
  const Term term =
      Term::literal(std::string("\b\t\f\x01\x7f"), "http://www.w3.org/2001/XMLSchema#string");
  std::string plain, canonical;
  write_term(term, plain);
  write_term(term, canonical, Escapes::Rdfc10);
  CHECK(plain == "\"\b\t\f\x01\x7f\"");
  CHECK(canonical == "\"\\b\\t\\f\\u0001\\u007F\"");
}

TEST_CASE("Turtle prefixes, base and abbreviations become quads") {
  const auto dataset = parse_quads(
      "@base <http://a/b/> . @prefix : <ns#> .\n:s a <../c> ; :p ( 1 true ) , [ :q 'x' ] .\n",
      Syntax::Turtle);
  REQUIRE(dataset.has_value());
  CHECK(dataset->size() == 8);
  CHECK(dataset->front().s.value == "http://a/b/ns#s");
  CHECK(dataset->front().o.value == "http://a/c");
}

TEST_CASE("a term that RDF does not allow is refused though Serd lets it pass") {
  CHECK_FALSE(reads("<http://a/\\u000A> <http://a/p> <http://a/o> .\n"));
  CHECK_FALSE(reads("<http://a/\\u0020b> <http://a/p> <http://a/o> .\n"));
  CHECK_FALSE(reads("<s> <http://a/p> <http://a/o> .\n"));
  CHECK_FALSE(reads("<http://a/s> <http://a/p> \"\\uD800\" .\n"));
  CHECK_FALSE(reads("<http://a/s> <http://a/p> \"x\"@toolongatag .\n"));
  CHECK_FALSE(reads("<http://a/s> <http://a/p> \"\xff\" .\n"));
  CHECK_FALSE(reads("<http://a/\\u0000> <http://a/p> <http://a/o> .\n"));
}

TEST_CASE("a NUL is read in a literal and refused outside: what follows is never dropped") {
  const std::string line = "<http://a/s> <http://a/p> \"x\" .\n";
  const std::string nul(1, '\0');
  for (const Syntax syntax : {Syntax::NTriples, Syntax::NQuads, Syntax::Turtle, Syntax::TriG}) {
    CHECK_FALSE(reads(joined({nul, line}), syntax));
    CHECK_FALSE(reads(joined({line, nul, line}), syntax));
    CHECK_FALSE(reads(joined({"<http://a/s> ", nul, " <http://a/p> \"x\" .\n", line}), syntax));
    const auto dataset =
        parse_quads(joined({"<http://a/s> <http://a/p> \"a", nul, "b\\u0000\" .\n"}), syntax);
    REQUIRE(dataset.has_value());
    CHECK(dataset->front().o.value == joined({"a", nul, "b", nul}));
  }
}

TEST_CASE("the byte FF, for Serd the end, is refused: what follows is never dropped") {
  const std::string line = "<http://x.example/s> <http://x.example/p> \"o\" .\n";
  for (const Syntax syntax : {Syntax::NTriples, Syntax::NQuads, Syntax::Turtle, Syntax::TriG}) {
    CHECK_FALSE(parse_quads("\xff", syntax));
    CHECK_FALSE(parse_quads(joined({line, "\xff", line}), syntax));
    CHECK_FALSE(parse_quads(joined({line, "# \xff\n", line}), syntax));
  }
}

TEST_CASE("a text that ends in the middle of a line is refused") {
  CHECK_FALSE(reads("<http://a/s> <http://a/p> \"x"));
  CHECK_FALSE(reads("<http://a/s> <http://a/p>"));
}

TEST_CASE("nesting beyond the limit is refused before Serd sees it") {
  const auto nested = [](std::size_t depth) {
    std::string text = "<http://a/s> <http://a/p> ";
    for (std::size_t i = 0; i < depth; ++i) text += "[ <http://a/p> ( ";
    for (std::size_t i = 0; i < depth; ++i) text += ") ]";
    return text + " .\n";
  };
  CHECK(reads(nested(kTurtleDepth / 2), Syntax::Turtle));
  const auto refused = parse_quads(nested(100'000), Syntax::TriG);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::TooLarge);
}

TEST_CASE("brackets in strings, comments and IRIs do not nest") {
  const std::string many(2 * kTurtleDepth, '[');
  CHECK(reads("# " + many + "\n<http://a/s> <http://a/p> \"" + many + "\", '''" + many +
                  "''', \"\", \"\\\"" + many + "\" .\n",
              Syntax::Turtle));
}

TEST_CASE("an error of the sink stops reading and comes back") {
  std::size_t seen = 0;
  const std::string line = "<http://a/s> <http://a/p> <http://a/o> .\n";
  std::string_view text = line;
  const ByteSource source = [&](std::span<char> buffer) {
    const std::size_t count = text.copy(buffer.data(), buffer.size());
    text.remove_prefix(count);
    return count;
  };
  const auto result = read_quads(source, Syntax::NQuads, {}, [&](const QuadView&) -> Result<void> {
    ++seen;
    return error(Code::Storage, "full");
  });
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Code::Storage);
  CHECK(seen == 1);
}

namespace {

// A blank at the start means nothing, but makes a line one that is not plain: a whole reader's.
bool reads_alike(const std::string& line) {
  for (const Syntax syntax : {Syntax::NQuads, Syntax::NTriples}) {
    const auto plain = parse_quads(line, syntax), whole = parse_quads(" " + line, syntax);
    if (plain.has_value() != whole.has_value() || (plain && *plain != *whole)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("a line in its plainest form is read as every other, whatever is wrong with it") {
  const std::array<std::string, 6> lines = {
      "<http://a/s> <http://a/p> <http://a/o> <http://a/g> .\n",
      "<http://a/s> <http://a/p> \"text\" .\n",
      "_:b0 <http://a/p> \"hallo\"@de-AT <http://a/g#x> .\n",
      "_:b-1 <http://a/p> \"1\"^^<http://www.w3.org/2001/XMLSchema#integer> _:g .\n",
      "<http://a/\xC3\xA9> <urn:p> \"\xE2\x82\xAC\" _:1 .\r\n",
      "<http://a/s> <http://a/p> \"\"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#langString> "
      ".\n"};
  const std::string bytes =
      joined({"<>\"\\^@_:. #abz09-\t\r\n{}|`u\x7F\xC3\xA9\xFF\x01/", std::string_view("\0", 1)});
  std::mt19937 random(7);
  for (const std::string& line : lines) {
    CHECK(reads_alike(line));
    for (std::size_t end = 0; end < line.size(); ++end) {
      const std::string cut = line.substr(0, end);
      CAPTURE(cut);
      CHECK(reads_alike(cut));
      CHECK(reads_alike(cut + "\n"));
    }
    for (int round = 0; round < 4000; ++round) {
      std::string changed = line;
      for (int edits = 1 + static_cast<int>(random() % 3); edits > 0; --edits) {
        const std::size_t at = random() % changed.size();
        const char byte = bytes[random() % bytes.size()];
        if (random() % 3 == 0) {
          changed.insert(at, 1, byte);
        } else if (random() % 2 == 0) {
          changed[at] = byte;
        } else if (changed.size() > 1) {
          changed.erase(at, 1);
        }
      }
      CAPTURE(changed);
      CHECK(reads_alike(changed));
    }
  }
}

TEST_CASE("a line that begins like no quad, for Serd the end, is refused: nothing is dropped") {
  const std::string line = "<http://a/s> <http://a/p> <http://a/o> .\n";
  for (const Syntax syntax : {Syntax::NTriples, Syntax::NQuads, Syntax::Turtle, Syntax::TriG}) {
    for (const char* garbage :
         {"garbage", "=", "\xC3\xA9", "\"x\" <http://a/p> <http://a/o> .", ")"}) {
      CAPTURE(garbage);
      CHECK_FALSE(reads(joined({line, garbage, "\n", line}), syntax));
      CHECK_FALSE(reads(joined({line, garbage}), syntax));
      CHECK_FALSE(reads(joined({"<http://a/s> <http://a/p> <http://a/o> . ", garbage, "\n", line}),
                        syntax));
    }
    CHECK(reads("", syntax));
    CHECK(reads("\n \t\n# a comment\n#", syntax));
  }
}

TEST_CASE("a byte order mark is one at the start of the text, and nowhere else") {
  const std::string mark = "\xEF\xBB\xBF", line = "<http://a/s> <http://a/p> <http://a/o> .\n";
  CHECK(reads(mark + line + line));
  CHECK_FALSE(reads(line + mark + line));
  CHECK_FALSE(reads(line + mark));
}

TEST_CASE("lines of any length and kind follow each other, and an error says which one it was") {
  std::string text;
  Dataset expected;
  for (std::size_t i = 0; i < 400; ++i) {
    const std::string value(i % 20 == 0 ? i * 1000 : i % 50, 'v');
    const std::string subject = "http://a/" + std::to_string(i);
    expected.push_back(
        {Term::iri(subject), Term::iri("http://a/p"),
         Term::literal(value + (i % 3 == 0 ? "\n" : ""), "http://www.w3.org/2001/XMLSchema#string"),
         i % 2 == 0 ? Term() : Term::iri("http://a/g")});
    write_nquad(expected.back(), text);
    if (i % 7 == 0) text += i % 14 == 0 ? "\n" : "  # nothing\r\n";
  }
  const auto dataset = parse_quads(text, Syntax::NQuads);
  REQUIRE(dataset.has_value());
  CHECK(*dataset == expected);
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  const auto broken = parse_quads(text + "<http://a/s> .\n" + text, Syntax::NQuads);
  REQUIRE_FALSE(broken.has_value());
  CHECK(broken.error().detail.find("line " + std::to_string(lines + 1) + ":") != std::string::npos);
}
