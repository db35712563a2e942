#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/access.hpp"
#include "store/types.hpp"

namespace qp::store {

/// Ordered, pageable lists. Promises are those of Txn and WriteTxn.
///
/// Five indexes that agree: by key, by audience and key, by member, counts by audience, and from
/// the member to its sequences. A page costs its own length: where a reader sees most items the
/// walk skips the others, where it sees few one cursor for each visible set is merged.
class Sequences {
 public:
  explicit Sequences(Access& access) : access_(access) {}

  Result<std::uint64_t> count(TermId sequence, const Visible& visible) const;
  Result<std::optional<SequenceItem>> item(TermId sequence, TermId member) const;
  Result<std::vector<SequenceItem>> before(TermId sequence, std::uint64_t key, std::size_t limit,
                                           const Visible& visible) const;
  Result<std::vector<SequenceItem>> after(TermId sequence, std::uint64_t key, std::size_t limit,
                                          const Visible& visible) const;
  /// All sequences that have items.
  Result<std::vector<TermId>> all() const;
  /// The sequences that `member` is in.
  Result<std::vector<TermId>> of(TermId member) const;

  Result<bool> append(TermId sequence, TermId member, AudienceId audience, std::uint64_t key);
  Result<bool> remove(TermId sequence, TermId member);

 private:
  enum class Direction { Newer, Older };
  struct Sets {
    std::uint64_t visible_items = 0, items = 0;
    std::vector<AudienceId> visible;  ///< those that have items here
  };
  Result<Sets> sets_in(TermId sequence, const Visible& visible) const;
  Result<std::vector<SequenceItem>> page(TermId sequence, std::uint64_t from, Direction direction,
                                         std::size_t limit, const Visible& visible) const;
  Result<std::vector<SequenceItem>> walk(TermId sequence, std::uint64_t from, Direction direction,
                                         std::size_t limit, const Visible& visible) const;
  Result<std::vector<SequenceItem>> merge(TermId sequence, std::uint64_t from, Direction direction,
                                          std::size_t limit,
                                          const std::vector<AudienceId>& sets) const;
  Result<std::uint64_t> free_key(TermId sequence, std::uint64_t wanted) const;
  Result<void> change_count(TermId sequence, AudienceId audience, std::int64_t change);

  Access& access_;
};

/// A row of the index by key; nullopt: damaged.
struct SequenceRow {
  TermId sequence;
  SequenceItem item;
};
std::optional<SequenceRow> decode_sequence(std::string_view key, std::string_view value);
std::string sequence_audience_key(TermId sequence, AudienceId audience, std::uint64_t key);
std::string sequence_member_key(TermId sequence, TermId member);
std::string sequence_member_value(const SequenceItem& item);
std::string sequence_count_key(TermId sequence, AudienceId audience);

}  // namespace qp::store
