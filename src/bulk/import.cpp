#include "bulk/import.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>

namespace qp::bulk {

namespace {

using Clock = std::chrono::steady_clock;

/// A commit holds so many records, or bytes of them: a server on the same store waits for it. More
/// or fewer, so that it takes about as long as is good for both.
constexpr std::size_t kBatchRecords = 64;
constexpr std::size_t kMostRecords = 4096;
constexpr std::size_t kBytesPerRecord = std::size_t{8} * 1024;
constexpr auto kShortCommit = std::chrono::milliseconds(25);
constexpr auto kLongCommit = std::chrono::milliseconds(50);

/// A record that was read and waits for its commit.
struct Pending {
  explicit Pending(Record from) : record(std::move(from)) {}
  Record record;
  std::string text;  ///< what `form` borrows from
  json::Arena arena;
  Result<void> trouble;
  jsonld::StoredForm form;
  TermId document{};
};
using Batch = std::vector<std::unique_ptr<Pending>>;

bool is_about_the_record(Code code) {
  return code == Code::BadInput || code == Code::TooLarge || code == Code::Forbidden ||
         code == Code::Gone || code == Code::NotFound || code == Code::Conflict;
}

/// Of a document with the context that it stands under.
Result<json::Value> parse(const Record& record, std::string_view text, json::Arena& arena) {
  json::ParseLimits limits;
  limits.allow_duplicate_keys = true;
  const json::Value document = QP_TRY(json::parse(text, arena, limits));
  if (record.context.empty() || !document.is_object() || document.contains("@context")) {
    return document;
  }
  const json::Value whole = json::Value::object(arena, document.size() + 1);
  whole.set(arena, "@context", QP_TRY(json::parse(arena.copy(record.context), arena, limits)));
  for (const json::Member& member : document.members()) whole.append_member(arena, member);
  return whole;
}

Result<Imported> describe(const store::Txn& txn, const Pending& pending) {
  const auto record = QP_TRY(txn.document(pending.document));
  if (!record) return error(Code::NotFound, "the document is gone already");
  const auto iri = [&](TermId id) -> Result<std::string> {
    return std::string(QP_TRY(txn.resolve(id)).value);
  };
  Imported imported;
  imported.document = QP_TRY(iri(record->id));
  imported.root = QP_TRY(iri(record->root));
  for (const TermId graph : record->graphs) imported.graphs.push_back(QP_TRY(iri(graph)));
  if (record->claims != TermId::None) imported.claims = QP_TRY(iri(record->claims));
  imported.repairs = jsonld::repairs_in(pending.form.difference);
  return imported;
}

class Importer {
 public:
  Importer(store::Store& store, const jsonld::ContextSource& contexts, const Writer& writer,
           Tell tell, const std::function<void(const Outcome&)>& report)
      : store_(store), contexts_(contexts), writer_(writer), tell_(tell), report_(report) {}

  /// While one batch is being committed the next one is read.
  Result<void> run(DumpReader& reader, std::size_t skip) {
    for (; done_ < skip; ++done_) {
      if (!reader.next()) break;
    }
    std::future<Result<void>> committing;
    for (;;) {
      auto batch = read(reader);
      if (committing.valid()) QP_TRY(committing.get());
      if (!batch) return batch.error();
      if (batch->empty()) return {};
      committing = std::async(std::launch::async, [this, ready = *std::move(batch)]() mutable {
        return commit(std::move(ready));
      });
    }
  }

  const Totals& totals() const { return totals_; }

 private:
  Result<Batch> read(DumpReader& reader) {
    Batch batch;
    std::size_t bytes = 0;
    const std::size_t wanted = batch_records_;
    std::unique_ptr<store::Txn> txn;
    if (writer_.adapt) txn = QP_TRY(store_.read());
    while (batch.size() < wanted && bytes < wanted * kBytesPerRecord) {
      auto record = reader.next();
      if (!record) break;
      auto pending = std::make_unique<Pending>(*std::move(record));
      if (pending->record.bytes) bytes += pending->record.bytes->size();
      pending->trouble = prepare(*pending, txn.get());
      const bool is_trouble = !pending->trouble;
      if (is_trouble && !is_about_the_record(pending->trouble.error().code) &&
          pending->record.bytes) {
        return pending->trouble.error();
      }
      batch.push_back(std::move(pending));
    }
    return batch;
  }

