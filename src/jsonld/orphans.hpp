#pragma once

#include <string_view>

#include "vocab/namespaces.hpp"

/// Terms that senders use without defining them, with the meaning that everybody gives them.
/// Storage mode only (jsonld.md section 6).
namespace qp::jsonld {

struct Orphan {
  std::string_view term;
  std::string_view iri;
  bool is_reference = false;  ///< its text values are IRIs, as with `@type: @id`
};

inline constexpr Orphan kOrphans[] = {
    {"publicKey", QP_NAMESPACE_sec "publicKey", true},
    {"owner", QP_NAMESPACE_sec "owner", true},
    {"controller", QP_NAMESPACE_sec "controller", true},
    {"publicKeyPem", QP_NAMESPACE_sec "publicKeyPem"},
    {"publicKeyMultibase", QP_NAMESPACE_sec "publicKeyMultibase"},
    {"Multikey", QP_NAMESPACE_sec "Multikey"},
    {"signature", QP_NAMESPACE_sec "signature", true},
    {"signatureValue", QP_NAMESPACE_sec "signatureValue"},
    {"RsaSignature2017", QP_NAMESPACE_sec "RsaSignature2017"},
    {"assertionMethod", QP_NAMESPACE_sec "assertionMethod", true},
    {"sensitive", QP_NAMESPACE_as "sensitive"},
    {"Hashtag", QP_NAMESPACE_as "Hashtag"},
    {"manuallyApprovesFollowers", QP_NAMESPACE_as "manuallyApprovesFollowers"},
    {"movedTo", QP_NAMESPACE_as "movedTo", true},
    {"PropertyValue", QP_NAMESPACE_schema_hash "PropertyValue"},
    {"value", QP_NAMESPACE_schema_hash "value"},
    {"Emoji", QP_NAMESPACE_toot "Emoji"},
    {"discoverable", QP_NAMESPACE_toot "discoverable"},
    {"indexable", QP_NAMESPACE_toot "indexable"},
    {"memorial", QP_NAMESPACE_toot "memorial"},
    {"suspended", QP_NAMESPACE_toot "suspended"},
    {"featured", QP_NAMESPACE_toot "featured", true},
    {"featuredTags", QP_NAMESPACE_toot "featuredTags", true},
    {"votersCount", QP_NAMESPACE_toot "votersCount"},
    {"blurhash", QP_NAMESPACE_toot "blurhash"},
    {"attributionDomains", QP_NAMESPACE_toot "attributionDomains"},
    {"conversation", QP_NAMESPACE_ostatus "conversation"},
    {"atomUri", QP_NAMESPACE_ostatus "atomUri"},
    {"inReplyToAtomUri", QP_NAMESPACE_ostatus "inReplyToAtomUri"},
    {"EmojiReact", QP_NAMESPACE_litepub "EmojiReact"},
    {"ChatMessage", QP_NAMESPACE_litepub "ChatMessage"},
    {"_misskey_content", QP_NAMESPACE_misskey "_misskey_content"},
    {"_misskey_quote", QP_NAMESPACE_misskey "_misskey_quote"},
    {"_misskey_reaction", QP_NAMESPACE_misskey "_misskey_reaction"},
};

constexpr const Orphan* find_orphan_by_iri(std::string_view iri) {
  for (const Orphan& orphan : kOrphans) {
    if (orphan.iri == iri) return &orphan;
  }
  return nullptr;
}

}  // namespace qp::jsonld
