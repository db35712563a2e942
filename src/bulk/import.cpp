#include "bulk/import.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <optional>
#include <utility>

namespace qp::bulk {

namespace {

using Clock = std::chrono::steady_clock;

/// A commit holds so many records, or bytes of them: a server on the same store waits for it. More
/// or fewer, so that it takes about as long as is good for both.
constexpr std::size_t kBatchRecords = 64;
constexpr std::size_t kMostRecords = 1024;
constexpr std::size_t kBulkRecords = 256;  ///< nobody waits
constexpr std::size_t kBytesPerRecord = std::size_t{8} * 1024;
constexpr auto kShortCommit = std::chrono::milliseconds(25);
constexpr auto kLongCommit = std::chrono::milliseconds(50);

/// A record that was read and waits for its commit.
struct Pending {
  explicit Pending(Record from) : record(std::move(from)) {}
  Record record;
  std::string text;  ///< what `form` borrows from, where that is not the record's
  Result<void> trouble;
  jsonld::StoredForm form;
  TermId document{};
};
/// With what their forms are made of: of each of the two threads that prepare them.
struct Batch {
  std::array<json::Arena, 2> arenas;
  std::vector<std::unique_ptr<Pending>> pending;
};

/// A batch that two threads prepare.
struct Sheaf {
  Batch batch;
  std::latch is_bound{1};  ///< it holds what it will
  std::atomic<std::size_t> next = 0;
};

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
  Importer(const jsonld::ContextSource& contexts, const Writer& writer, Tell tell,
           const std::function<void(const Outcome&)>& report, const Start& start)
      : contexts_(contexts), writer_(writer), tell_(tell), report_(report), start_(start) {}
  virtual ~Importer() = default;
  Importer(const Importer&) = delete;
  Importer& operator=(const Importer&) = delete;

  /// While one batch is being committed the next one is read; who is done first helps to read.
  Result<void> run(DumpReader& reader) {
    done_ = start_.done;
    for (std::size_t skipped = 0; skipped < start_.skip; ++skipped, ++done_) {
      if (!reader.next()) break;
    }
    for (Batch ready;;) {
      Sheaf sheaf;
      auto committing = std::async(std::launch::async, [this, &sheaf, &ready]() -> Result<void> {
        const auto committed =
            ready.pending.empty() ? Result<void>() : commit(std::exchange(ready, {}));
        sheaf.is_bound.wait();
        QP_TRY(committed);
        return prepare(sheaf, sheaf.batch.arenas[1]);
      });
      const bool is_over = is_full_;
      if (!is_over) take(reader, sheaf.batch.pending);
      sheaf.is_bound.count_down();
      const auto prepared = prepare(sheaf, sheaf.batch.arenas[0]);
      QP_TRY(committing.get());
      QP_TRY(prepared);
      QP_TRY(check(sheaf.batch));
      ready = std::move(sheaf.batch);
      if (!ready.pending.empty()) continue;
      is_end_ = !is_over;
      return {};
    }
  }

  const Totals& totals() const { return totals_; }
  std::size_t done() const { return done_; }
  bool is_end() const { return is_end_; }

 protected:
  virtual Result<void> commit(Batch batch) = 0;
  /// For who changes documents before they are read.
  virtual Result<std::unique_ptr<store::Txn>> reading() = 0;

  void take(DumpReader& reader, std::vector<std::unique_ptr<Pending>>& batch) {
    std::size_t bytes = 0;
    const std::size_t wanted = batch_records_;
    while (batch.size() < wanted && bytes < wanted * kBytesPerRecord) {
      auto record = reader.next();
      if (!record) break;
      batch.push_back(std::make_unique<Pending>(*std::move(record)));
      if (batch.back()->record.bytes) bytes += batch.back()->record.bytes->size();
    }
  }

  /// Those that nobody has begun with.
  Result<void> prepare(Sheaf& sheaf, json::Arena& arena) {
    const auto& batch = sheaf.batch.pending;
    std::unique_ptr<store::Txn> txn;
    if (writer_.adapt && !batch.empty()) txn = QP_TRY(reading());
    for (;;) {
      const std::size_t at = sheaf.next++;
      if (at >= batch.size()) return {};
      batch[at]->trouble = prepare(*batch[at], txn.get(), arena);
    }
  }

  static Result<void> check(const Batch& batch) {
    for (const auto& pending : batch.pending) {
      const bool is_fatal = pending->record.bytes && !pending->trouble &&
                            !is_about_the_record(pending->trouble.error().code);
      if (is_fatal) return pending->trouble;
    }
    return {};
  }

  Result<void> prepare(Pending& pending, const store::Txn* txn, json::Arena& arena) {
    Record& record = pending.record;
    if (!record.bytes) return record.bytes.error();
    if (record.kind != Record::Kind::Document) return {};
    const bool changes = !record.context.empty() || txn != nullptr;
    if (changes) pending.text = *record.bytes;
    json::Value document = QP_TRY(parse(record, changes ? pending.text : *record.bytes, arena));
    if (txn != nullptr && document.is_object()) {
      document = QP_TRY(writer_.adapt(*txn, document, arena));
    }
    QP_TRY(check_for_secrets(document));
    pending.form =
        QP_TRY(jsonld::read_for_storage(document, contexts_, arena, jsonld::Sender::Operator));
    QP_TRY(check_for_secrets(pending.form.expanded));
    if (changes) record.bytes = json::to_text(document);
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

  const jsonld::ContextSource& contexts_;
  const Writer& writer_;
  Tell tell_;
  const std::function<void(const Outcome&)>& report_;
  const Start start_;
  std::atomic<std::size_t> batch_records_ = kBatchRecords;
  std::atomic<bool> is_full_ = false;  ///< nothing more can be taken
  std::size_t done_ = 0;
  bool is_end_ = false;
  Totals totals_;
};

class StoreImporter final : public Importer {
 public:
  StoreImporter(store::Store& store, const jsonld::ContextSource& contexts, const Writer& writer,
                Tell tell, const std::function<void(const Outcome&)>& report, const Start& start)
      : Importer(contexts, writer, tell, report, start), store_(store) {}

