#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "vocab/namespaces.hpp"
#include "vocab/term_id.hpp"

/// Words: every IRI known by name, as constants `as::Note`, `ldp::inbox`, `sec::publicKey`, and the
/// vocabularies as `as::kNamespace`.
namespace qp {

/// A row of terms.def.
struct Word {
  TermId id;
  std::string_view iri;
  constexpr operator TermId() const { return id; }
};
constexpr bool operator==(const Word& a, const Word& b) { return a.id == b.id; }
constexpr bool operator==(TermId id, const Word& word) { return id == word.id; }

namespace vocab {

enum class Row : std::uint16_t {
  Unused = 0,  // rows count from 1
#define NAMESPACE(prefix, iri)
#define TERM(prefix, name) prefix##_##name,
#define TERM_AS(prefix, name, local) prefix##_##name,
#include "vocab/terms.def"
#undef NAMESPACE
#undef TERM
#undef TERM_AS
  Count
};

/// All rows in order; the row at index i has the id i + 1.
std::span<const Word> rows();
/// The row with this IRI, or nullptr.
const Word* find(std::string_view iri);

}  // namespace vocab

namespace i18n {
inline constexpr std::string_view kNamespace = QP_NAMESPACE_i18n;
}
namespace undefined {
inline constexpr std::string_view kNamespace = QP_NAMESPACE_undefined;
}

#define NAMESPACE(prefix, iri)                        \
  namespace prefix {                                  \
  inline constexpr std::string_view kNamespace = iri; \
  }
#define TERM_AS(prefix, name, local)                                           \
  namespace prefix {                                                           \
  inline constexpr Word name{static_cast<TermId>(vocab::Row::prefix##_##name), \
                             QP_NAMESPACE_##prefix local};                     \
  }
#define TERM(prefix, name) TERM_AS(prefix, name, #name)
#include "vocab/terms.def"
#undef NAMESPACE
#undef TERM
#undef TERM_AS

}  // namespace qp