  Result<void> prepare(Pending& pending, const store::Txn* txn) {
    Record& record = pending.record;
    if (!record.bytes) return record.bytes.error();
    if (record.kind != Record::Kind::Document) return {};
    pending.text = *record.bytes;
    json::Value document = QP_TRY(parse(record, pending.text, pending.arena));
    if (txn != nullptr && document.is_object()) {
      document = QP_TRY(writer_.adapt(*txn, document, pending.arena));
    }
    pending.form = QP_TRY(
        jsonld::read_for_storage(document, contexts_, pending.arena, jsonld::Sender::Operator));
    if (!record.context.empty() || txn != nullptr) record.bytes = json::to_text(document);
    return {};
  }

  Result<void> commit(Batch batch) {
    const auto begun = Clock::now();
    QP_TRY(store_.write([&](store::WriteTxn& txn) -> Result<void> {
      for (const auto& pending : batch) {
        if (!pending->trouble) continue;
        auto written = write(txn, *pending);
        if (written) continue;
        if (!is_about_the_record(written.error().code)) return written;
        pending->trouble = std::move(written);
      }
      return writer_.note ? writer_.note(txn, done_ + batch.size()) : Result<void>();
    }));
    done_ += batch.size();
    const auto took = Clock::now() - begun;
    if (took < kShortCommit && batch_records_ < kMostRecords) batch_records_ = batch_records_ * 2;
    if (took > kLongCommit && batch_records_ > kBatchRecords) batch_records_ = batch_records_ / 2;
    const auto txn = QP_TRY(store_.read());
    for (const auto& pending : batch) tell(*txn, *pending);
    return {};
  }

  Result<void> write(store::WriteTxn& txn, Pending& pending) const {
    if (pending.record.kind == Record::Kind::Document) {
      pending.document = QP_TRY(writer_.document(txn, pending.record, pending.form));
      return {};
    }
    return writer_.other ? writer_.other(txn, pending.record) : Result<void>();
  }

  void tell(const store::Txn& txn, const Pending& pending) {
    const bool is_document = pending.record.kind == Record::Kind::Document;
    Outcome outcome{pending.record, Imported()};
    if (!pending.trouble) {
      ++totals_.refused;
      outcome.imported = pending.trouble.error();
      return report_(outcome);
    }
    if (!is_document) {
      ++(pending.record.kind == Record::Kind::File ? totals_.files : totals_.members);
    } else {
      ++totals_.imported;
      totals_.bytes += pending.record.bytes->size();
      if (!pending.form.difference.is_null()) {
        totals_.fidelity_bytes += json::to_text(pending.form.difference).size();
      }
    }
    if (tell_ == Tell::Trouble) return;
    if (is_document) outcome.imported = describe(txn, pending);
    report_(outcome);
  }

  store::Store& store_;
  const jsonld::ContextSource& contexts_;
  const Writer& writer_;
  Tell tell_;
  const std::function<void(const Outcome&)>& report_;
  std::atomic<std::size_t> batch_records_ = kBatchRecords;
  std::size_t done_ = 0;
  Totals totals_;
};

}  // namespace

void Totals::add(const Totals& other) {
  imported += other.imported;
  refused += other.refused;
  members += other.members;
  files += other.files;
  bytes += other.bytes;
  fidelity_bytes += other.fidelity_bytes;
}

Result<Totals> import(DumpReader& reader, store::Store& store,
                      const jsonld::ContextSource& contexts, const Writer& writer, Tell tell,
                      const std::function<void(const Outcome&)>& report, std::size_t skip) {
  Importer importer(store, contexts, writer, tell, report);
  QP_TRY(importer.run(reader, skip));
  return importer.totals();
}

}  // namespace qp::bulk
