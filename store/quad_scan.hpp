#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "store/access.hpp"
#include "store/graph_sight.hpp"
#include "store/quad_index.hpp"
#include "store/store.hpp"

namespace qp::store {

/// The order whose front answers `pattern` with the fewest rows to read.
Result<Order> best_order(const Access& access, const Pattern& pattern);

/// A Scan over one index. With `OrderedQuad` rows the ordinal is given in Gspo, 0 otherwise.
class QuadScan final : public Scan {
 public:
  /// `sight`: nullptr where every graph may be seen.
  QuadScan(Cursor at, std::shared_ptr<GraphSight> sight, const Pattern& pattern, Order order,
           const Txn::ScanOptions& options);

  Result<std::size_t> next(std::span<QuadIds> out) override { return fill(out); }
  Result<std::size_t> next(std::span<OrderedQuad> out) { return fill(out); }
  void seek(const QuadIds& place) override;

 private:
  template <class Row>
  Result<std::size_t> fill(std::span<Row> out);
  template <Order kOrder, class Row>
  Result<std::size_t> fill_in(std::span<Row> out);
  Result<void> enter();
  bool in_range() const;
  bool is_repeated(const QuadIds& quad);

  Cursor at_;
  std::shared_ptr<GraphSight> sight_;
  Pattern pattern_;
  Order order_;
  bool forwards_;
  bool distinct_;
  bool filters_;      ///< the pattern binds more than the front of the order
  QuadKey prefix_;    ///< what all rows begin with
  std::string low_;   ///< the first key that there may be
  std::string high_;  ///< all keys are below; empty: whatever begins with the prefix
  std::optional<std::string> target_;  ///< of a seek that was not yet made
  bool found_ = false;                 ///< the cursor is at a row to be given
  bool entered_ = false;
  std::optional<QuadIds> last_;  ///< given, for `distinct_`
};

/// A Prober over all indexes.
class QuadProber final : public Prober {
 public:
  QuadProber(const Access& access, std::shared_ptr<GraphSight> sight,
             const Txn::ScanOptions& options)
      : access_(access),
        sight_(std::move(sight)),
        distinct_(options.distinct_triples),
        first_only_(options.first_only) {}

  void bind(std::span<const Pattern> bindings) override;
  Result<std::size_t> next(std::span<Match> out) override;

 private:
  Result<void> enter(const Pattern& binding);
  void leave();

  const Access& access_;
  std::shared_ptr<GraphSight> sight_;
  bool distinct_, first_only_;
  std::span<const Pattern> bindings_;
  std::uint32_t number_ = 0;  ///< of the binding that is being answered
  std::array<std::optional<Cursor>, kOrders.size()> cursors_;
  Order order_ = Order::Gspo;
  QuadKey prefix_;
  bool inside_ = false;  ///< the cursor of `order_` stands at a row of the binding
  bool exact_ = false;   ///< the prefix is a whole key
  std::optional<QuadIds> last_;
};

}  // namespace qp::store
