#include "bulk/import.hpp"

#include <memory>

namespace qp::bulk {

namespace {

/// So many documents, or bytes of them, share a commit; a server on the same store waits for it.
constexpr std::size_t kBatchDocuments = 64;
constexpr std::size_t kBatchBytes = 256 * limits::kKiB;

/// A record that was read and waits for its commit.
struct Pending {
  std::string position;
  std::string bytes;
  json::Arena arena;
  Result<jsonld::StoredForm> form = bad_input("not read");
  TermId document{};
};

std::unique_ptr<Pending> prepare(Record record, const jsonld::ContextSource& contexts) {
  auto pending = std::make_unique<Pending>();
  pending->position = std::move(record.position);
  if (!record.bytes) {
    pending->form = record.bytes.error();
    return pending;
  }
  pending->bytes = *std::move(record.bytes);
  json::ParseLimits limits;
  limits.allow_duplicate_keys = true;
  const auto parsed = json::parse(pending->bytes, pending->arena, limits);
  if (parsed) {
    pending->form =
        jsonld::read_for_storage(*parsed, contexts, pending->arena, jsonld::Sender::Operator);
  } else {
    pending->form = parsed.error();
  }
  return pending;
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
  imported.repairs = jsonld::repairs_in(pending.form->difference);
  imported.bytes = pending.bytes.size();
  imported.fidelity_bytes = record->fidelity.size();
  return imported;
}

class Importer {
 public:
  Importer(store::Store& store, const Write& write,
           const std::function<void(const Outcome&)>& report)
      : store_(store), write_(write), report_(report) {}

  Result<void> add(std::unique_ptr<Pending> pending) {
    waiting_bytes_ += pending->bytes.size();
    batch_.push_back(std::move(pending));
    if (batch_.size() < kBatchDocuments && waiting_bytes_ < kBatchBytes) return {};
    return flush();
  }

  Result<void> flush() {
    QP_TRY(store_.write([&](store::WriteTxn& txn) -> Result<void> {
      for (const auto& pending : batch_) {
        if (!pending->form) continue;
        pending->document = QP_TRY(write_(txn, *pending->form, pending->bytes));
      }
      return {};
    }));
    const auto txn = QP_TRY(store_.read());
    for (const auto& pending : batch_) tell(*txn, *pending);
    batch_.clear();
    waiting_bytes_ = 0;
    return {};
  }

  const Totals& totals() const { return totals_; }

 private:
  void tell(const store::Txn& txn, const Pending& pending) {
    Outcome outcome{pending.position,
                    pending.form ? describe(txn, pending) : Result<Imported>(pending.form.error())};
    ++(outcome.imported ? totals_.imported : totals_.refused);
    if (outcome.imported) {
      totals_.bytes += outcome.imported->bytes;
      totals_.fidelity_bytes += outcome.imported->fidelity_bytes;
    }
    report_(outcome);
  }

  store::Store& store_;
  const Write& write_;
  const std::function<void(const Outcome&)>& report_;
  std::vector<std::unique_ptr<Pending>> batch_;
  std::size_t waiting_bytes_ = 0;
  Totals totals_;
};

}  // namespace

Result<Totals> import(DumpReader& reader, store::Store& store,
                      const jsonld::ContextSource& contexts, const Write& write,
                      const std::function<void(const Outcome&)>& report) {
  Importer importer(store, write, report);
  while (auto record = reader.next()) {
    QP_TRY(importer.add(prepare(*std::move(record), contexts)));
  }
  QP_TRY(importer.flush());
  return importer.totals();
}

}  // namespace qp::bulk
