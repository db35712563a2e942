#include "vocab/contexts.hpp"

#include <algorithm>
#include <array>

namespace qp::vocab {

namespace {

// Written by contexts.cmake: `constexpr std::string_view k_<name> = R"json(...)json";` for each
// file of contexts/, with `_` for everything in the name that a C++ name cannot have.
#include "contexts_data.inc"

constexpr std::array kContexts{
    BundledContext{"https://www.w3.org/ns/activitystreams", k_activitystreams},
    BundledContext{"https://w3id.org/security/v1", k_security_v1},
    BundledContext{"https://w3id.org/security/v2", k_security_v2},
    BundledContext{"https://w3id.org/security/data-integrity/v1", k_data_integrity_v1},
    BundledContext{"https://w3id.org/security/data-integrity/v2", k_data_integrity_v2},
    BundledContext{"https://w3id.org/security/multikey/v1", k_multikey_v1},
    BundledContext{"https://www.w3.org/ns/did/v1", k_did_v1},
    BundledContext{"https://w3id.org/identity/v1", k_identity_v1},
    BundledContext{"https://purl.archive.org/socialweb/webfinger", k_webfinger},
    BundledContext{"https://gotosocial.org/ns", k_gotosocial},
    BundledContext{"https://w3id.org/fep/5711", k_fep_5711},
    BundledContext{"https://w3id.org/fep/7aa9", k_fep_7aa9},
    BundledContext{"https://w3id.org/fep/ef61", k_fep_ef61},
    BundledContext{"https://join-lemmy.org/context.json", k_lemmy},
    BundledContext{"http://joinmastodon.org/ns", k_joinmastodon},
    BundledContext{"https://purl.archive.org/miscellany", k_miscellany},
    BundledContext{"https://litepub.social/litepub/context.jsonld", k_litepub_0_1},
    BundledContext{"https://fedia.io/contexts", k_mbin},
    BundledContext{"https://funkwhale.audio/ns", k_funkwhale},
    BundledContext{"https://schema.org/", k_schemaorg},
};

struct Alias {
  std::string_view address, of;  // as comparable() leaves them
};
constexpr Alias kAliases[] = {
    {"www.w3.org/ns/activitystreams.jsonld", "www.w3.org/ns/activitystreams"},
    {"schema.org", "schema.org/"},
};

/// Every server of a kind serves its copy at the same path; `of` is the address of the one we ship.
struct PathAlias {
  std::string_view path, of;
};
constexpr PathAlias kPathAliases[] = {
    {"/schemas/litepub-0.1.jsonld", "litepub.social/litepub/context.jsonld"},
    {"/contexts", "fedia.io/contexts"},
};

/// What stays the same in all spellings of an address; empty when it is not a web address.
std::string_view comparable(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::string_view name = url.substr(0, scheme);
  if (scheme == std::string_view::npos || (name != "http" && name != "https")) return {};
  url.remove_prefix(scheme + 3);
  if (url.ends_with('#')) url.remove_suffix(1);
  return url;
}

std::string_view without_aliases(std::string_view address) {
  for (const Alias& alias : kAliases) {
    if (alias.address == address) return alias.of;
  }
  const std::size_t slash = address.find('/');
  if (slash == 0 || slash == std::string_view::npos) return address;
  for (const PathAlias& alias : kPathAliases) {
    if (alias.path == address.substr(slash)) return alias.of;
  }
  return address;
}

}  // namespace

std::span<const BundledContext> bundled_contexts() { return kContexts; }

const BundledContext* find_bundled_context(std::string_view url) {
  const std::string_view address = without_aliases(comparable(url));
  const auto* const found = std::ranges::find_if(
      kContexts, [&](const BundledContext& context) { return comparable(context.url) == address; });
  return found == kContexts.end() ? nullptr : found;
}

}  // namespace qp::vocab
