#include "store/counters.hpp"

#include <string>

#include "store/bytes.hpp"

namespace qp::store {

static constexpr std::string_view kKey = "counters";

Result<Counters> read_counters(const Access& access) {
  const auto found = QP_TRY(access.get(Db::Meta, kKey));
  if (!found || !checksum_holds(kKey, *found)) return damaged(Db::Meta, kKey);
  ByteReader reader(*without_checksum(*found));
  Counters counters;
  counters.generation = reader.number(8);
  for (std::uint64_t& next : counters.next_term) next = reader.number(8);
  counters.next_audience = reader.number(8);
  counters.next_queue = reader.number(8);
  counters.changes = reader.number(8);
  counters.terms = reader.number(8);
  counters.term_sum = reader.number(8);
  counters.quads = reader.number(8);
  counters.quad_sum = reader.number(8);
  counters.ordinal_sum = reader.number(8);
  if (!reader.complete()) return damaged(Db::Meta, kKey);
  return counters;
}

Result<void> write_counters(Access& access, const Counters& counters) {
  std::string value;
  append_number(value, counters.generation, 8);
  for (const std::uint64_t next : counters.next_term) append_number(value, next, 8);
  append_number(value, counters.next_audience, 8);
  append_number(value, counters.next_queue, 8);
  append_number(value, counters.changes, 8);
  append_number(value, counters.terms, 8);
  append_number(value, counters.term_sum, 8);
  append_number(value, counters.quads, 8);
  append_number(value, counters.quad_sum, 8);
  append_number(value, counters.ordinal_sum, 8);
  append_checksum(kKey, value);
  return access.put(Db::Meta, kKey, value);
}

}  // namespace qp::store
