#include "store/bulk_load.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "store/appender.hpp"
#include "store/bulk_terms.hpp"
#include "store/bulk_txn.hpp"
#include "store/bytes.hpp"
#include "store/counters.hpp"
#include "store/dictionary.hpp"
#include "store/env.hpp"
#include "store/mapped_file.hpp"
#include "store/quad_sorter.hpp"
#include "store/quad_store.hpp"
#include "store/sorted_runs.hpp"
#include "store/txn.hpp"
#include "store/use_counts.hpp"

namespace qp::store {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kQuadsPerLook = 16'384;
constexpr std::uint64_t kKeptPerLook = 32;
constexpr std::uint64_t kAddedPerLook = 256;
// Counts and quads that are in memory at a time.
constexpr std::size_t kMostWaiting = std::size_t{16} * 1024;
constexpr auto kReportEvery = std::chrono::milliseconds(250);
// Building takes about this part of reading's time.
constexpr double kBuildShare = 0.6;

/// The file that is being made; removed unless it has taken its place.
class NewFile {
 public:
  explicit NewFile(std::filesystem::path path) : path_(std::move(path)) { remove(); }
  ~NewFile() { remove(); }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  void remove() const { ::unlink(path_.c_str()); }
  std::filesystem::path path_;
};

/// The rows that a database of the old store has, from the first on.
class OldRows {
 public:
  static Result<OldRows> of(const Access& old, Db db) {
    OldRows rows(QP_TRY(old.cursor(db)), db);
    rows.found_ = QP_TRY(rows.at_.first());
    return rows;
  }

  /// False: they are through, and there is neither key nor value.
  explicit operator bool() const { return found_; }
  std::string_view key() const { return at_.key(); }
  std::string_view value() const { return at_.value(); }
  Result<void> next() {
    found_ = QP_TRY(at_.next());
    return {};
  }

  /// Those before `key`, as they are.
  Result<void> copy_below(std::string_view key, Appender& out) {
    while (found_ && at_.key() < key) QP_TRY(copy_one(out));
    return {};
  }
  Result<void> copy_rest(Appender& out) {
    while (found_) QP_TRY(copy_one(out));
    return {};
  }

 private:
  OldRows(Cursor at, Db db) : at_(std::move(at)), db_(db) {}
  Result<void> copy_one(Appender& out) {
    QP_TRY(out.append(db_, at_.key(), at_.value()));
    return next();
  }

  Cursor at_;
  Db db_;
  bool found_ = false;
};

class LmdbBulkLoad final : public BulkLoad {
 public:
  LmdbBulkLoad(const Options& options, BulkOptions bulk, FolderLock lock)
      : options_(options),
        bulk_(std::move(bulk)),
        lock_(std::move(lock)),
        file_(options.folder / (std::string(kFileName) + ".new")),
        words_(options.words),
        sorter_(options.folder, bulk_.memory_bytes / 4),
        counts_(options.folder, kMostWaiting),
        known_(options.folder, kMostWaiting) {}
  ~LmdbBulkLoad() override {
    txn_.reset();
    terms_.reset();
    old_.reset();
  }

  Result<void> open_old() {
    old_env_ = QP_TRY(Env::open_locked(options_));
    old_ = QP_TRY(LmdbRead::begin(*old_env_, words_));
    counters_ = before_ = QP_TRY(read_counters(old_->access()));
    terms_.emplace(words_, old_->dictionary(), counters_, options_.folder, bulk_.memory_bytes / 2);
    txn_.emplace(*old_, *terms_, counters_, sorter_, options_.folder);
    return {};
  }

  Result<TermId> intern(const rdf::TermView& term) override { return terms_->intern(term); }
  TermId new_blank() override { return terms_->new_blank(); }
  Result<void> add(const QuadIds& quad) override {
    if (quad.g == TermId::None || quad.s == TermId::None || quad.p == TermId::None ||
        quad.o == TermId::None) {
      return Error{Code::Internal, "a quad with None in it", {}};
    }
    if (sorter_.added() % kQuadsPerLook == 0) report_now_and_then(BulkProgress::Phase::Reading);
    if (before_.terms > 0 && ++added_ % kAddedPerLook == 0) let_go_of_many_pages(options_.folder);
    return sorter_.add(quad);
  }
  void read_so_far(std::uint64_t bytes) override { read_bytes_ = bytes; }

