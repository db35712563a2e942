#pragma once

#include <string>
#include <string_view>

/// IRIs as text (RFC 3986, RFC 3987). Nothing here is looked up or fetched.
namespace qp::rdf {

/// The five components of RFC 3986 appendix B, borrowed. A component that is not there differs from
/// an empty one (`http://a?` has an empty query).
struct IriParts {
  std::string_view scheme, authority, path, query, fragment;
  bool has_scheme = false, has_authority = false, has_query = false, has_fragment = false;
};
IriParts split_iri(std::string_view iri);

/// `reference` against `base`, RFC 3986 5.2, strict. An empty base leaves it as it is.
std::string resolve_iri(std::string_view base, std::string_view reference);

/// Begins with a scheme and a colon.
bool has_scheme(std::string_view text);

/// May stand in RDF as it is: a scheme, at most one `#`, and only IRI characters.
bool is_absolute_iri(std::string_view text);
/// Nothing that an IRIREF of Turtle cannot hold: no control characters, blanks, `<>"{}|\^` or
/// backquotes, no broken UTF-8.
bool has_only_iri_characters(std::string_view text);

/// `scheme://host[:port]` as written, a view into `iri`; empty where there is no authority. Any
/// user information is an authority of its own and stays in.
std::string_view origin(std::string_view iri);
/// The host as written, without user information, port and the brackets of an IP literal.
std::string_view host(std::string_view iri);

}  // namespace qp::rdf
