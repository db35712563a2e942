#include "store/verify.hpp"

#include <map>
#include <string>
#include <utility>

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

  Result<Verification> run() {
    QP_TRY(check_terms());
    for (const Order order : kOrders) QP_TRY(check_index(order));
    QP_TRY(check_uses());
    QP_TRY(check_graphs());
    QP_TRY(check_sequences());
    QP_TRY(check_queue());
    QP_TRY(check_audiences());
    QP_TRY(check_values());
    return std::move(found_);
  }

 private:
  void problem(std::string what) {
    if (found_.problems.size() < kProblems) found_.problems.push_back(std::move(what));
  }
  void problem(Db db, std::string_view key, const std::string& what) {
    problem(name(db) + " " + text::hex(key) + ": " + what);
  }

  // Ids are given out without gaps, and no term is taken away: each below the counter has a row.
  bool is_known(TermId id) const {
    const std::uint64_t payload = number(id) & kPayloadMask;
    if (is_inlined(id)) return !spell_inlined(id).empty();
    if (static_cast<std::size_t>(rdf::term_class(id)) >= Counters::kClasses) return false;
    if (rdf::term_class(id) == rdf::TermClass::Iri && payload <= vocab::rows().size()) {
      return payload != 0;
    }
    return payload >= kFirstTerm && payload < counters_.next(rdf::term_class(id));
  }

  Result<void> check_terms() {
    QP_TRY(access_.each(Db::Terms, {}, [&](std::string_view key, auto) {
      ++found_.terms;
      const TermId id = ByteReader(key).id();
      const auto term = dictionary_.resolve(id);
      if (!term) {
        problem(Db::Terms, key, term.error().detail);
        return true;
      }
      const auto back = dictionary_.find(*term);
      if (!back || *back != id) problem(Db::Terms, key, "is not found by its text");
      return true;
    }));
    std::uint64_t given = 0;
    for (std::size_t i = 0; i < Counters::kClasses; ++i) {
      if (static_cast<rdf::TermClass>(i) == rdf::TermClass::Blank) continue;
      given += counters_.next_term[i] - kFirstTerm;
    }
    if (given != found_.terms) problem("terms: not as many as ids were given out");
    if (QP_TRY(access_.entries(Db::TermIds)) != found_.terms) {
      problem("term_ids: not as many as terms");
    }
    return {};
  }

  Result<void> check_index(Order order) {
    std::uint64_t quads = 0, quad_sum = 0, ordinal_sum = 0;
    QuadIds last;
    const Db db = database(order);
    QP_TRY(access_.each(db, {}, [&](std::string_view key, std::string_view value) {
      auto quad = decode_quad(order, key);
      const auto ordinal = order == Order::Spog ? decode_ordinal(value) : 0;
      if (!quad || !ordinal) {
        problem(db, key, "damaged");
        return true;
      }
      if (order == Order::Spog) quad->ordinal = *ordinal;
      ++quads;
      quad_sum += quad_hash(quad->quad);
      ordinal_sum += ordinal_hash(*quad);
      if (order == Order::Gspo) check_quad(quad->quad, key);
      count_use(order, quads == 1 ? nullptr : &last, quad->quad);
      last = quad->quad;
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

  // As in QuadStore::count_group, but from the whole index.
  void count_use(Order order, const QuadIds* last, const QuadIds& quad) {
    using Kind = UseTable::Kind;
    const bool new_pair = order == Order::Spog
                              ? last == nullptr || last->s != quad.s || last->p != quad.p
                              : last == nullptr || last->p != quad.p || last->o != quad.o;
    if (order == Order::Spog && new_pair) ++uses_[{Kind::Predicate, quad.p}].subjects;
    if (order != Order::Posg) return;
    UseCounts& predicate = uses_[{Kind::Predicate, quad.p}];
    ++predicate.quads;
    if (new_pair) ++predicate.objects;
    if (quad.p != rdf::type) return;
    UseCounts& type = uses_[{Kind::Class, quad.o}];
    ++type.quads;
    if (new_pair) ++type.objects;
    if (new_pair || last->s != quad.s) ++type.subjects;
  }

  Result<void> check_uses() {
    QP_TRY(access_.each(Db::Statistics, {}, [&](std::string_view key, std::string_view value) {
      const auto row = decode_use_key(key);
      const auto use = decode_use(without_checksum(value).value_or(std::string_view()));
      if (!row || !use || !checksum_holds(key, value)) {
        problem(Db::Statistics, key, "damaged");
        return true;
      }
      const auto counted = uses_.find(*row);
      if (counted == uses_.end() || counted->second != *use) {
        problem(Db::Statistics, key, "is not what counting gives");
      }
      return true;
    }));
    return check_entries(Db::Statistics, uses_.size());
  }

  void check_quad(const QuadIds& quad, std::string_view key) {
    ++quads_of_[quad.g];
    for (const TermId id : {quad.g, quad.s, quad.p, quad.o}) {
      if (!is_known(id)) problem(Db::Gspo, key, "names a term that is not there");
    }
  }

  Result<void> check_graphs() {
    QP_TRY(access_.each(Db::Graphs, {}, [&](std::string_view key, std::string_view value) {
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
    QP_TRY(access_.each(Db::Sequence, {}, [&](std::string_view key, std::string_view value) {
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
    QP_TRY(access_.each(Db::Queue, {}, [&](std::string_view key, std::string_view value) {
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
    QP_TRY(access_.each(Db::Audiences, {}, [&](std::string_view key, std::string_view value) {
      const auto plain = without_checksum(value).value_or(std::string_view());
      const auto members = decode_members(plain);
      if (!members || !checksum_holds(key, value)) {
        problem(Db::Audiences, key, "damaged");
        return true;
      }
      ++sets;
      memberships += members->size();
      bool whole = row_is(Db::AudienceIds, hash_key(plain), key);
      for (const TermId member : *members) {
        whole = whole && is_known(member) &&
                row_is(Db::AudienceMembers, id_key(member).append(key), {});
      }
      if (!whole) problem(Db::Audiences, key, "is missing from another index");
      return true;
    }));
    QP_TRY(check_entries(Db::AudienceIds, sets));
    return check_entries(Db::AudienceMembers, memberships);
  }

  template <class Decodes>
  Result<void> check_sealed(Db db, const Decodes& decodes) {
    return access_.each(db, {}, [&](std::string_view key, std::string_view value) {
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
  std::map<UseTable::Row, UseCounts> uses_;
  Verification found_;
};

}  // namespace

Result<Verification> verify(const Access& access, const Dictionary& dictionary) {
  const Counters counters = QP_TRY(read_counters(access));
  return Verifier(access, dictionary, counters).run();
}

}  // namespace qp::store