  WriteTxn& txn() override { return *txn_; }
  Result<void> keep() override {
    if (++kept_ % kKeptPerLook == 0) let_go_of_many_pages(options_.folder);
    return txn_->keep();
  }
  void forget() override { txn_->forget(); }
  std::size_t memory_used() const override { return txn_->memory_used(); }
  std::unique_ptr<Store> before() override;

  Result<BulkReport> finish() override;

 private:
  void report(BulkProgress::Phase phase);
  void report_now_and_then(BulkProgress::Phase phase);
  Result<void> build();
  Result<void> append_terms();
  Result<void> append_term_ids();
  Result<void> append_index(Order order);
  using EachQuad = std::function<Result<void>(const OrderedQuad&)>;
  Result<void> each_new_quad(Order order, const EachQuad& each);
  /// In Gspo without those that the old store has with an ordinal.
  Result<void> each_with_ordinal(Order order,
                                 const std::function<Result<const OrderedQuad*>()>& next_ordinal,
                                 const EachQuad& each);
  Result<void> append_quad(Order order, const OrderedQuad& quad);
  Result<void> count_in(TermId graph);
  Result<void> append_graphs();
  Result<void> append_graph(TermId graph, GraphRecord record, std::uint64_t quads, bool is_new);
  Result<void> append_statistics();
  Result<void> append_rows(Db db);
  Result<void> append_documents(Db db);
  Result<void> check_counts();
  Result<OldRows> old_rows(Db db) const { return OldRows::of(old_->access(), db); }

  Options options_;
  BulkOptions bulk_;
  FolderLock lock_;
  NewFile file_;
  const WordIndex words_;
  std::unique_ptr<Env> old_env_;
  std::unique_ptr<LmdbRead> old_;
  Counters counters_, before_;
  std::optional<BulkTerms> terms_;
  QuadSorter sorter_;
  std::optional<BulkTxn> txn_;
  std::unique_ptr<Env> new_env_;
  std::optional<Appender> out_;
  UseCounter uses_;
  struct GraphCount {
    TermId graph{};
    std::uint64_t quads = 0;
  };
  struct ByGraph {
    static bool is_before(const GraphCount& a, const GraphCount& b) { return a.graph < b.graph; }
  };
  GraphCount last_count_;
  SortedRuns<GraphCount, ByGraph> counts_;  ///< of the graphs before
  /// New quads that the old store has, with an ordinal: their keys differ in Gspo.
  QuadRuns<Order::Gspo> known_;

