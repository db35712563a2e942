#include "store/rendered.hpp"

#include <xxhash.h>

#include <array>
#include <cstring>
#include <vector>

#include "store/bytes.hpp"

namespace qp::store {

using RenderedKey = std::array<char, sizeof(XXH128_canonical_t) + 1>;

static RenderedKey key_of(std::string_view iri, std::uint8_t view) {
  XXH128_canonical_t hash;
  XXH128_canonicalFromHash(&hash, XXH3_128bits(iri.data(), iri.size()));
  RenderedKey key;
  std::memcpy(key.data(), hash.digest, sizeof hash.digest);
  key.back() = static_cast<char>(view);
  return key;
}

static std::string_view as_view(const RenderedKey& key) { return {key.data(), key.size()}; }

std::optional<RenderedRow> decode_rendered(std::string_view value) {
  ByteReader reader(value);
  RenderedRow row;
  row.view.audience = static_cast<AudienceId>(reader.number(4));
  row.view.status = static_cast<std::uint16_t>(reader.number(2));
  row.iri = reader.text();
  row.view.content_type = reader.text();
  row.view.etag = reader.text();
  row.view.body = reader.rest();
  return reader.good() ? std::optional(row) : std::nullopt;
}

Result<std::optional<RenderedView>> RenderedBytes::find(std::string_view iri,
                                                        std::uint8_t view) const {
  const RenderedKey key = key_of(iri, view);
  const auto found = QP_TRY(access_.get(Db::Rendered, as_view(key)));
  if (!found) return std::nullopt;
  const auto row = decode_rendered(without_checksum(*found).value_or(std::string_view()));
  if (!row) return damaged(Db::Rendered, as_view(key));
  if (row->iri != iri) return std::nullopt;  // another IRI of the same hash
  return row->view;
}

Result<void> RenderedBytes::put(std::string_view iri, std::uint8_t view, const Rendered& rendered) {
  const RenderedKey key = key_of(iri, view);
  std::string value;
  value.reserve(rendered.body.size() + iri.size() + 128);
  append_number(value, static_cast<std::uint64_t>(rendered.audience), 4);
  append_number(value, rendered.status, 2);
  append_text(value, iri);
  append_text(value, rendered.content_type);
  append_text(value, rendered.etag);
  value.append(rendered.body);
  append_checksum(as_view(key), value);
  return access_.put(Db::Rendered, as_view(key), value);
}

Result<void> RenderedBytes::erase(std::string_view iri) {
  std::vector<std::string> keys;
  const RenderedKey first = key_of(iri, 0);
  const std::string_view prefix = as_view(first).substr(0, first.size() - 1);
  QP_TRY(access_.each(Db::Rendered, prefix, [&](std::string_view key, auto) {
    keys.emplace_back(key);
    return true;
  }));
  for (const std::string& key : keys) QP_TRY(access_.erase(Db::Rendered, key));
  return {};
}

}  // namespace qp::store
