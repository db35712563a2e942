#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "store/access.hpp"
#include "store/types.hpp"

namespace qp::store {

/// Finished bytes by IRI and view. A read is one lookup and copies nothing.
class RenderedBytes {
 public:
  explicit RenderedBytes(Access& access) : access_(access) {}

  Result<std::optional<RenderedView>> find(std::string_view iri, std::uint8_t view) const;
  Result<void> put(std::string_view iri, std::uint8_t view, const Rendered& rendered);
  Result<void> erase(std::string_view iri);

 private:
  Access& access_;
};

struct RenderedRow {
  std::string_view iri;
  RenderedView view;
};
/// A row, without its checksum; nullopt: damaged.
std::optional<RenderedRow> decode_rendered(std::string_view value);

}  // namespace qp::store