  const Clock::time_point begun_ = Clock::now();
  Clock::time_point reported_ = begun_;
  std::uint64_t read_bytes_ = 0, added_ = 0, kept_ = 0;
  double reading_seconds_ = 0;
};

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

void LmdbBulkLoad::report_now_and_then(BulkProgress::Phase phase) {
  if (Clock::now() - reported_ >= kReportEvery) report(phase);
}

void LmdbBulkLoad::report(BulkProgress::Phase phase) {
  if (!bulk_.progress) return;
  const auto now = Clock::now();
  reported_ = now;
  BulkProgress progress;
  progress.phase = phase;
  progress.quads = sorter_.added();
  progress.seconds = seconds_between(begun_, now);
  if (progress.seconds > 0) {
    progress.per_second = static_cast<double>(progress.quads) / progress.seconds;
  }
  if (phase == BulkProgress::Phase::Building) {
    const double rows = static_cast<double>(sorter_.added()) * 4;
    const double done = rows == 0 ? 1 : static_cast<double>(out_ ? out_->rows() : 0) / rows;
    progress.seconds_left =
        std::max(0.0, reading_seconds_ * kBuildShare * (1 - std::min(done, 1.0)));
  } else if (bulk_.input_bytes != 0 && read_bytes_ != 0) {
    const double all = progress.seconds * static_cast<double>(bulk_.input_bytes) /
                       static_cast<double>(read_bytes_);
    progress.seconds_left = std::max(0.0, all * (1 + kBuildShare) - progress.seconds);
  }
  bulk_.progress(progress);
}

/// What is new takes the place of what has its key.
Result<void> LmdbBulkLoad::append_rows(Db db) {
  OldRows old = QP_TRY(old_rows(db));
  for (const auto& [key, value] : txn_->rows(db)) {
    QP_TRY(old.copy_below(key, *out_));
    if (old && old.key() == key) QP_TRY(old.next());
    QP_TRY(out_->append(db, key, value));
  }
  return old.copy_rest(*out_);
}

Result<void> LmdbBulkLoad::append_documents(Db db) {
  OldRows old = QP_TRY(old_rows(db));
  const auto append = [&](std::string_view key, std::string_view value) -> Result<void> {
    QP_TRY(old.copy_below(key, *out_));
    return out_->append(db, key, value);
  };
  QP_TRY(txn_->each_document_row(db, append));
  return old.copy_rest(*out_);
}

// New ids of a class follow its old ones; classes follow each other.
Result<void> LmdbBulkLoad::append_terms() {
  OldRows old = QP_TRY(old_rows(Db::Terms));
  QP_TRY(terms_->each_row([&](TermId id, std::string_view row) -> Result<void> {
    const std::string key = id_key(id);
    QP_TRY(old.copy_below(key, *out_));
    ++counters_.terms;
    counters_.term_sum += row_hash(key, row);
    return out_->append(Db::Terms, key, row);
  }));
  return old.copy_rest(*out_);
}

// A hash that is there already is followed by a counting byte, as in Dictionary::locate.
Result<void> LmdbBulkLoad::append_term_ids() {
  OldRows old = QP_TRY(old_rows(Db::TermIds));
  std::string last;
  QP_TRY(terms_->each_hash([&](const BulkTerms::Hash& hash, TermId id) -> Result<void> {
    const std::string_view plain(hash.data(), hash.size());
    while (old && old.key().substr(0, plain.size()) <= plain) {
      last = old.key();
      QP_TRY(out_->append(Db::TermIds, last, old.value()));
      QP_TRY(old.next());
    }
    std::string key(plain);
    if (last.starts_with(plain)) {
      key.push_back(last.size() == plain.size() ? '\1' : static_cast<char>(last.back() + 1));
    }
    last = key;
    return out_->append(Db::TermIds, key, id_key(id));
  }));
  return old.copy_rest(*out_);
}

Result<void> LmdbBulkLoad::count_in(TermId graph) {
  if (last_count_.graph != graph) {
    if (last_count_.quads > 0) QP_TRY(counts_.add(last_count_));
    last_count_ = {graph, 0};
  }
  ++last_count_.quads;
  return {};
}

Result<void> LmdbBulkLoad::append_quad(Order order, const OrderedQuad& quad) {
  if (order == Order::Gspo) {
    ++counters_.quads;
    const std::uint64_t hash = quad_hash(quad.quad);
    counters_.quad_sum += hash;
    counters_.ordinal_sum += quad.ordinal == 0 ? hash : ordinal_hash(quad);
    QP_TRY(count_in(quad.quad.g));
  }
  uses_.count(order, quad.quad);
  if (out_->rows() % kQuadsPerLook == 0) report_now_and_then(BulkProgress::Phase::Building);
  const std::string value = order == Order::Spog ? encode_ordinal(quad.ordinal) : std::string();
  return out_->append(database(order), QuadKey::of(order, quad), value);
}

/// With their ordinals where these count.
Result<void> LmdbBulkLoad::each_new_quad(Order order, const EachQuad& each) {
  if (order == Order::Spog) {
    auto ordinals = QP_TRY(txn_->ordinals_by_spog().sorted());
    return each_with_ordinal(order, [&] { return ordinals.next(); }, each);
  }
  if (order != Order::Gspo) {
    return each_with_ordinal(order, [] { return Result<const OrderedQuad*>(nullptr); }, each);
  }
  auto ordinals = QP_TRY(txn_->ordinals_by_gspo().sorted());
  const auto next = [&] { return ordinals.next(); };
  if (txn_->ordinals_by_gspo().size() == 0) return each_with_ordinal(order, next, each);
  // The values of one (g, s, p) lie by them.
  std::vector<OrderedQuad> values;
  const auto flush = [&]() -> Result<void> {
    if (values.size() > 1) {
      std::sort(values.begin(), values.end(), [](const OrderedQuad& a, const OrderedQuad& b) {
        return std::tie(a.ordinal, a.quad.o) < std::tie(b.ordinal, b.quad.o);
      });
    }
    for (const OrderedQuad& quad : values) QP_TRY(each(quad));
    values.clear();
    return {};
  };
  QP_TRY(each_with_ordinal(order, next, [&](const OrderedQuad& quad) -> Result<void> {
    const bool goes_on = !values.empty() && values.back().quad.g == quad.quad.g &&
                         values.back().quad.s == quad.quad.s && values.back().quad.p == quad.quad.p;
    if (!goes_on) QP_TRY(flush());
    values.push_back(quad);
    return {};
  }));
  return flush();
}

Result<void> LmdbBulkLoad::each_with_ordinal(
    Order order, const std::function<Result<const OrderedQuad*>()>& next_ordinal,
    const EachQuad& each) {
  const OrderedQuad* next = QP_TRY(next_ordinal());
  auto known = QP_TRY(known_.sorted());
  const OrderedQuad* skipped = order == Order::Gspo ? QP_TRY(known.next()) : nullptr;
  return sorter_.sorted(order, [&](const QuadSorter::Row& row) -> Result<void> {
    OrderedQuad quad{from_positions(order, row), 0};
    if (skipped != nullptr && skipped->quad == quad.quad) {
      skipped = QP_TRY(known.next());
      return {};
    }
    if (next != nullptr && next->quad == quad.quad) {
      quad.ordinal = next->ordinal;
      while (next != nullptr && next->quad == quad.quad) next = QP_TRY(next_ordinal());
    }
    return each(quad);
  });
}

Result<void> LmdbBulkLoad::append_index(Order order) {
  OldRows rows = QP_TRY(old_rows(database(order)));
  std::optional<OrderedQuad> old;
  std::string old_key;
  const auto fetch = [&]() -> Result<void> {
    old.reset();
    if (!rows) return {};
    old = decode_quad(order, rows.key());
    const auto ordinal = order == Order::Spog ? decode_ordinal(rows.value()) : 0;
    if (!old || !ordinal) return damaged(database(order), rows.key());
    if (order == Order::Spog) old->ordinal = *ordinal;
    old_key = rows.key();
    return rows.next();
  };
  QP_TRY(fetch());
  const auto copy_below = [&](std::string_view key) -> Result<void> {
    while (old && (key.empty() || old_key < key)) {
      QP_TRY(append_quad(order, *old));
      QP_TRY(fetch());
    }
    return {};
  };
  const auto add = [&](const OrderedQuad& quad) -> Result<void> {
    if (!old) return append_quad(order, quad);
    const QuadKey key = QuadKey::of(order, quad);
    QP_TRY(copy_below(key));
    if (old && old_key == std::string_view(key)) {
      // Spog comes first and knows the ordinal.
      if (order == Order::Spog && old->ordinal != 0) QP_TRY(known_.add(quad));
      return {};
    }
    return append_quad(order, quad);
  };
  QP_TRY(each_new_quad(order, add));
  return copy_below({});
}

Result<void> LmdbBulkLoad::append_graph(TermId graph, GraphRecord record, std::uint64_t quads,
                                        bool is_new) {
  if (is_new || record.quads != quads) record.version = ++counters_.changes;
  record.quads = quads;
  const std::string key = id_key(graph);
  return out_->append(Db::Graphs, key, encode_graph(key, record));
}

Result<void> LmdbBulkLoad::append_graphs() {
  if (last_count_.quads > 0) QP_TRY(counts_.add(last_count_));
  OldRows rows = QP_TRY(old_rows(Db::Graphs));
  auto counts = QP_TRY(counts_.sorted());
  auto graphs = QP_TRY(txn_->new_graphs());
  const GraphCount* counted = QP_TRY(counts.next());
  const BulkTxn::NewGraph* written = QP_TRY(graphs.next());
  constexpr auto kNone = static_cast<TermId>(UINT64_MAX);
  for (;;) {
    const TermId old = rows ? ByteReader(rows.key()).id() : kNone;
    const TermId graph = std::min({old, counted != nullptr ? counted->graph : kNone,
                                   written != nullptr ? written->graph : kNone});
    if (graph == kNone) return {};
    GraphRecord record;
    record.audience = bulk_.audience;
    record.kind = bulk_.kind;
    if (written != nullptr && written->graph == graph) {
      record = written->record;
      written = QP_TRY(graphs.next());
    }
    if (old == graph) {
      const auto kept = decode_graph(without_checksum(rows.value()).value_or(std::string_view()));
      if (!kept) return damaged(Db::Graphs, rows.key());
      record = *kept;
      QP_TRY(rows.next());
    }
    std::uint64_t quads = 0;
    if (counted != nullptr && counted->graph == graph) {
      quads = counted->quads;
      counted = QP_TRY(counts.next());
    }
    QP_TRY(append_graph(graph, record, quads, old != graph));
  }
}

Result<void> LmdbBulkLoad::append_statistics() {
  std::map<std::string, std::string> rows;
  for (const auto& [row, use] : uses_.rows()) rows.insert(encode_use(row, use));
  for (const auto& [key, value] : rows) QP_TRY(out_->append(Db::Statistics, key, value));
  return {};
}

Result<void> LmdbBulkLoad::check_counts() {
  for (const Order order : kOrders) {
    if (QP_TRY(out_->entries(database(order))) != counters_.quads) {
      return Error{Code::Internal, "a bulk load gave indexes of different sizes", {}};
    }
  }
  for (const Db db : {Db::Terms, Db::TermIds}) {
    if (QP_TRY(out_->entries(db)) != counters_.terms) {
      return Error{Code::Internal, "a bulk load gave dictionaries of different sizes", {}};
    }
  }
  return {};
}

Result<void> LmdbBulkLoad::build() {
  new_env_ = QP_TRY(Env::create(options_, file_.path()));
  out_.emplace(*new_env_, file_.path(), options_.folder / kFileName);
  counters_.quads = counters_.quad_sum = counters_.ordinal_sum = 0;
  ++counters_.generation;
  QP_TRY(append_terms());
  QP_TRY(append_term_ids());
  for (const Order order : {Order::Spog, Order::Gspo, Order::Ospg, Order::Posg}) {
    QP_TRY(append_index(order));
  }
  QP_TRY(append_graphs());
  QP_TRY(append_statistics());
  for (std::size_t i = static_cast<std::size_t>(Db::Documents); i < kDbCount; ++i) {
    const Db db = static_cast<Db>(i);
    if (db == Db::Documents || db == Db::DocumentBytes) {
      QP_TRY(append_documents(db));
    } else {
      QP_TRY(append_rows(db));
    }
  }
  QP_TRY(check_counts());
  QP_TRY(out_->put(counters_));
  QP_TRY(out_->commit());
  out_.reset();
  QP_TRY(new_env_->sync());
  new_env_.reset();
  return {};
}

/// Reads what was there, and no more.
class StoreBefore final : public Store {
 public:
  StoreBefore(Env& env, const WordIndex& words) : env_(env), words_(words) {}
  Result<std::unique_ptr<Txn>> read() override {
    return std::unique_ptr<Txn>(QP_TRY(LmdbRead::begin(env_, words_)));
  }
  Result<void> write(Write) override { return refused(); }
  Result<Statistics> statistics() override { return refused(); }
  Result<Verification> verify() override { return refused(); }
  Result<void> backup(const std::filesystem::path&) override { return refused(); }
  Result<SweepReport> sweep() override { return refused(); }
  Result<void> compact() override { return refused(); }

