#include "rdf/iri.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace qp::rdf {

namespace {

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_scheme_character(char c) {
  return is_alpha(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

/// Which bytes an IRI may not have, and which belong to a character that is not ASCII.
enum ByteClass : unsigned char { kPlain, kExcluded, kNotAscii };
constexpr std::array<unsigned char, 256> kByteClasses = [] {
  std::array<unsigned char, 256> table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte) {
    if (byte <= 0x20 || byte == 0x7f) table[byte] = kExcluded;
    if (byte >= 0x80) table[byte] = kNotAscii;
  }
  for (const char c : std::string_view("<>\"{}|\\^`")) {
    table[static_cast<unsigned char>(c)] = kExcluded;
  }
  return table;
}();

/// Length of the scheme at the start of `text`, 0 where there is none.
std::size_t scheme_length(std::string_view text) {
  if (text.empty() || !is_alpha(text.front())) return 0;
  const auto* end = std::ranges::find_if_not(text, is_scheme_character);
  return end != text.end() && *end == ':' ? static_cast<std::size_t>(end - text.begin()) : 0;
}

void remove_last_segment(std::string& out) {
  const std::size_t slash = out.rfind('/');
  out.erase(slash == std::string::npos ? 0 : slash);
}

/// RFC 3986 5.2.4; letters are the steps there.
std::string remove_dot_segments(std::string_view in) {
  std::string out;
  out.reserve(in.size());
  while (!in.empty()) {
    if (in.starts_with("../")) {  // A
      in.remove_prefix(3);
    } else if (in.starts_with("./") || in.starts_with("/./")) {  // A, B
      in.remove_prefix(2);
    } else if (in == "/.") {  // B
      in = "/";
    } else if (in.starts_with("/../")) {  // C
      in.remove_prefix(3);
      remove_last_segment(out);
    } else if (in == "/..") {  // C
      in = "/";
      remove_last_segment(out);
    } else if (in == "." || in == "..") {  // D
      in = {};
    } else {  // E
      const std::size_t end = std::min(in.find('/', 1), in.size());
      out += in.substr(0, end);
      in.remove_prefix(end);
    }
  }
  return out;
}

/// RFC 3986 5.2.3.
std::string merge(const IriParts& base, std::string_view path) {
  std::string merged;
  if (base.has_authority && base.path.empty()) {
    merged = "/";
  } else if (const std::size_t slash = base.path.rfind('/'); slash != std::string_view::npos) {
    merged = base.path.substr(0, slash + 1);
  }
  return merged.append(path);
}

/// RFC 3986 5.3, with a path of its own.
std::string compose(const IriParts& parts, std::string_view path) {
  std::string out;
  if (parts.has_scheme) out.append(parts.scheme).append(":");
  if (parts.has_authority) out.append("//").append(parts.authority);
  // A path of `//x` would read as an authority (RFC 3986 3.3, erratum 4547).
  if (!parts.has_authority && path.starts_with("//")) out.append("/.");
  out.append(path);
  if (parts.has_query) out.append("?").append(parts.query);
  if (parts.has_fragment) out.append("#").append(parts.fragment);
  return out;
}

}  // namespace

IriParts split_iri(std::string_view iri) {
  IriParts parts;
  if (const std::size_t length = scheme_length(iri)) {
    parts.has_scheme = true;
    parts.scheme = iri.substr(0, length);
    iri.remove_prefix(length + 1);
  }
  if (const std::size_t hash = iri.find('#'); hash != std::string_view::npos) {
    parts.has_fragment = true;
    parts.fragment = iri.substr(hash + 1);
    iri = iri.substr(0, hash);
  }
  if (const std::size_t mark = iri.find('?'); mark != std::string_view::npos) {
    parts.has_query = true;
    parts.query = iri.substr(mark + 1);
    iri = iri.substr(0, mark);
  }
  if (iri.starts_with("//")) {
    parts.has_authority = true;
    const std::size_t slash = std::min(iri.find('/', 2), iri.size());
    parts.authority = iri.substr(2, slash - 2);
    iri.remove_prefix(slash);
  }
  parts.path = iri;
  return parts;
}

// RFC 3986 5.2.2.
std::string resolve_iri(std::string_view base, std::string_view reference) {
  IriParts target = split_iri(reference);
  if (base.empty()) return std::string(reference);
  if (target.has_scheme) return compose(target, remove_dot_segments(target.path));
  const IriParts from = split_iri(base);
  target.has_scheme = from.has_scheme;
  target.scheme = from.scheme;
  if (target.has_authority) return compose(target, remove_dot_segments(target.path));
  target.has_authority = from.has_authority;
  target.authority = from.authority;
  if (target.path.empty()) {
    if (!target.has_query) {
      target.has_query = from.has_query;
      target.query = from.query;
    }
    return compose(target, from.path);
  }
  if (target.path.starts_with('/')) return compose(target, remove_dot_segments(target.path));
  return compose(target, remove_dot_segments(merge(from, target.path)));
}

bool has_scheme(std::string_view text) { return scheme_length(text) != 0; }

bool has_only_iri_characters(std::string_view text) {
  unsigned all = 0;
  for (const char c : text) all |= kByteClasses[static_cast<unsigned char>(c)];
  if (all & kExcluded) return false;
  return !(all & kNotAscii) || text::is_utf8(text);
}

bool is_absolute_iri(std::string_view text) {
  if (!has_scheme(text) || !has_only_iri_characters(text)) return false;
  const std::size_t hash = text.find('#');
  return hash == text.npos || text.find('#', hash + 1) == text.npos;
}

std::string_view origin(std::string_view iri) {
  const IriParts parts = split_iri(iri);
  if (!parts.has_scheme || !parts.has_authority || parts.authority.empty()) return {};
  return iri.substr(0, parts.scheme.size() + 3 + parts.authority.size());
}

std::string_view host(std::string_view iri) {
  std::string_view authority = split_iri(iri).authority;
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    authority.remove_prefix(at + 1);
  }
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    return end == std::string_view::npos ? std::string_view() : authority.substr(1, end - 1);
  }
  return authority.substr(0, authority.find(':'));
}

}  // namespace qp::rdf
