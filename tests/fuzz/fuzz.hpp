#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "jsonld/context.hpp"
#include "jsonld/jsonld.hpp"
#include "vocab/contexts.hpp"

/// What the targets share. A target aborts where something does not hold; libFuzzer reports that,
/// and what the sanitizers find.
namespace qp::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline Result<jsonld::RemoteDocument> load(std::string_view url) {
  const auto* bundled = vocab::find_bundled_context(url);
  if (!bundled) return error(Code::NotFound, std::string(url));
  return jsonld::RemoteDocument{std::string(url), std::string(bundled->json), {}};
}

/// Compiled contexts that all runs share, as in the server.
inline jsonld::ContextCache& shared_cache() {
  static jsonld::ContextCache cache(std::size_t{8} * 1024 * 1024);
  return cache;
}

inline jsonld::Options options() {
  jsonld::Options options;
  options.base = "https://example.org/document";
  options.loader = load;
  options.cache = &shared_cache();
  return options;
}

}  // namespace qp::fuzz
