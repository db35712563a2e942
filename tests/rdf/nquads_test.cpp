#include "rdf/nquads.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
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
