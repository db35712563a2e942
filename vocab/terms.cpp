#include "vocab/terms.hpp"

#include <algorithm>
#include <array>

namespace qp::vocab {

namespace {

constexpr std::size_t kRows = static_cast<std::size_t>(Row::Count) - 1;

constexpr std::array<Word, kRows> kWords{{
#define NAMESPACE(prefix, iri)
#define TERM(prefix, name) prefix::name,
#define TERM_AS(prefix, name, local) prefix::name,
#include "vocab/terms.def"
#undef NAMESPACE
#undef TERM
#undef TERM_AS
}};

using Order = std::array<std::uint16_t, kRows>;

Order order_by_iri() {
  Order order;
  for (std::size_t i = 0; i < kRows; ++i) order[i] = static_cast<std::uint16_t>(i);
  std::sort(order.begin(), order.end(),
            [](std::uint16_t a, std::uint16_t b) { return kWords[a].iri < kWords[b].iri; });
  return order;
}

}  // namespace

std::span<const Word> rows() { return kWords; }

const Word* find(std::string_view iri) {
  static const Order kOrder = order_by_iri();
  const auto found = std::lower_bound(
      kOrder.begin(), kOrder.end(), iri,
      [](std::uint16_t row, std::string_view wanted) { return kWords[row].iri < wanted; });
  return found != kOrder.end() && kWords[*found].iri == iri ? &kWords[*found] : nullptr;
}

}  // namespace qp::vocab
