#include "store/sequence.hpp"

#include <algorithm>

#include "store/bytes.hpp"

namespace qp::store {

static constexpr int kKeyNumberBytes = 8;
static constexpr int kAudienceBytes = 4;
// A reader who sees at least this part of the items is served by a walk over all.
static constexpr std::uint64_t kWalkShare = 4;

static std::string sequence_key(TermId sequence, std::uint64_t key) {
  std::string bytes = id_key(sequence);
  append_number(bytes, key, kKeyNumberBytes);
  return bytes;
}

std::string sequence_count_key(TermId sequence, AudienceId audience) {
  std::string bytes = id_key(sequence);
  append_number(bytes, static_cast<std::uint64_t>(audience), kAudienceBytes);
  return bytes;
}

std::string sequence_audience_key(TermId sequence, AudienceId audience, std::uint64_t key) {
  std::string bytes = sequence_count_key(sequence, audience);
  append_number(bytes, key, kKeyNumberBytes);
  return bytes;
}

std::string sequence_member_key(TermId sequence, TermId member) {
  std::string bytes = id_key(sequence);
  append_id(bytes, member);
  return bytes;
}

std::string sequence_member_value(const SequenceItem& item) {
  std::string bytes = number_key(item.key, kKeyNumberBytes);
  append_number(bytes, static_cast<std::uint64_t>(item.audience), kAudienceBytes);
  return bytes;
}

static std::string sequence_value(const SequenceItem& item) {
  std::string bytes = number_key(static_cast<std::uint64_t>(item.audience), kAudienceBytes);
  append_id(bytes, item.member);
  return bytes;
}

std::optional<SequenceRow> decode_sequence(std::string_view key, std::string_view value) {
  ByteReader keys(key), values(value);
  SequenceRow row{keys.id(), {}};
  row.item.key = keys.number(kKeyNumberBytes);
  row.item.audience = static_cast<AudienceId>(values.number(kAudienceBytes));
  row.item.member = values.id();
  return keys.complete() && values.complete() ? std::optional(row) : std::nullopt;
}

Result<Sequences::Sets> Sequences::sets_in(TermId sequence, const Visible& visible) const {
  Sets sets;
  const std::string prefix = id_key(sequence);
  QP_TRY(access_.each(Db::SequenceCount, prefix, [&](std::string_view key, std::string_view value) {
    const auto audience =
        static_cast<AudienceId>(ByteReader(key.substr(prefix.size())).number(kAudienceBytes));
    const std::uint64_t items = ByteReader(value).number(kKeyNumberBytes);
    sets.items += items;
    if (!visible.sees(audience)) return true;
    sets.visible_items += items;
    sets.visible.push_back(audience);
    return true;
  }));
  return sets;
}

Result<std::uint64_t> Sequences::count(TermId sequence, const Visible& visible) const {
  return QP_TRY(sets_in(sequence, visible)).visible_items;
}

Result<std::optional<SequenceItem>> Sequences::item(TermId sequence, TermId member) const {
  const std::string key = sequence_member_key(sequence, member);
  const auto found = QP_TRY(access_.get(Db::SequenceMember, key));
  if (!found) return std::nullopt;
  ByteReader reader(*found);
  SequenceItem item;
  item.key = reader.number(kKeyNumberBytes);
  item.member = member;
  item.audience = static_cast<AudienceId>(reader.number(kAudienceBytes));
  if (!reader.complete()) return damaged(Db::SequenceMember, key);
  return item;
}

// The first key under `prefix` that is newer, or older, than `from`.
static Result<bool> enter(Cursor& at, const std::string& prefix, std::uint64_t from, bool newer) {
  std::string key = prefix;
  append_number(key, from, kKeyNumberBytes);
  const bool found = newer ? QP_TRY(at.seek(key)) : QP_TRY(at.seek_before(key));
  return found && at.key().starts_with(prefix);
}

static Result<bool> step(Cursor& at, const std::string& prefix, bool newer) {
  const bool found = newer ? QP_TRY(at.next()) : QP_TRY(at.previous());
  return found && at.key().starts_with(prefix);
}

Result<std::vector<SequenceItem>> Sequences::walk(TermId sequence, std::uint64_t from,
                                                  Direction direction, std::size_t limit,
                                                  const Visible& visible) const {
  const bool newer = direction == Direction::Newer;
  const std::string prefix = id_key(sequence);
  std::vector<SequenceItem> page;
  Cursor at = QP_TRY(access_.cursor(Db::Sequence));
  for (bool found = QP_TRY(enter(at, prefix, from, newer)); found && page.size() < limit;
       found = QP_TRY(step(at, prefix, newer))) {
    const auto row = decode_sequence(at.key(), at.value());
    if (!row) return damaged(Db::Sequence, at.key());
    if (visible.sees(row->item.audience)) page.push_back(row->item);
  }
  return page;
}

Result<std::vector<SequenceItem>> Sequences::merge(TermId sequence, std::uint64_t from,
                                                   Direction direction, std::size_t limit,
                                                   const std::vector<AudienceId>& sets) const {
  const bool newer = direction == Direction::Newer;
  struct Lane {
    std::string prefix;
    AudienceId audience;
    Cursor at;
    std::uint64_t key() const { return ByteReader(at.key().substr(prefix.size())).number(8); }
  };
  std::vector<Lane> lanes;
  for (const AudienceId audience : sets) {
    Lane lane{sequence_count_key(sequence, audience), audience,
              QP_TRY(access_.cursor(Db::SequenceAudience))};
    if (QP_TRY(enter(lane.at, lane.prefix, from, newer))) lanes.push_back(std::move(lane));
  }
  // A heap with the next item of the page on top.
  const auto later = [newer](const Lane& a, const Lane& b) {
    return newer ? a.key() > b.key() : a.key() < b.key();
  };
  std::make_heap(lanes.begin(), lanes.end(), later);
  std::vector<SequenceItem> page;
  while (!lanes.empty() && page.size() < limit) {
    std::pop_heap(lanes.begin(), lanes.end(), later);
    Lane& lane = lanes.back();
    page.push_back({lane.key(), ByteReader(lane.at.value()).id(), lane.audience});
    if (QP_TRY(step(lane.at, lane.prefix, newer))) {
      std::push_heap(lanes.begin(), lanes.end(), later);
    } else {
      lanes.pop_back();
    }
  }
  return page;
}

Result<std::vector<SequenceItem>> Sequences::page(TermId sequence, std::uint64_t from,
                                                  Direction direction, std::size_t limit,
                                                  const Visible& visible) const {
  if (visible.sees_everything()) return walk(sequence, from, direction, limit, visible);
  const Sets sets = QP_TRY(sets_in(sequence, visible));
  if (sets.visible_items * kWalkShare >= sets.items) {
    return walk(sequence, from, direction, limit, visible);
  }
  return merge(sequence, from, direction, limit, sets.visible);
}

Result<std::vector<SequenceItem>> Sequences::before(TermId sequence, std::uint64_t key,
                                                    std::size_t limit,
                                                    const Visible& visible) const {
  return page(sequence, key == 0 ? UINT64_MAX : key, Direction::Older, limit, visible);
}

Result<std::vector<SequenceItem>> Sequences::after(TermId sequence, std::uint64_t key,
                                                   std::size_t limit,
                                                   const Visible& visible) const {
  if (key == UINT64_MAX) return std::vector<SequenceItem>{};
  return page(sequence, key + 1, Direction::Newer, limit, visible);
}

Result<std::vector<TermId>> Sequences::all() const {
  std::vector<TermId> found;
  QP_TRY(access_.each(Db::SequenceCount, {}, [&](std::string_view key, std::string_view) {
    const TermId sequence = ByteReader(key).id();
    if (found.empty() || found.back() != sequence) found.push_back(sequence);
    return true;
  }));
  return found;
}

Result<std::vector<TermId>> Sequences::of(TermId member) const {
  std::vector<TermId> sequences;
  const std::string prefix = id_key(member);
  QP_TRY(access_.each(Db::MemberSequence, prefix, [&](std::string_view key, auto) {
    sequences.push_back(ByteReader(key.substr(prefix.size())).id());
    return true;
  }));
  return sequences;
}

// `wanted`, or the next one above that nobody has; 0: above the newest.
Result<std::uint64_t> Sequences::free_key(TermId sequence, std::uint64_t wanted) const {
  if (wanted == 0) {
    const auto newest = QP_TRY(before(sequence, 0, 1, Visible::everything()));
    return newest.empty() ? 1 : newest.front().key + 1;
  }
  while (QP_TRY(access_.contains(Db::Sequence, sequence_key(sequence, wanted)))) ++wanted;
  return wanted;
}

Result<void> Sequences::change_count(TermId sequence, AudienceId audience, std::int64_t change) {
  const std::string key = sequence_count_key(sequence, audience);
  const auto found = QP_TRY(access_.get(Db::SequenceCount, key));
  const std::uint64_t items =
      (found ? ByteReader(*found).number(kKeyNumberBytes) : 0) + static_cast<std::uint64_t>(change);
  if (items != 0) return access_.put(Db::SequenceCount, key, number_key(items, kKeyNumberBytes));
  QP_TRY(access_.erase(Db::SequenceCount, key));
  return {};
}

Result<bool> Sequences::append(TermId sequence, TermId member, AudienceId audience,
                               std::uint64_t key) {
  if (key == UINT64_MAX) return bad_input("sequence key too large");
  const std::string by_member = sequence_member_key(sequence, member);
  if (QP_TRY(access_.contains(Db::SequenceMember, by_member))) return false;
  const SequenceItem item{QP_TRY(free_key(sequence, key)), member, audience};
  QP_TRY(access_.put(Db::SequenceMember, by_member, sequence_member_value(item)));
  QP_TRY(access_.put(Db::Sequence, sequence_key(sequence, item.key), sequence_value(item)));
  QP_TRY(access_.put(Db::SequenceAudience, sequence_audience_key(sequence, audience, item.key),
                     id_key(member)));
  QP_TRY(access_.put(Db::MemberSequence, sequence_member_key(member, sequence), {}));
  QP_TRY(change_count(sequence, audience, 1));
  return true;
}

Result<bool> Sequences::remove(TermId sequence, TermId member) {
  const auto item = QP_TRY(this->item(sequence, member));
  if (!item) return false;
  QP_TRY(access_.erase(Db::SequenceMember, sequence_member_key(sequence, member)));
  QP_TRY(access_.erase(Db::Sequence, sequence_key(sequence, item->key)));
  QP_TRY(access_.erase(Db::SequenceAudience,
                       sequence_audience_key(sequence, item->audience, item->key)));
  QP_TRY(access_.erase(Db::MemberSequence, sequence_member_key(member, sequence)));
  QP_TRY(change_count(sequence, item->audience, -1));
  return true;
}

}  // namespace qp::store
