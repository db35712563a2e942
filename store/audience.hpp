#pragma once

#include <optional>
#include <span>
#include <vector>

#include "store/access.hpp"
#include "store/counters.hpp"
#include "store/types.hpp"

namespace qp::store {

/// Interned sets of those who may read something. Promises are those of Txn and WriteTxn.
class Audiences {
 public:
  explicit Audiences(Access& access) : access_(access) {}

  Result<std::vector<TermId>> members(AudienceId audience) const;
  Result<Visible> visible_to(std::span<const TermId> readers) const;
  Result<AudienceId> intern(std::span<const TermId> members, Counters& counters);

 private:
  Result<void> add_sets_of(TermId member, std::vector<AudienceId>& sets) const;

  Access& access_;
};

/// A set's members from its row, without its checksum; nullopt: damaged.
std::optional<std::vector<TermId>> decode_members(std::string_view value);

}  // namespace qp::store
