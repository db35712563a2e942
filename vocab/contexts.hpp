#pragma once

#include <span>
#include <string_view>

/// The JSON-LD contexts that we ship (contexts/*.jsonld), embedded by the build, never fetched.
namespace qp::vocab {

/// `url` is the address that the context is published under; `json` a whole document with
/// @context. Both live as long as the program.
struct BundledContext {
  std::string_view url;
  std::string_view json;
};

std::span<const BundledContext> bundled_contexts();

/// The context for `url` under any of its known spellings: http or https, with or without `#` at
/// the end, the other addresses that serve the same document, and the paths under which every
/// server of a kind serves its own copy (`*/schemas/litepub-0.1.jsonld`, `*/contexts`).
/// nullptr: not shipped.
const BundledContext* find_bundled_context(std::string_view url);

}  // namespace qp::vocab
