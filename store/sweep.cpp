#include "store/sweep.hpp"

#include <array>
#include <optional>
#include <string>
#include <unordered_set>

#include "rdf/term_id.hpp"
#include "store/bytes.hpp"
#include "store/counters.hpp"
#include "store/documents.hpp"
#include "store/quad_store.hpp"

namespace qp::store {

Result<std::vector<TermId>> all_terms(const Access& access) {
  std::vector<TermId> terms;
  QP_TRY(access.each(Db::Terms, {}, [&](std::string_view key, auto) {
    terms.push_back(ByteReader(key).id());
    return true;
  }));
  return terms;
}

// What is named inside of values, where no key leads to it.
static Result<std::unordered_set<TermId>> named_in_values(const Access& access) {
  std::unordered_set<TermId> named;
  QP_TRY(access.each(Db::Documents, {}, [&](auto, std::string_view value) {
    const auto record = decode_document(without_checksum(value).value_or(std::string_view()));
    if (!record) return true;
    named.insert({record->id, record->root, record->claims});
    named.insert(record->graphs.begin(), record->graphs.end());
    return true;
  }));
  QP_TRY(access.each(Db::Graphs, {}, [&](auto, std::string_view value) {
    const auto record = decode_graph(without_checksum(value).value_or(std::string_view()));
    if (record) named.insert(record->document);
    return true;
  }));
  QP_TRY(access.each(Db::Terms, {}, [&](std::string_view key, std::string_view value) {
    const TermId id = ByteReader(key).id();
    if (rdf::term_class(id) == rdf::TermClass::Typed) named.insert(ByteReader(value).id());
    return true;
  }));
  return named;
}

Result<std::vector<TermId>> unused_terms(const Access& access, const std::vector<TermId>& terms) {
  // In each of these a key that begins with an id names it.
  static constexpr std::array kNaming = {Db::Ospg,           Db::Spog,      Db::Gspo,
                                         Db::Posg,           Db::Graphs,    Db::MemberSequence,
                                         Db::SequenceMember, Db::Documents, Db::AudienceMembers};
  const auto named = QP_TRY(named_in_values(access));
  std::vector<Cursor> cursors;
  cursors.reserve(kNaming.size());
  for (const Db db : kNaming) cursors.push_back(QP_TRY(access.cursor(db)));
  std::vector<TermId> unused;
  for (const TermId id : terms) {
    if (named.contains(id)) continue;
    const std::string key = id_key(id);
    bool used = false;
    for (Cursor& at : cursors) {
      used = QP_TRY(at.seek(key)) && at.key().starts_with(key);
      if (used) break;
    }
    if (!used) unused.push_back(id);
  }
  return unused;
}

}  // namespace qp::store
