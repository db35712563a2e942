#include "vocab/prefixes.hpp"

#include "vocab/namespaces.hpp"

namespace qp::vocab {

std::span<const Prefix> prefixes() {
  static constexpr Prefix kPrefixes[] = {
#define NAMESPACE(prefix, iri) {#prefix, iri},
#define TERM(prefix, name)
#define TERM_AS(prefix, name, local)
#include "vocab/terms.def"
#undef NAMESPACE
#undef TERM
#undef TERM_AS
  };
  return kPrefixes;
}

}  // namespace qp::vocab
