#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "rdf/nquads.hpp"
#include "view/serve.hpp"

namespace qp::view {

/// What was served as JSON-LD, as RDF: the same statements, since it is made of the same bytes.
/// NQuads and TriG name the resource's graph, `iri`.
Result<std::string> as_rdf(std::string_view body, std::string_view iri, rdf::Syntax syntax,
                           const Contexts& contexts);

}  // namespace qp::view
