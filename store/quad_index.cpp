#include "store/quad_index.hpp"

#include <xxhash.h>

#include "store/bytes.hpp"

namespace qp::store {

static constexpr std::size_t kOrdinalBytes = 4;

std::array<TermId, 4> positions(Order order, const QuadIds& quad) {
  switch (order) {
    case Order::Gspo:
      return {quad.g, quad.s, quad.p, quad.o};
    case Order::Spog:
      return {quad.s, quad.p, quad.o, quad.g};
    case Order::Posg:
      return {quad.p, quad.o, quad.s, quad.g};
    case Order::Ospg:
      return {quad.o, quad.s, quad.p, quad.g};
  }
  return {};
}

QuadIds from_positions(Order order, const std::array<TermId, 4>& at) {
  switch (order) {
    case Order::Gspo:
      return {at[0], at[1], at[2], at[3]};
    case Order::Spog:
      return {at[3], at[0], at[1], at[2]};
    case Order::Posg:
      return {at[3], at[2], at[0], at[1]};
    case Order::Ospg:
      return {at[3], at[1], at[2], at[0]};
  }
  return {};
}

void QuadKey::append(TermId id) { size_ += write_id(bytes_.data() + size_, id); }

// An ordinal is laid out as an id of class 0 would be: one byte for the usual 0.
void QuadKey::append_ordinal(std::uint32_t ordinal) { append(static_cast<TermId>(ordinal)); }

QuadKey QuadKey::of(Order order, const OrderedQuad& quad) {
  QuadKey key;
  const auto at = positions(order, quad.quad);
  for (std::size_t i = 0; i < at.size(); ++i) {
    if (order == Order::Gspo && i == 3) key.append_ordinal(quad.ordinal);
    key.append(at[i]);
  }
  return key;
}

QuadKey QuadKey::prefix(Order order, const Pattern& pattern) {
  QuadKey key;
  const auto at = positions(order, pattern);
  for (std::size_t i = 0; i < at.size() && at[i] != TermId::None; ++i) {
    if (order == Order::Gspo && i == 3) break;  // the ordinal stands before the object
    key.append(at[i]);
  }
  return key;
}

std::optional<OrderedQuad> decode_quad(Order order, std::string_view key) {
  ByteReader reader(key);
  std::array<TermId, 4> at;
  std::uint64_t ordinal = 0;
  for (std::size_t i = 0; i < at.size(); ++i) {
    if (order == Order::Gspo && i == 3) ordinal = number(reader.id());
    at[i] = reader.id();
    if (at[i] == TermId::None) return std::nullopt;
  }
  if (!reader.complete() || ordinal > UINT32_MAX) return std::nullopt;
  return OrderedQuad{from_positions(order, at), static_cast<std::uint32_t>(ordinal)};
}

std::string encode_ordinal(std::uint32_t ordinal) {
  return ordinal == 0 ? std::string() : number_key(ordinal, kOrdinalBytes);
}

std::optional<std::uint32_t> decode_ordinal(std::string_view value) {
  if (value.empty()) return 0;
  ByteReader reader(value);
  const auto ordinal = static_cast<std::uint32_t>(reader.number(kOrdinalBytes));
  // 0 has one spelling, the empty one.
  return reader.complete() && ordinal != 0 ? std::optional(ordinal) : std::nullopt;
}

bool matches(const Pattern& pattern, const QuadIds& quad) {
  const auto fits = [](TermId wanted, TermId found) {
    return wanted == TermId::None || wanted == found;
  };
  return fits(pattern.g, quad.g) && fits(pattern.s, quad.s) && fits(pattern.p, quad.p) &&
         fits(pattern.o, quad.o);
}

Order order_for(const Pattern& pattern) {
  if (pattern.g != TermId::None) return Order::Gspo;
  const bool s = pattern.s != TermId::None;
  const bool p = pattern.p != TermId::None;
  const bool o = pattern.o != TermId::None;
  if (s && (p || !o)) return Order::Spog;
  if (o && !p) return Order::Ospg;
  return p ? Order::Posg : Order::Gspo;
}

std::uint64_t quad_hash(const QuadIds& quad) { return ordinal_hash({quad, 0}); }

std::uint64_t ordinal_hash(const OrderedQuad& quad) {
  const std::array<std::uint64_t, 4> ids = {number(quad.quad.g), number(quad.quad.s),
                                            number(quad.quad.p), number(quad.quad.o)};
  return XXH3_64bits_withSeed(ids.data(), sizeof ids, quad.ordinal);
}

}  // namespace qp::store
