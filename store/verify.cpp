#include "store/verify.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "store/audience.hpp"
#include "store/bytes.hpp"
#include "store/counters.hpp"
#include "store/documents.hpp"
#include "store/inline_term.hpp"
#include "store/quad_index.hpp"
#include "store/quad_store.hpp"
#include "store/queue.hpp"
#include "store/rendered.hpp"
#include "store/sequence.hpp"
#include "store/use_counts.hpp"
#include "vocab/terms.hpp"

namespace qp::store {
namespace {

// A store that is broken all over is described by its first problems.
constexpr std::size_t kProblems = 1000;

std::string name(Db db) { return kDbNames[static_cast<std::size_t>(db)]; }

class Verifier {
 public:
  Verifier(const Access& access, const Dictionary& dictionary, const Counters& counters)
      : access_(access), dictionary_(dictionary), counters_(counters) {}

  Verification run() {
    note(check_meta());
    note(check_terms());
    for (const Order order : kOrders) note(check_index(order));
    note(check_uses());
    note(check_graphs());
    note(check_sequences());
    note(check_queue());
    note(check_audiences());
    note(check_values());
    for (const Db db :
         {Db::AudienceIds, Db::AudienceMembers, Db::SequenceAudience, Db::SequenceMember,
          Db::SequenceCount, Db::MemberSequence, Db::QueueLane, Db::QueueHead}) {
      note(walk(db));
    }
    return std::move(found_);
  }

 private:
  // What LMDB itself stumbled over ends one check, not the others.
  void note(const Result<void>& checked) {
    if (!checked) problem(checked.error().detail);
  }

  // Every row. Damaged pages may lead in a circle: rows out of order end the walk. A walk does not
  // look at what leads to a page: the first and the last key of each are looked up, and so the way
  // to those between them is right too.
  template <class Each>
  Result<void> each(Db db, const Each& row) {
    if (QP_TRY(access_.flags(db)) != 0) problem(name(db) + ": has flags");
    const std::uintptr_t page_bytes = QP_TRY(access_.stat(db)).ms_psize;
    std::string last;
    std::uintptr_t last_page = 0;
    std::uint64_t rows = 0;
    QP_TRY(access_.each(db, {}, [&](std::string_view key, std::string_view value) {
      if (rows != 0 && key <= last) {
        problem(db, key, "is out of order");
        return false;
      }
      const std::uintptr_t page = reinterpret_cast<std::uintptr_t>(key.data()) / page_bytes;
      if (page != last_page) {
        if (rows != 0) check_way(db, last);
        check_way(db, key);
      }
      ++rows;
      last = key;
      last_page = page;
      return row(key, value);
    }));
    if (rows != 0) check_way(db, last);
    return check_entries(db, rows);
  }

  void check_way(Db db, std::string_view key) {
    const auto found = access_.contains(db, key);
    if (!found || !*found) problem(db, key, "is not found by its key");
  }

  void problem(std::string what) {
    if (found_.problems.size() < kProblems) found_.problems.push_back(std::move(what));
  }
  void problem(Db db, std::string_view key, const std::string& what) {
    problem(name(db) + " " + text::hex(key) + ": " + what);
  }

  bool is_known(TermId id) const {
    const std::uint64_t payload = number(id) & kPayloadMask;
    if (is_inlined(id)) return !spell_inlined(id).empty();
    const rdf::TermClass kind = rdf::term_class(id);
    if (static_cast<std::size_t>(kind) >= Counters::kClasses) return false;
    if (kind == rdf::TermClass::Iri && payload <= vocab::rows().size()) return payload != 0;
    if (payload < kFirstTerm || payload >= counters_.next(kind)) return false;
    if (kind == rdf::TermClass::Blank) return true;
    const std::vector<bool>& rows = has_row_[static_cast<std::size_t>(kind)];
    return payload - kFirstTerm < rows.size() && rows[payload - kFirstTerm];
  }

  // Remembers that `id` has a row. False: no such id was given out.
  bool note_row(TermId id) {
    const auto kind = static_cast<std::size_t>(rdf::term_class(id));
    const std::uint64_t payload = number(id) & kPayloadMask;
    if (kind >= Counters::kClasses || payload < kFirstTerm) return false;
    if (payload >= counters_.next_term[kind]) return false;
    std::vector<bool>& rows = has_row_[kind];
    if (rows.size() <= payload - kFirstTerm) {
      rows.resize(std::max(payload - kFirstTerm + 1, std::uint64_t{rows.size()} * 2));
    }
    rows[payload - kFirstTerm] = true;
    return true;
  }

  // Opening has read both rows.
  Result<void> check_meta() {
    QP_TRY(walk(Db::Meta));
    return check_entries(Db::Meta, 2);
  }

  // For what is looked up from other rows: that there is nothing else.
  Result<void> walk(Db db) {
    return each(db, [](auto, auto) { return true; });
  }

