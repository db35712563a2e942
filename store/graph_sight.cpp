#include "store/graph_sight.hpp"

#include <algorithm>

#include "store/bytes.hpp"
#include "store/quad_store.hpp"

namespace qp::store {

// After so many single lookups, and this share of all graphs, the rest is read in one go.
static constexpr std::uint64_t kSingleLookups = 64;
static constexpr std::uint64_t kShareForAll = 16;
// So many graphs are kept by name: most readers look at one resource, and numbers are large.
static constexpr std::size_t kFewGraphs = 32;
// Numbers above this are not remembered by position: no store has given out so many.
static constexpr std::uint64_t kLargestTable = std::uint64_t{1} << 28;

bool GraphSight::may_see(std::string_view value) const {
  const auto record = decode_graph(without_checksum(value).value_or(std::string_view()));
  return record && (with_claims_ || record->kind != GraphKind::Claims) &&
         visible_.sees(record->audience);
}

void GraphSight::remember(TermId graph, bool shown) {
  const std::uint64_t at = number(graph);
  if (at >= kLargestTable || (seen_.empty() && few_.size() < kFewGraphs)) {
    few_[graph] = shown;
    return;
  }
  if (at >= seen_.size()) seen_.resize(std::max(at + 1, std::uint64_t{seen_.size()} * 2));
  seen_[at] = shown ? Sight::Shown : Sight::Hidden;
}

Result<bool> GraphSight::ask(TermId graph) {
  last_is_shown_ = QP_TRY(find(graph));
  last_ = graph;
  return last_is_shown_;
}

Result<bool> GraphSight::find(TermId graph) {
  const auto known = few_.find(graph);
  if (known != few_.end()) return known->second;
  ++asked_;
  if (asked_ % kSingleLookups == 0 && asked_ * kShareForAll > QP_TRY(access_.entries(Db::Graphs))) {
    QP_TRY(ask_all());
    asked_ = 0;
  }
  const auto found = QP_TRY(access_.get(Db::Graphs, id_key(graph)));
  const bool shown = found && may_see(*found);
  if (found) {
    remember(graph, shown);
  } else {
    few_[graph] = false;  // damage may name any number
  }
  return shown;
}

Result<void> GraphSight::ask_all() {
  return access_.each(Db::Graphs, {}, [this](std::string_view key, std::string_view value) {
    remember(ByteReader(key).id(), may_see(value));
    return true;
  });
}

}  // namespace qp::store
