#include "bulk/rdf_load.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/text.hpp"
#include "bulk/limits.hpp"
#include "vocab/terms.hpp"

namespace qp::bulk {

namespace {

constexpr std::size_t kChunkBytes = limits::kMiB;
constexpr std::size_t kQuadsPerCommit = 4096;
constexpr std::size_t kMostTold = 1024;  ///< of a quad that is refused

bool is_blank(const rdf::TermView& term) { return term.kind == rdf::TermKind::Blank; }

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

/// The blank nodes of a file, numbered as they appear. Blocks of ids are kept under the file's
/// fingerprint: when it comes again, it has the same ones.
class BlankNodes {
 public:
  void begin(Fingerprint fingerprint) {
    *this = BlankNodes();
    fingerprint_ = std::move(fingerprint);
  }

  /// Before the first of them is added.
  Result<void> identify() {
    if (scope_.empty()) scope_ = QP_TRY(fingerprint_());
    return {};
  }

  /// The node that `label` has already; None: it has none.
  TermId find(std::string_view label) const {
    const auto found = ids_.find(label);
    return found == ids_.end() ? TermId::None : found->second;
  }
  Result<TermId> find_or_add(store::WriteTxn& txn, std::string_view label) {
    if (const TermId known = find(label); known != TermId::None) return known;
    const std::size_t number = ids_.size();
    if (number / kBlock == blocks_.size()) blocks_.push_back(QP_TRY(block(txn)));
    const TermId first = blocks_[number / kBlock];
    const auto id = static_cast<TermId>(static_cast<std::uint64_t>(first) + number % kBlock);
    fresh_.push_back(ids_.emplace(label, id).first);
    return id;
  }

  /// What was added since the last of these is on disk, or is not.
  void keep() {
    fresh_.clear();
    kept_blocks_ = blocks_.size();
  }
  void forget() {
    for (const auto& one : fresh_) ids_.erase(one);
    fresh_.clear();
    blocks_.resize(kept_blocks_);
  }

 private:
  static constexpr std::size_t kBlock = 1024;
  using Ids = std::unordered_map<std::string, TermId, TextHash, std::equal_to<>>;

  Result<TermId> block(store::WriteTxn& txn) {
    const std::string key = scope_ + " " + std::to_string(blocks_.size());
    if (const auto kept = QP_TRY(txn.get(kBlankBlocks, key))) {
      return static_cast<TermId>(text::to_uint(*kept).value_or(0));
    }
    const TermId first = QP_TRY(txn.new_blank());
    for (std::size_t i = 1; i < kBlock; ++i) QP_TRY(txn.new_blank());
    QP_TRY(txn.put(kBlankBlocks, key, std::to_string(static_cast<std::uint64_t>(first))));
    return first;
  }

  Fingerprint fingerprint_;
  std::string scope_;
  Ids ids_;
  std::vector<Ids::iterator> fresh_;
  std::vector<TermId> blocks_;
  std::size_t kept_blocks_ = 0;
};

class BulkTarget final : public QuadTarget {
 public:
  BulkTarget(store::BulkLoad& load, const RdfRules& rules) : load_(load), guard_(rules) {}
  Result<void> add(const rdf::QuadView& quad) override {
    store::QuadIds ids;
    ids.g = quad.g.value.empty() ? TermId(quadpub::unnamed_graph) : QP_TRY(id_of(quad.g));
    ids.p = QP_TRY(id_of(quad.p));
    if (!is_blank(quad.s)) ids.s = QP_TRY(id_of(quad.s));
    if (!is_blank(quad.o)) ids.o = QP_TRY(id_of(quad.o));
    const Verdict verdict = QP_TRY(guard_.judge(load_.txn(), ids, quad));
    if (verdict.fate != Fate::Add) {
      count(verdict, quad);
      return {};
    }
    if (is_blank(quad.s)) ids.s = QP_TRY(id_of(quad.s));
    if (is_blank(quad.o)) ids.o = QP_TRY(id_of(quad.o));
    return load_.add(ids);
  }
  Result<void> begin_file(Fingerprint fingerprint) override {
    begin_counts();
    blanks_.begin(std::move(fingerprint));
    return {};
  }
  Result<void> end_file() override { return {}; }
  Result<void> finish() override {
    QP_TRY(load_.keep());
    QP_TRY(load_.finish());
    return {};
  }

 private:
  Result<TermId> id_of(const rdf::TermView& term) {
    if (!is_blank(term)) return load_.intern(term);
    QP_TRY(blanks_.identify());
    const TermId id = QP_TRY(blanks_.find_or_add(load_.txn(), term.value));
    blanks_.keep();
    return id;
  }

