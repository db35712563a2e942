#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "store/access.hpp"
#include "store/types.hpp"

namespace qp::store {

/// Which graphs a reader may see, remembered by graph: a scan asks for every row. Good for as long
/// as the transaction writes no graph record.
class GraphSight {
 public:
  GraphSight(const Access& access, Visible visible, bool with_claims)
      : access_(access), visible_(std::move(visible)), with_claims_(with_claims) {}

  bool is_for(const Visible& visible, bool with_claims) const {
    return with_claims == with_claims_ && visible == visible_;
  }
  bool shows_all() const { return with_claims_ && visible_.sees_everything(); }

  Result<bool> shows(TermId graph) {
    if (graph == last_) return last_is_shown_;
    const std::uint64_t at = number(graph);
    if (at < seen_.size() && seen_[at] != Sight::Unknown) return seen_[at] == Sight::Shown;
    return ask(graph);
  }

 private:
  enum class Sight : std::uint8_t { Unknown, Hidden, Shown };
  Result<bool> ask(TermId graph);
  Result<bool> find(TermId graph);
  Result<void> ask_all();
  bool may_see(std::string_view record) const;
  void remember(TermId graph, bool shown);

  const Access& access_;
  Visible visible_;
  bool with_claims_;
  std::vector<Sight> seen_;               ///< by the number of an IRI, once there are many
  std::unordered_map<TermId, bool> few_;  ///< the first ones, and graphs that are blank nodes
  TermId last_{~std::uint64_t{0}};        ///< rows of one graph come one after the other
  bool last_is_shown_ = false;
  std::uint64_t asked_ = 0;
};

}  // namespace qp::store
