#include "store/rekey.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "store/bytes.hpp"
#include "store/txn.hpp"
#include "vocab/terms.hpp"

namespace qp::store {
namespace {

/// Gives one term another id.
class Rekeyer {
 public:
  Rekeyer(LmdbWrite& txn, TermId from, TermId to)
      : txn_(txn), access_(txn.access()), from_(from), to_(to) {}

  Result<void> run() {
    QP_TRY(quads());
    QP_TRY(graphs());
    QP_TRY(documents());
    QP_TRY(audiences());
    QP_TRY(sequences());
    QP_TRY(txn_.dictionary().change_datatype(from_, to_));
    QP_TRY(txn_.dictionary().erase(from_));
    return {};
  }

 private:
  bool change(TermId& id) const {
    if (id != from_) return false;
    id = to_;
    return true;
  }

  Result<void> quads() {
    std::vector<QuadIds> old;
    std::vector<OrderedQuad> fresh;
    for (const Pattern& pattern : {Pattern{from_, {}, {}, {}}, Pattern{{}, from_, {}, {}},
                                   Pattern{{}, {}, from_, {}}, Pattern{{}, {}, {}, from_}}) {
      Txn::ScanOptions all;
      all.with_claims = true;
      QP_TRY(txn_.scan(pattern, all, [&](const OrderedQuad& row) {
        old.push_back(row.quad);
        return true;
      }));
    }
    for (const QuadIds& quad : old) {
      OrderedQuad row{quad, QP_TRY(txn_.quads().ordinal_of(quad))};
      change(row.quad.g);
      change(row.quad.s);
      change(row.quad.p);
      change(row.quad.o);
      fresh.push_back(row);
    }
    return txn_.apply(old, fresh);
  }

  // The quads are moved: the old record is empty now, the new one counts them.
  Result<void> graphs() {
    if (auto record = QP_TRY(txn_.graph(from_))) {
      const auto counted = QP_TRY(txn_.graph(to_));
      record->quads = counted ? counted->quads : 0;
      QP_TRY(txn_.quads().put_record(to_, *record));
      QP_TRY(txn_.erase_graph(from_));
    }
    std::vector<std::pair<TermId, GraphRecord>> named;
    QP_TRY(access_.each(Db::Graphs, {}, [&](std::string_view key, std::string_view value) {
      const auto record = decode_graph(without_checksum(value).value_or(std::string_view()));
      if (record && record->document == from_) named.emplace_back(ByteReader(key).id(), *record);
      return true;
    }));
    for (auto& [graph, record] : named) {
      record.document = to_;
      QP_TRY(txn_.quads().put_record(graph, record));
    }
    return {};
  }

  Result<void> documents() {
    std::vector<DocumentRecord> changed;
    QP_TRY(access_.each(Db::Documents, {}, [&](std::string_view, std::string_view value) {
      auto record = decode_document(without_checksum(value).value_or(std::string_view()));
      if (!record) return true;
      const bool names = record->id == from_ || record->root == from_ || record->claims == from_ ||
                         std::count(record->graphs.begin(), record->graphs.end(), from_) != 0;
      if (names) changed.push_back(*std::move(record));
      return true;
    }));
    for (DocumentRecord& record : changed) {
      const TermId id = record.id;
      change(record.root);
      change(record.claims);
      for (TermId& graph : record.graphs) change(graph);
      if (!change(record.id)) {
        QP_TRY(txn_.update_document(record));
        continue;
      }
      const auto bytes = txn_.document_bytes(id);
      QP_TRY(txn_.put_document(record, bytes ? *bytes : std::string()));
      if (!bytes) QP_TRY(txn_.erase_document_bytes(record.id));
      QP_TRY(txn_.erase_document_bytes(id));
      QP_TRY(access_.erase(Db::Documents, id_key(id)));
    }
    return {};
  }

  // A set keeps its number; its members, and so its hash, are others.
  Result<void> audiences() {
    std::vector<std::pair<std::string, std::string>> rows;
    const std::string prefix = id_key(from_);
    QP_TRY(access_.each(Db::AudienceMembers, prefix, [&](auto key, auto value) {
      rows.emplace_back(key.substr(prefix.size()), value);
      return true;
    }));
    for (const auto& [key, role] : rows) {
      const auto sealed = QP_TRY(access_.get(Db::Audiences, key));
      const std::string old(without_checksum(sealed.value_or("")).value_or(std::string_view()));
      auto row = decode_audience(old);
      if (!row) return damaged(Db::Audiences, key);
      for (std::vector<TermId>* names : {&row->members, &row->except}) {
        for (TermId& name : *names) change(name);
        std::sort(names->begin(), names->end());
      }
      std::string value = encode_audience(*row);
      QP_TRY(access_.erase(Db::AudienceIds, hash_key(old)));
      QP_TRY(access_.put(Db::AudienceIds, hash_key(value), key));
      append_checksum(key, value);
      QP_TRY(access_.put(Db::Audiences, key, value));
      QP_TRY(access_.erase(Db::AudienceMembers, prefix + key));
      QP_TRY(access_.put(Db::AudienceMembers, id_key(to_) + key, role));
    }
    return {};
  }

  Result<void> sequences() {
    for (const TermId sequence : QP_TRY(txn_.sequences_of(from_))) {
      const auto item = QP_TRY(txn_.sequence_item(sequence, from_));
      if (!item) continue;
      QP_TRY(txn_.sequence_remove(sequence, from_));
      QP_TRY(txn_.sequence_append(sequence, to_, item->audience, item->key));
    }
    const auto items = QP_TRY(txn_.sequence_after(from_, 0, SIZE_MAX, Visible::everything()));
    for (const SequenceItem& item : items) {
      QP_TRY(txn_.sequence_remove(from_, item.member));
      QP_TRY(txn_.sequence_append(to_, item.member, item.audience, item.key));
    }
    return {};
  }

  LmdbWrite& txn_;
  Access& access_;
  TermId from_, to_;
};

Result<int> rekey(Env& env, const WordIndex& words) {
  const auto txn = QP_TRY(LmdbWrite::begin(env, words));
  const auto refused = [&](const Error& trouble) -> Result<int> {
    if (txn->failure() == MDB_MAP_FULL) return MDB_MAP_FULL;
    return trouble;
  };
  const auto [first, last] = env.new_words();
  int moved = 0;
  for (std::size_t row = first; row < last; ++row) {
    const Word& word = vocab::rows()[row];
    const auto old = txn->dictionary().find_row({rdf::TermKind::Iri, word.iri, {}, {}});
    if (!old) return refused(old.error());
    if (!*old) continue;
    const auto done = Rekeyer(*txn, **old, word.id).run();
    if (!done) return refused(done.error());
    ++moved;
  }
  const auto marked = env.mark_words(txn->access());
  if (!marked) return refused(marked.error());
  const int code = txn->commit();
  if (code != 0 && code != MDB_MAP_FULL) return env.trouble(code, "committing new words");
  if (moved != 0 && code == 0) log::info("store_words_rekeyed", {log::field("count", moved)});
  return code;
}

}  // namespace

Result<void> rekey_new_words(Env& env, const WordIndex& words) {
  const auto [first, last] = env.new_words();
  if (first >= last) return {};
  while (QP_TRY(rekey(env, words)) == MDB_MAP_FULL) QP_TRY(env.grow());
  return {};
}

}  // namespace qp::store