  store::BulkLoad& load_;
  RdfGuard guard_;
  BlankNodes blanks_;
};

class StoreTarget final : public QuadTarget {
 public:
  StoreTarget(store::Store& store, const RdfRules& rules) : store_(store), rules_(rules) {}
  Result<void> add(const rdf::QuadView& quad) override {
    for (const rdf::TermView& term : {quad.s, quad.o, quad.g}) {
      if (is_blank(term)) QP_TRY(blanks_.identify());
    }
    waiting_.push_back(rdf::copy(quad));
    return waiting_.size() < kQuadsPerCommit ? Result<void>() : flush();
  }
  Result<void> begin_file(Fingerprint fingerprint) override {
    begin_counts();
    blanks_.begin(std::move(fingerprint));
    return {};
  }
  Result<void> end_file() override { return flush(); }
  Result<void> finish() override { return flush(); }

 private:
  Result<void> flush() {
    if (waiting_.empty()) return {};
    std::vector<Verdict> verdicts;
    QP_TRY(store_.write([&](store::WriteTxn& txn) -> Result<void> {
      blanks_.forget();
      verdicts.clear();
      RdfGuard guard(rules_);
      std::vector<store::OrderedQuad> quads;
      quads.reserve(waiting_.size());
      std::unordered_set<TermId> graphs;
      for (const rdf::Quad& quad : waiting_) {
        store::OrderedQuad row;
        row.quad = QP_TRY(ids_of(txn, quad));
        verdicts.push_back(QP_TRY(guard.judge(txn, row.quad, quad)));
        if (verdicts.back().fate != Fate::Add) continue;
        row.quad.s = QP_TRY(id_of(txn, quad.s));
        row.quad.o = QP_TRY(id_of(txn, quad.o));
        if (!QP_TRY(txn.graph(row.quad.g))) {
          QP_TRY(txn.replace_graph(
              row.quad.g, {}, {TermId::None, store::AudienceId::Nobody, store::GraphKind::Loaded}));
        }
        graphs.insert(row.quad.g);
        // One that is there keeps its place among the others.
        if (!QP_TRY(txn.probe(row.quad, {.with_claims = true}))) quads.push_back(row);
      }
      QP_TRY(txn.apply({}, quads));
      for (const TermId graph : graphs) {
        QP_TRY(txn.erase_rendered(std::string(QP_TRY(txn.resolve(graph)).value)));
      }
      return {};
    }));
    blanks_.keep();
    for (std::size_t i = 0; i < verdicts.size(); ++i) count(verdicts[i], waiting_[i]);
    waiting_.clear();
    return {};
  }

  /// Blank nodes are asked for when the quad goes in.
  Result<store::QuadIds> ids_of(store::WriteTxn& txn, const rdf::Quad& quad) {
    store::QuadIds ids;
    ids.g = quad.g.value.empty() ? TermId(quadpub::unnamed_graph) : QP_TRY(id_of(txn, quad.g));
    ids.p = QP_TRY(id_of(txn, quad.p));
    if (!is_blank(quad.s)) ids.s = QP_TRY(id_of(txn, quad.s));
    if (!is_blank(quad.o)) ids.o = QP_TRY(id_of(txn, quad.o));
    return ids;
  }
  Result<TermId> id_of(store::WriteTxn& txn, const rdf::Term& term) {
    return is_blank(term) ? blanks_.find_or_add(txn, term.value) : txn.intern(term);
  }

  store::Store& store_;
  const RdfRules& rules_;
  std::vector<rdf::Quad> waiting_;
  BlankNodes blanks_;
};

rdf::ByteSource source_of(std::string_view text) {
  return [text](std::span<char> buffer) mutable {
    const std::size_t count = std::min(buffer.size(), text.size());
    std::memcpy(buffer.data(), text.data(), count);
    text.remove_prefix(count);
    return count;
  };
}

/// What was read alone is not on line 1 of anything.
Error without_line(Error error) {
  constexpr std::string_view kAlone = "line 1: ";
  const auto at = error.detail.find(kAlone);
  if (at != std::string::npos) error.detail.erase(at, kAlone.size());
  return error;
}

/// Lines, many at a time.
class LineLoader {
 public:
  LineLoader(rdf::Syntax syntax, QuadTarget& target, RdfTotals& totals,
             const std::function<void(std::uint64_t, const Error&)>& refused)
      : syntax_(syntax), target_(target), totals_(totals), refused_(refused) {}

  /// Whole lines.
  Result<void> chunk(std::string_view text) {
    std::uint64_t added = 0;
    const auto read = read_text(text, [&](const rdf::QuadView& quad) -> Result<void> {
      ++added;
      return add(quad);
    });
    if (trouble_) return *trouble_;
    if (read) {
      lines_ += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
      return {};
    }
    return one_by_one(text, added);
  }

