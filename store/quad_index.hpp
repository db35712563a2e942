#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "store/access.hpp"
#include "store/types.hpp"

/// The sort orders of the quads: how a quad becomes a key, and which order answers a pattern.
namespace qp::store {

inline constexpr std::array<Order, 4> kOrders = {Order::Gspo, Order::Spog, Order::Posg,
                                                 Order::Ospg};
constexpr Db database(Order order) {
  return static_cast<Db>(static_cast<int>(Db::Gspo) + static_cast<int>(order));
}

/// A key, or the front of one, without touching the heap.
class QuadKey {
 public:
  /// The whole key of a quad. Gspo has the ordinal before the object, so that the values of one
  /// (g, s, p) lie in their order.
  static QuadKey of(Order order, const OrderedQuad& quad);
  /// What all keys that match `pattern` begin with.
  static QuadKey prefix(Order order, const Pattern& pattern);

  /// Behind a prefix: the next position's id.
  void append(TermId id);

  operator std::string_view() const { return {bytes_.data(), size_}; }

 private:
  void append_ordinal(std::uint32_t ordinal);

  std::array<char, 48> bytes_;
  std::size_t size_ = 0;
};

/// The ids of a quad by the positions of an order, and the way back.
std::array<TermId, 4> positions(Order order, const QuadIds& quad);
QuadIds from_positions(Order order, const std::array<TermId, 4>& at);

/// The quad of a key; nullopt: damaged. The ordinal is known to Gspo only, 0 otherwise.
std::optional<OrderedQuad> decode_quad(Order order, std::string_view key);

/// The value beside a Spog key: the ordinal, so that a quad can be found in Gspo.
std::string encode_ordinal(std::uint32_t ordinal);
std::optional<std::uint32_t> decode_ordinal(std::string_view value);

bool matches(const Pattern& pattern, const QuadIds& quad);

/// The order whose keys with the longest bound front answer `pattern`; a bound graph wins.
Order order_for(const Pattern& pattern);

/// Summed up over an index these tell whether two indexes hold the same.
std::uint64_t quad_hash(const QuadIds& quad);
std::uint64_t ordinal_hash(const OrderedQuad& quad);

}  // namespace qp::store
