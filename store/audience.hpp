#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
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
  /// By its row, without a checksum.
  Result<std::optional<AudienceId>> find(std::string_view row) const;
  Result<AudienceId> intern(std::span<const TermId> members, std::span<const TermId> except,
                            Counters& counters);

 private:
  /// The sets that one name is in, and those that shut it out.
  struct Named {
    std::vector<AudienceId> in, out;
  };
  Result<void> add_sets_of(TermId name, Named& sets) const;
  Result<void> add_sets_seen_by(TermId reader, std::vector<AudienceId>& sets) const;

  Access& access_;
};

/// A set's row, without its checksum; nullopt: damaged.
struct AudienceRow {
  std::vector<TermId> members, except;
};
std::optional<AudienceRow> decode_audience(std::string_view value);
/// `row`'s names ascending, without repeats.
std::string encode_audience(const AudienceRow& row);
/// The key of an audiences row, which is the value of its audience_ids row.
std::string audience_key(AudienceId audience);
/// Sorted, without repeats; who is in it is not excepted.
AudienceRow audience_row(std::span<const TermId> members, std::span<const TermId> except);
/// The values of audience_members rows: of who is in a set, and of who is shut out.
inline constexpr std::string_view kInSet;
inline constexpr std::string_view kExcepted = "-";

}  // namespace qp::store