 private:
  Result<std::unique_ptr<store::Txn>> reading() override { return store_.read(); }

  Result<void> commit(Batch batch) override {
    const auto begun = Clock::now();
    QP_TRY(store_.write([&](store::WriteTxn& txn) -> Result<void> {
      for (const auto& pending : batch.pending) {
        if (!pending->trouble) continue;
        auto written = write(txn, *pending);
        if (written) continue;
        if (!is_about_the_record(written.error().code)) return written;
        pending->trouble = std::move(written);
      }
      return writer_.note ? writer_.note(txn, done_ + batch.pending.size()) : Result<void>();
    }));
    done_ += batch.pending.size();
    const auto took = Clock::now() - begun;
    if (took < kShortCommit && batch_records_ < kMostRecords) batch_records_ = batch_records_ * 2;
    if (took > kLongCommit && batch_records_ > kBatchRecords) batch_records_ = batch_records_ / 2;
    const auto txn = QP_TRY(store_.read());
    for (const auto& pending : batch.pending) tell(*txn, *pending);
    return {};
  }

  store::Store& store_;
};

class BulkImporter final : public Importer {
 public:
  BulkImporter(store::BulkLoad& load, const jsonld::ContextSource& contexts, const Writer& writer,
               Tell tell, const std::function<void(const Outcome&)>& report, const Start& start,
               const PartLimits& limits)
      : Importer(contexts, writer, tell, report, start), load_(load), limits_(limits) {
    batch_records_ = kBulkRecords;
  }

  /// So that a broken-off import begins again with what waits.
  Result<void> note_done() {
    if (!writer_.note) return {};
    QP_TRY(writer_.note(load_.txn(), first_later_.value_or(done_)));
    return load_.keep();
  }
  std::unique_ptr<RecordFile> take_later() { return std::move(later_); }

 private:
  Result<std::unique_ptr<store::Txn>> reading() override { return load_.before()->read(); }

  Result<void> commit(Batch batch) override {
    for (const auto& pending : batch.pending) {
      bool is_kept = true;
      if (pending->trouble) is_kept = QP_TRY(write_one(*pending));
      if (is_kept) tell(load_.txn(), *pending);
      ++done_;
    }
    taken_ += batch.pending.size();
    is_full_ = taken_ >= limits_.records || load_.memory_used() > limits_.memory_bytes;
    return {};
  }

  /// False: it waits.
  Result<bool> write_one(Pending& pending) {
    auto written = write(load_.txn(), pending);
    if (written) {
      QP_TRY(load_.keep());
      return true;
    }
    load_.forget();
    if (store::is_for_later(written.error())) {
      if (!first_later_) first_later_ = done_;
      QP_TRY(later_->add(pending.record));
      return false;
    }
    if (!is_about_the_record(written.error().code)) return written.error();
    pending.trouble = std::move(written);
    return true;
  }

  store::BulkLoad& load_;
  const PartLimits limits_;
  std::size_t taken_ = 0;  ///< records
  std::unique_ptr<RecordFile> later_ = std::make_unique<RecordFile>();
  std::optional<std::size_t> first_later_;
};

}  // namespace

/// By the last part of its name: in JSON, with a prefix, and as an IRI.
Result<void> check_for_secrets(json::Value document) {
  static constexpr std::array<std::string_view, 7> kSecrets = {
      "privateKey",       "privateKeyPem",      "privateKeyMultibase", "privateKeyJwk",
      "privateKeyBase58", "secretKeyMultibase", "encryptedPassword"};
  for (const json::Value item : document.items()) QP_TRY(check_for_secrets(item));
  for (const json::Member& member : document.members()) {
    if (member.key == "@context") continue;
    const std::string_view name = member.key.substr(member.key.find_last_of("#/:") + 1);
    if (std::find(kSecrets.begin(), kSecrets.end(), name) != kSecrets.end()) {
      return bad_input("it has a secret in it (" + std::string(name) +
                       "), as a server keeps it for itself: that is not taken");
    }
    QP_TRY(check_for_secrets(member.value));
  }
  return {};
}

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
                      const std::function<void(const Outcome&)>& report, const Start& start) {
  StoreImporter importer(store, contexts, writer, tell, report, start);
  QP_TRY(importer.run(reader));
  return importer.totals();
}

Result<BulkPart> import_in_bulk(DumpReader& reader, store::BulkLoad& load,
                                const jsonld::ContextSource& contexts, const Writer& writer,
                                Tell tell, const std::function<void(const Outcome&)>& report,
                                const Start& start, const PartLimits& limits) {
  BulkImporter importer(load, contexts, writer, tell, report, start, limits);
  QP_TRY(importer.run(reader));
  QP_TRY(importer.note_done());
  return BulkPart{importer.totals(), importer.done(), importer.is_end(), importer.take_later()};
}

}  // namespace qp::bulk
