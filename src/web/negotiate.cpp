#include "web/negotiate.hpp"

#include <array>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace qp::web {

namespace {

/// One element of an Accept field.
struct Range {
  std::string type, subtype;  ///< lower case; "*" for any
  int quality = 1000;         ///< q in thousandths
};

struct Offer {
  Representation representation;
  std::string_view type, subtype;
};
constexpr std::array<Offer, 8> kOffers = {{
    {Representation::ActivityJson, "application", "activity+json"},
    {Representation::LdJson, "application", "ld+json"},
    {Representation::Json, "application", "json"},
    {Representation::Html, "text", "html"},
    {Representation::Html, "application", "xhtml+xml"},
    {Representation::Turtle, "text", "turtle"},
    {Representation::TriG, "application", "trig"},
    {Representation::NQuads, "application", "n-quads"},
}};

/// As text::split, but a separator inside a quoted string does not count.
std::vector<std::string_view> split_unquoted(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == separator && !quoted) {
      pieces.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  pieces.push_back(text.substr(begin));
  return pieces;
}

/// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ), RFC 9110 12.4.2.
std::optional<int> parse_quality(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int quality = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return std::nullopt;
    quality += (c - '0') * weight;
    weight /= 10;
  }
  return quality <= 1000 ? std::optional(quality) : std::nullopt;
}

std::optional<Range> parse_range(std::string_view element) {
  const std::vector<std::string_view> parts = split_unquoted(element, ';');
  const auto [type, subtype] = text::split_once(text::trim(parts[0]), '/');
  if (type.empty() || !subtype || subtype->empty()) return std::nullopt;
  Range range{text::lower(text::trim(type)), text::lower(text::trim(*subtype))};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto [name, value] = text::split_once(text::trim(parts[i]), '=');
    if (!value || !text::equals_ignoring_case(text::trim(name), "q")) continue;
    const std::optional<int> quality = parse_quality(text::trim(*value));
    if (!quality) return std::nullopt;
    range.quality = *quality;
  }
  return range;
}

/// 0: does not match; else the larger the more exact.
int specificity(const Range& range, const Offer& offer) {
  if (range.type == "*" && range.subtype == "*") return 1;
  if (range.type != offer.type) return 0;
  if (range.subtype == "*") return 2;
  return range.subtype == offer.subtype ? 3 : 0;
}

/// RFC 9110 12.5.1: the most specific range that matches decides.
int quality_of(const Offer& offer, const std::vector<Range>& ranges) {
  int best = 0;
  int quality = 0;
  for (const Range& range : ranges) {
    const int match = specificity(range, offer);
    if (match < best || match == 0) continue;
    quality = match == best ? std::max(quality, range.quality) : range.quality;
    best = match;
  }
  return quality;
}

/// The type without its parameters.
std::string essence(std::string_view content_type) {
  return text::lower(text::trim(text::split_once(content_type, ';').first));
}

}  // namespace

std::string_view content_type(Representation representation) {
  switch (representation) {
    case Representation::ActivityJson:
      return "application/activity+json";
    case Representation::LdJson:
      return R"(application/ld+json; profile="https://www.w3.org/ns/activitystreams")";
    case Representation::Json:
      return "application/json";
    case Representation::Html:
      return "text/html; charset=utf-8";
    case Representation::Turtle:
      return "text/turtle; charset=utf-8";
    case Representation::TriG:
      return "application/trig; charset=utf-8";
    case Representation::NQuads:
      return "application/n-quads; charset=utf-8";
  }
  return "application/activity+json";
}

std::optional<Representation> negotiate(std::optional<std::string_view> accept) {
  if (!accept || text::trim(*accept).empty()) return Representation::ActivityJson;
  for (const auto usual : {Representation::ActivityJson, Representation::LdJson}) {
    if (*accept == content_type(usual)) return usual;
  }
  std::vector<Range> ranges;
  for (const std::string_view element : split_unquoted(*accept, ',')) {
    if (std::optional<Range> range = parse_range(element)) ranges.push_back(std::move(*range));
  }
  std::optional<Representation> chosen;
  int best = 0;
  for (const Offer& offer : kOffers) {
    const int quality = quality_of(offer, ranges);
    if (quality <= best) continue;
    best = quality;
    chosen = offer.representation;
  }
  return chosen;
}

bool is_activity_type(std::string_view content_type) {
  const std::string type = essence(content_type);
  return type == "application/activity+json" || type == "application/ld+json";
}
bool is_json_type(std::string_view content_type) {
  return essence(content_type) == "application/json";
}
bool is_form_type(std::string_view content_type) {
  return essence(content_type) == "application/x-www-form-urlencoded";
}

}  // namespace qp::web
