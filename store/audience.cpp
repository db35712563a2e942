#include "store/audience.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "store/bytes.hpp"
#include "store/sequence.hpp"
#include "vocab/terms.hpp"

namespace qp::store {

bool Visible::sees(AudienceId audience) const {
  return everything_ || std::binary_search(sets_.begin(), sets_.end(), audience);
}

std::string audience_key(AudienceId audience) {
  return number_key(static_cast<std::uint64_t>(audience), 4);
}

std::optional<AudienceRow> decode_audience(std::string_view value) {
  ByteReader reader(value);
  AudienceRow row;
  std::vector<TermId>* names = &row.members;
  while (reader.good() && !reader.rest().empty()) {
    const TermId name = reader.id();
    if (name != TermId::None) {
      names->push_back(name);
    } else if (names == &row.members) {
      names = &row.except;
    } else {
      return std::nullopt;
    }
  }
  return reader.good() ? std::optional(std::move(row)) : std::nullopt;
}

std::string encode_audience(const AudienceRow& row) {
  std::string value;
  for (const TermId member : row.members) append_id(value, member);
  if (!row.except.empty()) append_id(value, TermId::None);
  for (const TermId name : row.except) append_id(value, name);
  return value;
}

Result<std::vector<TermId>> Audiences::members(AudienceId audience) const {
  if (audience == AudienceId::Nobody) return std::vector<TermId>{};
  if (audience == AudienceId::Public) return std::vector<TermId>{as::Public};
  const std::string key = audience_key(audience);
  const auto found = QP_TRY(access_.get(Db::Audiences, key));
  if (!found) return error(Code::NotFound, "no such audience set");
  auto row = decode_audience(without_checksum(*found).value_or(std::string_view()));
  if (!row) return damaged(Db::Audiences, key);
  return std::move(row->members);
}

Result<void> Audiences::add_sets_of(TermId name, Named& sets) const {
  const std::string prefix = id_key(name);
  return access_.each(Db::AudienceMembers, prefix,
                      [&](std::string_view key, std::string_view value) {
                        ByteReader reader(key.substr(prefix.size()));
                        const auto audience = static_cast<AudienceId>(reader.number(4));
                        (value == kInSet ? sets.in : sets.out).push_back(audience);
                        return true;
                      });
}

static void sort_once_each(std::vector<AudienceId>& sets) {
  std::sort(sets.begin(), sets.end());
  sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
}

Result<void> Audiences::add_sets_seen_by(TermId reader, std::vector<AudienceId>& sets) const {
  Named named;
  QP_TRY(add_sets_of(reader, named));
  for (const TermId sequence : QP_TRY(Sequences(access_).of(reader))) {
    QP_TRY(add_sets_of(sequence, named));
  }
  sort_once_each(named.in);
  sort_once_each(named.out);
  std::set_difference(named.in.begin(), named.in.end(), named.out.begin(), named.out.end(),
                      std::back_inserter(sets));
  return {};
}

Result<Visible> Audiences::visible_to(std::span<const TermId> readers) const {
  std::vector<AudienceId> sets = {AudienceId::Public};
  for (const TermId reader : readers) QP_TRY(add_sets_seen_by(reader, sets));
  sort_once_each(sets);
  return Visible(std::move(sets));
}

static std::vector<TermId> sorted_names(std::span<const TermId> names) {
  std::vector<TermId> sorted(names.begin(), names.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

AudienceRow audience_row(std::span<const TermId> members, std::span<const TermId> except) {
  AudienceRow row{sorted_names(members), sorted_names(except)};
  std::erase_if(row.except, [&](TermId name) {
    return std::binary_search(row.members.begin(), row.members.end(), name);
  });
  return row;
}

Result<std::optional<AudienceId>> Audiences::find(std::string_view value) const {
  const auto known = QP_TRY(access_.get(Db::AudienceIds, hash_key(value)));
  if (!known) return std::optional<AudienceId>();
  const auto audience = static_cast<AudienceId>(ByteReader(*known).number(4));
  const auto row = QP_TRY(access_.get(Db::Audiences, audience_key(audience)));
  if (row && without_checksum(*row) == value) return std::optional(audience);
  return Error{Code::Internal, "two audience sets of one 128-bit hash", {}};
}

Result<AudienceId> Audiences::intern(std::span<const TermId> members,
                                     std::span<const TermId> except, Counters& counters) {
  const AudienceRow wanted = audience_row(members, except);
  const std::vector<TermId>& in = wanted.members;
  const std::vector<TermId>& out = wanted.except;
  if (in.empty()) return AudienceId::Nobody;
  if (in == std::vector<TermId>{as::Public}) return AudienceId::Public;

  std::string value = encode_audience(wanted);
  if (const auto known = QP_TRY(find(value))) return *known;
  const auto audience = static_cast<AudienceId>(counters.next_audience++);
  const std::string key = audience_key(audience);
  const std::string hash = hash_key(value);
  append_checksum(key, value);
  QP_TRY(access_.put(Db::Audiences, key, value));
  QP_TRY(access_.put(Db::AudienceIds, hash, key));
  for (const TermId member : in) {
    QP_TRY(access_.put(Db::AudienceMembers, id_key(member) + key, kInSet));
  }
  for (const TermId name : out) {
    QP_TRY(access_.put(Db::AudienceMembers, id_key(name) + key, kExcepted));
  }
  return audience;
}

}  // namespace qp::store
