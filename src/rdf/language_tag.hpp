#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace qp::rdf {

/// Language tags are the same in any case (RDF 1.1, 3.3), so each is stored and compared in one:
/// that of RFC 5646, 2.1.1, which is how most are written: `en-US`, `zh-Hant-TW`.
///
/// nullopt: the tag has it.
std::optional<std::string> usual_case(std::string_view tag);

}  // namespace qp::rdf
