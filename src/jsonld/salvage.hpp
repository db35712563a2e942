#pragma once

#include <functional>

#include "base/json.hpp"

namespace qp::jsonld {

/// What cannot be mapped to RDF is kept as JSON (spec: jsonld.md 7.6): a document in which every
/// member that keeps it from being expanded stands as a JSON literal under the private vocabulary,
/// as deep down as possible; in the end the whole document under `document` there.
///
/// `expands` says whether a document can be expanded. It is asked often: this is for an operator
/// who brings in a document, not for what comes by network.
json::Value salvage(json::Value document, const std::function<bool(json::Value)>& expands,
                    json::Arena& arena);

}  // namespace qp::jsonld
