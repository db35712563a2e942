#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "store/access.hpp"
#include "store/counters.hpp"
#include "store/quad_index.hpp"
#include "store/store.hpp"

namespace qp::store {

/// Quads in four orders, and the record of each graph. Promises are those of Txn and WriteTxn.
class QuadStore {
 public:
  QuadStore(Access& access, Counters* counters) : access_(access), counters_(counters) {}

  using Each = std::function<bool(const OrderedQuad&)>;
  Result<void> scan(const Pattern& pattern, const Txn::ScanOptions& options,
                    const Each& each) const;
  Result<std::uint64_t> estimate(const Pattern& pattern) const;
  Result<std::optional<GraphRecord>> graph(TermId graph) const;

  Result<void> apply(std::span<const QuadIds> deletes, std::span<const OrderedQuad> inserts);
  Result<void> replace(TermId graph, std::span<const OrderedQuad> quads, const GraphRecord& record);
  Result<void> erase(TermId graph);
  Result<void> set_audience(TermId graph, AudienceId audience);

 private:
  struct Path {
    Order order;
    QuadKey prefix;
  };
  Result<Path> path_for(const Pattern& pattern) const;
  Result<std::uint32_t> ordinal_of(const QuadIds& quad) const;
  Result<std::vector<OrderedQuad>> quads_of(TermId graph) const;
  Result<std::vector<OrderedQuad>> present(std::vector<QuadIds> quads) const;
  Result<void> remove(std::vector<OrderedQuad> quads);
  Result<void> add(std::vector<OrderedQuad> quads);
  Result<void> put_record(TermId graph, GraphRecord record);
  void count(const OrderedQuad& quad, int sign);

  Access& access_;
  Counters* counters_;
  std::map<TermId, std::int64_t> growth_;  ///< of the graphs that the running call changed
};

/// The row of a graph, without its checksum; nullopt: damaged.
std::optional<GraphRecord> decode_graph(std::string_view value);

}  // namespace qp::store
