#include "store/txn.hpp"

namespace qp::store {

Result<std::optional<TermId>> Txn::find_iri(std::string_view iri) const {
  return find({rdf::TermKind::Iri, iri, {}, {}});
}

Result<TermId> WriteTxn::intern_iri(std::string_view iri) {
  return intern({rdf::TermKind::Iri, iri, {}, {}});
}

Result<std::unique_ptr<LmdbRead>> LmdbRead::begin(Env& env, const WordIndex& words,
                                                  std::chrono::milliseconds time) {
  const Env::Entered begun = QP_TRY(env.begin_read());
  std::unique_ptr<LmdbRead> read(new LmdbRead(env, begun, words));
  if (time.count() > 0) read->access_.end_at(std::chrono::steady_clock::now() + time);
  return read;
}

Result<std::unique_ptr<LmdbWrite>> LmdbWrite::begin(Env& env, const WordIndex& words) {
  const Env::Entered begun = QP_TRY(env.begin_write());
  std::unique_ptr<LmdbWrite> write(new LmdbWrite(env, begun, words));
  write->counters_ = QP_TRY(read_counters(write->access_));
  return write;
}

LmdbWrite::~LmdbWrite() {
  if (!open_) return;
  mdb_txn_abort(access_.txn());
  env_.end_write(write_);
}

int LmdbWrite::commit() {
  ++counters_.generation;
  if (!write_counters(access_, counters_)) return access_.failure();
  open_ = false;  // LMDB frees the transaction whatever comes
  const int code = mdb_txn_commit(access_.txn());
  env_.end_write(write_);
  return code;
}

Result<TermId> LmdbWrite::intern(const rdf::TermView& term) { return dictionary_.intern(term); }

Result<void> LmdbWrite::intern_all(std::span<const rdf::TermView> terms, std::span<TermId> out) {
  for (std::size_t i = 0; i < terms.size(); ++i) out[i] = QP_TRY(dictionary_.intern(terms[i]));
  return {};
}

// The counter is all that a blank node leaves, and it has to be written.
Result<TermId> LmdbWrite::new_blank() {
  const TermId id = dictionary_.new_blank();
  QP_TRY(write_counters(access_, counters_));
  return id;
}

Result<void> LmdbWrite::apply(std::span<const QuadIds> deletes,
                              std::span<const OrderedQuad> inserts) {
  return quads_.apply(deletes, inserts);
}

Result<void> LmdbWrite::replace_graph(TermId graph, std::span<const OrderedQuad> quads,
                                      const GraphRecord& record) {
  return quads_.replace(graph, quads, record);
}

Result<void> LmdbWrite::erase_graph(TermId graph) { return quads_.erase(graph); }

Result<void> LmdbWrite::set_audience(TermId graph, AudienceId audience) {
  return quads_.set_audience(graph, audience);
}

Result<void> LmdbWrite::put_document(const DocumentRecord& record, std::string_view bytes) {
  return documents_.put(record, bytes);
}

Result<void> LmdbWrite::update_document(const DocumentRecord& record) {
  return documents_.update(record);
}

Result<void> LmdbWrite::erase_document_bytes(TermId id) { return documents_.erase_bytes(id); }

Result<AudienceId> LmdbWrite::intern_audience(std::span<const TermId> members,
                                              std::span<const TermId> except) {
  return audiences_.intern(members, except, counters_);
}

Result<bool> LmdbWrite::sequence_append(TermId sequence, TermId member, AudienceId audience,
                                        std::uint64_t key) {
  return sequences_.append(sequence, member, audience, key);
}

Result<bool> LmdbWrite::sequence_remove(TermId sequence, TermId member) {
  return sequences_.remove(sequence, member);
}

Result<std::uint64_t> LmdbWrite::queue_push(std::int64_t due, std::string_view lane,
                                            std::string_view payload) {
  return queue_.push(due, lane, payload, counters_);
}

Result<void> LmdbWrite::queue_reschedule(std::uint64_t id, std::int64_t due,
                                         std::string_view last_result) {
  return queue_.reschedule(id, due, last_result);
}

Result<void> LmdbWrite::queue_move(std::uint64_t id, std::int64_t due) {
  return queue_.move(id, due);
}

Result<void> LmdbWrite::queue_remove(std::uint64_t id) { return queue_.remove(id); }

Result<void> LmdbWrite::put_rendered(std::string_view iri, std::uint8_t view,
                                     const Rendered& rendered) {
  return rendered_.put(iri, view, rendered);
}

Result<void> LmdbWrite::erase_rendered(std::string_view iri) { return rendered_.erase(iri); }

Result<void> LmdbWrite::put(Table table, std::string_view key, std::string_view value) {
  return tables_.put(table, key, value);
}

Result<bool> LmdbWrite::erase(Table table, std::string_view key) {
  return tables_.erase(table, key);
}

}  // namespace qp::store