 private:
  static Error refused() { return Error{Code::Unavailable, "a bulk load is made", {}}; }
  Env& env_;
  const WordIndex& words_;
};

std::unique_ptr<Store> LmdbBulkLoad::before() {
  return std::make_unique<StoreBefore>(*old_env_, words_);
}

Result<BulkReport> LmdbBulkLoad::finish() {
  reading_seconds_ = seconds_between(begun_, Clock::now());
  report(BulkProgress::Phase::Reading);
  ::malloc_trim(0);  // what reading took is free
  const auto built = build();
  out_.reset();
  new_env_.reset();
  if (!built) return built.error();
  txn_.reset();
  old_.reset();
  old_env_.reset();
  QP_TRY(rename_durably(file_.path(), options_.folder / kFileName));
  BulkReport report;
  report.quads = counters_.quads;
  report.new_quads = counters_.quads - before_.quads;
  report.new_terms = counters_.terms - before_.terms;
  report.runs = sorter_.runs();
  report.seconds = seconds_between(begun_, Clock::now());
  this->report(BulkProgress::Phase::Building);
  return report;
}

}  // namespace

Result<std::unique_ptr<BulkLoad>> BulkLoad::begin(const Options& options, BulkOptions bulk) {
  // Opened as ever first: what is old about the file is brought up to date, or refused.
  QP_TRY(Store::open(options));
  FolderLock lock = QP_TRY(FolderLock::take(options.folder, FolderLock::Kind::Exclusive));
  auto load = std::make_unique<LmdbBulkLoad>(options, std::move(bulk), std::move(lock));
  QP_TRY(load->open_old());
  return std::unique_ptr<BulkLoad>(std::move(load));
}

}  // namespace qp::store
