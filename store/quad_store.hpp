#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "store/access.hpp"
#include "store/counters.hpp"
#include "store/graph_sight.hpp"
#include "store/quad_index.hpp"
#include "store/quad_scan.hpp"
#include "store/store.hpp"
#include "store/use_counts.hpp"

namespace qp::store {

/// Quads in four orders, and the record of each graph. Promises are those of Txn and WriteTxn.
class QuadStore {
 public:
  QuadStore(Access& access, Counters* counters)
      : access_(access), counters_(counters), uses_(access) {}

  using Each = std::function<bool(const OrderedQuad&)>;
  Result<void> scan(const Pattern& pattern, const Txn::ScanOptions& options,
                    const Each& each) const;
  Result<bool> probe(const Pattern& pattern, const Txn::ScanOptions& options) const;
  Result<std::unique_ptr<Scan>> open_scan(const Pattern& pattern, Order order,
                                          const Txn::ScanOptions& options) const;
  Result<std::unique_ptr<Prober>> open_probe(const Txn::ScanOptions& options) const;
  Result<std::uint64_t> estimate(const Pattern& pattern) const;
  const UseTable& uses() const { return uses_; }
  Result<std::optional<GraphRecord>> graph(TermId graph) const;

  /// Of a quad that is there.
  Result<std::uint32_t> ordinal_of(const QuadIds& quad) const;

  /// Only the record; its version is set.
  Result<void> put_record(TermId graph, GraphRecord record);
  Result<void> apply(std::span<const QuadIds> deletes, std::span<const OrderedQuad> inserts);
  Result<void> replace(TermId graph, std::span<const OrderedQuad> quads, const GraphRecord& record);
  Result<void> erase(TermId graph);
  Result<void> set_audience(TermId graph, AudienceId audience);

 private:
  Result<QuadScan> walk(const Pattern& pattern, Order order, const Txn::ScanOptions& options) const;
  std::shared_ptr<GraphSight> sight(const Txn::ScanOptions& options) const;
  Result<std::vector<OrderedQuad>> quads_of(TermId graph) const;
  Result<std::vector<OrderedQuad>> present(std::vector<QuadIds> quads) const;
  Result<void> remove(std::vector<OrderedQuad> quads);
  Result<void> add(std::vector<OrderedQuad> quads);
  // `sign`: 1 for what comes, -1 for what goes.
  void count_group(Order order, const QuadIds& quad, std::size_t front, int sign);
  void count(const OrderedQuad& quad, int sign);

  Access& access_;
  Counters* counters_;
  UseTable uses_;
  mutable std::vector<std::shared_ptr<GraphSight>> sights_;  ///< of the readers who asked
  std::map<TermId, std::int64_t> growth_;  ///< of the graphs that the running call changed
};

/// The row of a graph, without its checksum; nullopt: damaged.
std::optional<GraphRecord> decode_graph(std::string_view value);
/// With its checksum.
std::string encode_graph(std::string_view key, const GraphRecord& record);

}  // namespace qp::store