  Result<void> check_terms() {
    std::uint64_t sum = 0;
    QP_TRY(each(Db::Terms, [&](std::string_view key, std::string_view row) {
      ++found_.terms;
      sum += row_hash(key, row);
      const TermId id = ByteReader(key).id();
      if (!note_row(id)) {
        problem(Db::Terms, key, "a term that was never given out");
        return true;
      }
      const auto term = dictionary_.resolve(id);
      if (!term) {
        problem(Db::Terms, key, term.error().detail);
        return true;
      }
      const auto back = dictionary_.find(*term);
      if (!back || *back != id) problem(Db::Terms, key, "is not found by its text");
      return true;
    }));
    if (found_.terms != counters_.terms) problem("terms: not as many as counted");
    if (sum != counters_.term_sum) problem("terms: other rows than were written");
    return check_term_ids();
  }

  // That each term is found by its text says that its row is there; a row is no more than an id.
  Result<void> check_term_ids() {
    QP_TRY(each(Db::TermIds, [&](std::string_view key, std::string_view value) {
      ByteReader reader(value);
      const TermId id = reader.id();
      if (!reader.complete() || !is_known(id)) problem(Db::TermIds, key, "damaged");
      return true;
    }));
    return check_entries(Db::TermIds, found_.terms);
  }

  Result<void> check_index(Order order) {
    std::uint64_t quads = 0, quad_sum = 0, ordinal_sum = 0;
    const Db db = database(order);
    QP_TRY(each(db, [&](std::string_view key, std::string_view value) {
      auto quad = decode_quad(order, key);
      const bool has_value = order == Order::Spog;
      const auto ordinal = has_value || value.empty() ? decode_ordinal(value) : std::nullopt;
      if (!quad || !ordinal) {
        problem(db, key, "damaged");
        return true;
      }
      if (order == Order::Spog) quad->ordinal = *ordinal;
      ++quads;
      quad_sum += quad_hash(quad->quad);
      ordinal_sum += ordinal_hash(*quad);
      if (order == Order::Gspo) check_quad(quad->quad, key);
      uses_.count(order, quad->quad);
      return true;
    }));
    if (quads != counters_.quads) problem(name(db) + ": not as many quads as counted");
    if (quad_sum != counters_.quad_sum) problem(name(db) + ": not the quads of the others");
    const bool has_ordinals = order == Order::Gspo || order == Order::Spog;
    if (has_ordinals && ordinal_sum != counters_.ordinal_sum) {
      problem(name(db) + ": other ordinals than were written");
    }
    found_.quads = counters_.quads;
    return {};
  }

  Result<void> check_uses() {
    QP_TRY(each(Db::Statistics, [&](std::string_view key, std::string_view value) {
      const auto row = decode_use_key(key);
      const auto use = decode_use(without_checksum(value).value_or(std::string_view()));
      if (!row || !use || !checksum_holds(key, value)) {
        problem(Db::Statistics, key, "damaged");
        return true;
      }
      const auto counted = uses_.rows().find(*row);
      if (counted == uses_.rows().end() || counted->second != *use) {
        problem(Db::Statistics, key, "is not what counting gives");
      }
      return true;
    }));
    return check_entries(Db::Statistics, uses_.rows().size());
  }

  void check_quad(const QuadIds& quad, std::string_view key) {
    ++quads_of_[quad.g];
    for (const TermId id : {quad.g, quad.s, quad.p, quad.o}) {
      if (!is_known(id)) problem(Db::Gspo, key, "names a term that is not there");
    }
  }

  Result<void> check_graphs() {
    QP_TRY(each(Db::Graphs, [&](std::string_view key, std::string_view value) {
      const auto record = decode_graph(without_checksum(value).value_or(std::string_view()));
      if (!record || !checksum_holds(key, value)) {
        problem(Db::Graphs, key, "damaged");
        return true;
      }
      const auto counted = quads_of_.find(ByteReader(key).id());
      if (record->quads != (counted == quads_of_.end() ? 0 : counted->second)) {
        problem(Db::Graphs, key, "has not as many quads as it says");
      }
      if (counted != quads_of_.end()) quads_of_.erase(counted);
      return true;
    }));
    for (const auto& [graph, quads] : quads_of_) {
      problem(Db::Graphs, id_key(graph), "quads without a graph record");
    }
    return {};
  }

  bool row_is(Db db, std::string_view key, std::string_view value) const {
    const auto found = access_.get(db, key);
    return found && *found && **found == value;
  }