 private:
  template <class Each>
  Result<void> read_text(std::string_view text, const Each& each) {
    return rdf::read_quads(source_of(text), syntax_, {}, each);
  }

  Result<void> add(const rdf::QuadView& quad) {
    auto added = target_.add(quad);
    if (!added) trouble_ = added.error();
    ++totals_.quads;
    return added;
  }

  /// The first `added` quads are there already.
  Result<void> one_by_one(std::string_view text, std::uint64_t added) {
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size() - 1);
      ++lines_;
      const auto read = read_text(text.substr(0, end + 1), [&](const rdf::QuadView& quad) {
        if (added == 0) return add(quad);
        --added;
        return Result<void>();
      });
      if (trouble_) return *trouble_;
      if (!read) {
        ++totals_.refused;
        refused_(lines_, without_line(read.error()));
      }
      text.remove_prefix(end + 1);
    }
    return {};
  }

  rdf::Syntax syntax_;
  QuadTarget& target_;
  RdfTotals& totals_;
  const std::function<void(std::uint64_t, const Error&)>& refused_;
  std::uint64_t lines_ = 0;
  std::optional<Error> trouble_;
};

}  // namespace

std::optional<rdf::Syntax> rdf_syntax_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, rdf::Syntax>, 4> kSyntaxes = {
      {{".nq", rdf::Syntax::NQuads},
       {".nt", rdf::Syntax::NTriples},
       {".ttl", rdf::Syntax::Turtle},
       {".trig", rdf::Syntax::TriG}}};
  if (name.ends_with(".nquads")) return rdf::Syntax::NQuads;
  for (const auto& [extension, syntax] : kSyntaxes) {
    if (name.ends_with(extension)) return syntax;
  }
  return std::nullopt;
}

void QuadTarget::count(const Verdict& verdict, const rdf::QuadView& quad) {
  if (verdict.fate == Fate::Here) ++here_;
  if (verdict.fate != Fate::Refuse) return;
  ++refused_;
  if (!tell_) return;
  std::string text;
  rdf::write_nquad(quad, text);
  if (text.ends_with('\n')) text.pop_back();
  if (text.size() > kMostTold) text.resize(kMostTold);
  tell_(error(Code::Forbidden, std::string(verdict.reason) + ": " + text));
}

std::unique_ptr<QuadTarget> into_bulk_load(store::BulkLoad& load, const RdfRules& rules) {
  return std::make_unique<BulkTarget>(load, rules);
}
std::unique_ptr<QuadTarget> into_store(store::Store& store, const RdfRules& rules) {
  return std::make_unique<StoreTarget>(store, rules);
}

Result<RdfTotals> load_rdf(const ByteReader& read, rdf::Syntax syntax, const std::string& base,
                           QuadTarget& target, Fingerprint fingerprint,
                           const std::function<void(std::uint64_t, const Error&)>& refused,
                           const std::function<void(const RdfTotals&)>& watch) {
  RdfTotals totals;
  target.tell([&](const Error& trouble) { refused(0, trouble); });
  QP_TRY(target.begin_file(std::move(fingerprint)));
  std::optional<Error> broken;
  const auto fill = [&](std::span<char> buffer) -> std::size_t {
    const auto count = read(buffer);
    if (!count) {
      broken = count.error();
      return 0;
    }
    totals.bytes += *count;
    watch(totals);
    return *count;
  };
  if (syntax == rdf::Syntax::NQuads || syntax == rdf::Syntax::NTriples) {
    LineLoader loader(syntax, target, totals, refused);
    std::string text;
    for (bool more = true; more;) {
      const std::size_t before = text.size();
      text.resize(before + kChunkBytes);
      const std::size_t count = fill(std::span(text).subspan(before));
      text.resize(before + count);
      more = count != 0;
      const auto newline = text.rfind('\n');
      const std::size_t whole = !more ? text.size() : newline == text.npos ? 0 : newline + 1;
      if (whole == 0 && text.size() > limits::kFileBytes) {
        broken = error(Code::TooLarge, "a line is longer than 128 MiB");
        break;
      }
      QP_TRY(loader.chunk(std::string_view(text).substr(0, whole)));
      text.erase(0, whole);
    }
  } else {
    std::optional<Error> trouble;
    const auto done = rdf::read_quads(fill, syntax, base, [&](const rdf::QuadView& quad) {
      auto added = target.add(quad);
      if (!added) trouble = added.error();
      ++totals.quads;
      return added;
    });
    if (trouble) return *trouble;
    if (!done && !broken) broken = done.error();
  }
  QP_TRY(target.end_file());
  target.tell({});
  totals.quads -= target.refused();
  totals.refused += target.refused();
  totals.here = target.here();
  if (broken) {
    ++totals.refused;
    refused(0, *broken);
  }
  return totals;
}

}  // namespace qp::bulk
