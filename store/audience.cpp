#include "store/audience.hpp"

#include <algorithm>
#include <string>

#include "store/bytes.hpp"
#include "store/sequence.hpp"
#include "vocab/terms.hpp"

namespace qp::store {

bool Visible::sees(AudienceId audience) const {
  return everything_ || std::binary_search(sets_.begin(), sets_.end(), audience);
}

static std::string audience_key(AudienceId audience) {
  return number_key(static_cast<std::uint64_t>(audience), 4);
}

std::optional<std::vector<TermId>> decode_members(std::string_view value) {
  ByteReader reader(value);
  std::vector<TermId> members;
  while (reader.good() && !reader.rest().empty()) members.push_back(reader.id());
  return reader.good() ? std::optional(std::move(members)) : std::nullopt;
}

Result<std::vector<TermId>> Audiences::members(AudienceId audience) const {
  if (audience == AudienceId::Nobody) return std::vector<TermId>{};
  if (audience == AudienceId::Public) return std::vector<TermId>{as::Public};
  const std::string key = audience_key(audience);
  const auto found = QP_TRY(access_.get(Db::Audiences, key));
  if (!found) return error(Code::NotFound, "no such audience set");
  auto members = decode_members(without_checksum(*found).value_or(std::string_view()));
  if (!members) return damaged(Db::Audiences, key);
  return *std::move(members);
}

Result<void> Audiences::add_sets_of(TermId member, std::vector<AudienceId>& sets) const {
  const std::string prefix = id_key(member);
  return access_.each(Db::AudienceMembers, prefix, [&](std::string_view key, auto) {
    ByteReader reader(key.substr(prefix.size()));
    sets.push_back(static_cast<AudienceId>(reader.number(4)));
    return true;
  });
}

Result<Visible> Audiences::visible_to(std::span<const TermId> readers) const {
  std::vector<AudienceId> sets = {AudienceId::Public};
  for (const TermId reader : readers) {
    QP_TRY(add_sets_of(reader, sets));
    for (const TermId sequence : QP_TRY(Sequences(access_).of(reader))) {
      QP_TRY(add_sets_of(sequence, sets));
    }
  }
  std::sort(sets.begin(), sets.end());
  sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
  return Visible(std::move(sets));
}

Result<AudienceId> Audiences::intern(std::span<const TermId> members, Counters& counters) {
  std::vector<TermId> sorted(members.begin(), members.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  if (sorted.empty()) return AudienceId::Nobody;
  if (sorted == std::vector<TermId>{as::Public}) return AudienceId::Public;

  std::string value;
  for (const TermId member : sorted) append_id(value, member);
  const std::string hash = hash_key(value);
  if (const auto known = QP_TRY(access_.get(Db::AudienceIds, hash))) {
    const auto audience = static_cast<AudienceId>(ByteReader(*known).number(4));
    if (QP_TRY(this->members(audience)) == sorted) return audience;
    return Error{Code::Internal, "two audience sets of one 128-bit hash", {}};
  }
  const auto audience = static_cast<AudienceId>(counters.next_audience++);
  const std::string key = audience_key(audience);
  append_checksum(key, value);
  QP_TRY(access_.put(Db::Audiences, key, value));
  QP_TRY(access_.put(Db::AudienceIds, hash, key));
  for (const TermId member : sorted) {
    QP_TRY(access_.put(Db::AudienceMembers, id_key(member) + key, {}));
  }
  return audience;
}

}  // namespace qp::store