  Result<void> check_sequences() {
    std::map<std::string, std::uint64_t> counts;
    QP_TRY(each(Db::Sequence, [&](std::string_view key, std::string_view value) {
      const auto row = decode_sequence(key, value);
      if (!row) {
        problem(Db::Sequence, key, "damaged");
        return true;
      }
      ++found_.sequence_items;
      const auto& [sequence, item] = *row;
      ++counts[sequence_count_key(sequence, item.audience)];
      if (!is_known(item.member)) problem(Db::Sequence, key, "names a term that is not there");
      if (!row_is(Db::SequenceMember, sequence_member_key(sequence, item.member),
                  sequence_member_value(item)) ||
          !row_is(Db::SequenceAudience, sequence_audience_key(sequence, item.audience, item.key),
                  id_key(item.member)) ||
          !row_is(Db::MemberSequence, sequence_member_key(item.member, sequence), {})) {
        problem(Db::Sequence, key, "is missing from another index");
      }
      return true;
    }));
    for (const auto& [key, items] : counts) {
      if (!row_is(Db::SequenceCount, key, number_key(items, 8))) {
        problem(Db::SequenceCount, key, "is not what counting gives");
      }
    }
    QP_TRY(check_entries(Db::SequenceMember, found_.sequence_items));
    QP_TRY(check_entries(Db::SequenceAudience, found_.sequence_items));
    QP_TRY(check_entries(Db::MemberSequence, found_.sequence_items));
    return check_entries(Db::SequenceCount, counts.size());
  }

  Result<void> check_entries(Db db, std::uint64_t expected) {
    if (QP_TRY(access_.entries(db)) != expected) problem(name(db) + ": rows too few or too many");
    return {};
  }

  Result<void> check_queue() {
    std::map<std::string, std::string, std::less<>> heads;  // by lane
    std::uint64_t items = 0;
    QP_TRY(each(Db::Queue, [&](std::string_view key, std::string_view value) {
      const auto item = decode_queue(without_checksum(value).value_or(std::string_view()));
      if (!item || !checksum_holds(key, value)) {
        problem(Db::Queue, key, "damaged");
        return true;
      }
      ++items;
      const std::uint64_t id = ByteReader(key).number(8);
      heads.try_emplace(item->lane, queue_head_key(item->due, id));
      if (!row_is(Db::QueueLane, queue_lane_key(item->lane, id), {})) {
        problem(Db::Queue, key, "is missing from its lane");
      }
      return true;
    }));
    for (const auto& [lane, key] : heads) {
      if (!row_is(Db::QueueHead, key, {})) problem(Db::QueueHead, key, "head of " + lane + " lost");
    }
    QP_TRY(check_entries(Db::QueueLane, items));
    return check_entries(Db::QueueHead, heads.size());
  }

  Result<void> check_audiences() {
    std::uint64_t sets = 0, memberships = 0;
    QP_TRY(each(Db::Audiences, [&](std::string_view key, std::string_view value) {
      const auto plain = without_checksum(value).value_or(std::string_view());
      const auto set = decode_audience(plain);
      if (!set || !checksum_holds(key, value)) {
        problem(Db::Audiences, key, "damaged");
        return true;
      }
      ++sets;
      memberships += set->members.size() + set->except.size();
      bool whole = row_is(Db::AudienceIds, hash_key(plain), key);
      const auto check = [&](std::span<const TermId> names, std::string_view role) {
        for (const TermId name : names) {
          whole = whole && is_known(name) &&
                  row_is(Db::AudienceMembers, id_key(name).append(key), role);
        }
      };
      check(set->members, kInSet);
      check(set->except, kExcepted);
      if (!whole) problem(Db::Audiences, key, "is missing from another index");
      return true;
    }));
    QP_TRY(check_entries(Db::AudienceIds, sets));
    return check_entries(Db::AudienceMembers, memberships);
  }

  template <class Decodes>
  Result<void> check_sealed(Db db, const Decodes& decodes) {
    return each(db, [&](std::string_view key, std::string_view value) {
      const auto plain = without_checksum(value);
      if (!plain || !checksum_holds(key, value) || !decodes(*plain)) problem(db, key, "damaged");
      return true;
    });
  }

  Result<void> check_values() {
    QP_TRY(check_sealed(Db::Documents,
                        [](std::string_view value) { return decode_document(value).has_value(); }));
    QP_TRY(check_sealed(Db::DocumentBytes,
                        [](std::string_view value) { return unpack_document(value).has_value(); }));
    QP_TRY(check_sealed(Db::Rendered,
                        [](std::string_view value) { return decode_rendered(value).has_value(); }));
    return check_sealed(Db::Tables, [](std::string_view) { return true; });
  }

  const Access& access_;
  const Dictionary& dictionary_;
  const Counters& counters_;
  std::map<TermId, std::uint64_t> quads_of_;
  UseCounter uses_;
  std::array<std::vector<bool>, Counters::kClasses> has_row_;
  Verification found_;
};

}  // namespace

Result<Verification> verify(const Access& access, const Dictionary& dictionary) {
  const Counters counters = QP_TRY(read_counters(access));
  return Verifier(access, dictionary, counters).run();
}

}  // namespace qp::store
