// The readers of N-Quads, Turtle and TriG (QP_FUZZ_SYNTAX): what they give are valid quads, which
// are the same when they are written and read again. Lines of N-Quads in their plainest form, which
// are not Serd's to read, are read as Serd does.
#include "fuzz.hpp"
#include "rdf/nquads.hpp"

using namespace qp;

namespace {

constexpr auto kSyntax = rdf::Syntax::QP_FUZZ_SYNTAX;

// A blank before each line changes nothing but that it is not in its plainest form; nothing may
// come before a byte order mark.
std::string spaced(std::string_view text) {
  std::string out = text.starts_with('\xef') ? "" : " ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += ' ';
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const std::string_view base = "https://example.org/base";
  const auto dataset = rdf::parse_quads(text, kSyntax, base);
  if constexpr (kSyntax == rdf::Syntax::NQuads) {
    const auto whole = rdf::parse_quads(spaced(text), kSyntax, base);
    fuzz::expect(whole.has_value() == dataset.has_value(), "plain lines are Serd's lines");
    fuzz::expect(!whole || *whole == *dataset, "plain lines mean what Serd reads");
  }
  if (!dataset) return 0;
  for (const rdf::Quad& quad : *dataset) {
    fuzz::expect(rdf::validate(quad).has_value(), "quads are valid");
  }
  const auto again = rdf::parse_quads(rdf::to_nquads(*dataset), rdf::Syntax::NQuads);
  fuzz::expect(again.has_value(), "what is written can be read");
  fuzz::expect(*again == *dataset, "what is read again is the same");
  return 0;
}
