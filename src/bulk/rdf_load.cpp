#include "bulk/rdf_load.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>
#include <vector>

#include "bulk/limits.hpp"
#include "vocab/terms.hpp"

namespace qp::bulk {

namespace {

constexpr std::size_t kChunkBytes = limits::kMiB;
constexpr std::size_t kQuadsPerCommit = 4096;

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
using Blanks = std::unordered_map<std::string, TermId, TextHash, std::equal_to<>>;

class BulkTarget final : public QuadTarget {
 public:
  explicit BulkTarget(store::BulkLoad& load) : load_(load) {}
  Result<void> add(const rdf::QuadView& quad) override {
    store::QuadIds ids;
    ids.g = quad.g.value.empty() ? TermId(quadpub::unnamed_graph) : QP_TRY(id_of(quad.g));
    ids.s = QP_TRY(id_of(quad.s));
    ids.p = QP_TRY(id_of(quad.p));
    ids.o = QP_TRY(id_of(quad.o));
    return load_.add(ids);
  }
  Result<void> begin_file() override {
    blanks_.clear();
    return {};
  }
  Result<void> finish() override {
    QP_TRY(load_.finish());
    return {};
  }

 private:
  Result<TermId> id_of(const rdf::TermView& term) {
    if (term.kind != rdf::TermKind::Blank) return load_.intern(term);
    const auto found = blanks_.find(term.value);
    if (found != blanks_.end()) return found->second;
    return blanks_.emplace(std::string(term.value), load_.new_blank()).first->second;
  }

  store::BulkLoad& load_;
  Blanks blanks_;
};

class StoreTarget final : public QuadTarget {
 public:
  explicit StoreTarget(store::Store& store) : store_(store) {}
  Result<void> add(const rdf::QuadView& quad) override {
    waiting_.push_back(rdf::copy(quad));
    return waiting_.size() < kQuadsPerCommit ? Result<void>() : flush();
  }
  Result<void> begin_file() override {
    QP_TRY(flush());
    blanks_.clear();
    return {};
  }
  Result<void> finish() override { return flush(); }

 private:
  Result<void> flush() {
    if (waiting_.empty()) return {};
    Blanks fresh;
    QP_TRY(store_.write([&](store::WriteTxn& txn) -> Result<void> {
      fresh.clear();
      const auto id_of = [&](const rdf::Term& term) -> Result<TermId> {
        if (term.kind != rdf::TermKind::Blank) return txn.intern(term);
        for (const Blanks* known : {&blanks_, &fresh}) {
          if (const auto found = known->find(term.value); found != known->end()) {
            return found->second;
          }
        }
        const TermId id = QP_TRY(txn.new_blank());
        fresh.emplace(term.value, id);
        return id;
      };
      std::vector<store::OrderedQuad> quads;
      quads.reserve(waiting_.size());
      for (const rdf::Quad& quad : waiting_) {
        store::OrderedQuad row;
        row.quad.g = quad.g.value.empty() ? TermId(quadpub::unnamed_graph) : QP_TRY(id_of(quad.g));
        row.quad.s = QP_TRY(id_of(quad.s));
        row.quad.p = QP_TRY(id_of(quad.p));
        row.quad.o = QP_TRY(id_of(quad.o));
        if (!QP_TRY(txn.graph(row.quad.g))) {
          QP_TRY(txn.replace_graph(
              row.quad.g, {}, {TermId::None, store::AudienceId::Nobody, store::GraphKind::Loaded}));
        }
        // One that is there keeps its place among the others.
        if (!QP_TRY(txn.probe(row.quad, {.with_claims = true}))) quads.push_back(row);
      }
      return txn.apply({}, quads);
    }));
    blanks_.merge(fresh);
    waiting_.clear();
    return {};
  }

  store::Store& store_;
  std::vector<rdf::Quad> waiting_;
  Blanks blanks_;
};

rdf::ByteSource source_of(std::string_view text) {
  return [text](std::span<char> buffer) mutable {
    const std::size_t count = std::min(buffer.size(), text.size());
    std::memcpy(buffer.data(), text.data(), count);
    text.remove_prefix(count);
    return count;
  };
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
        refused_(lines_, read.error());
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

std::unique_ptr<QuadTarget> into_bulk_load(store::BulkLoad& load) {
  return std::make_unique<BulkTarget>(load);
}
std::unique_ptr<QuadTarget> into_store(store::Store& store) {
  return std::make_unique<StoreTarget>(store);
}

Result<RdfTotals> load_rdf(const ByteReader& read, rdf::Syntax syntax, const std::string& base,
                           QuadTarget& target,
                           const std::function<void(std::uint64_t, const Error&)>& refused,
                           const std::function<void(const RdfTotals&)>& watch) {
  RdfTotals totals;
  QP_TRY(target.begin_file());
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
  if (broken) {
    ++totals.refused;
    refused(0, *broken);
  }
  return totals;
}

}  // namespace qp::bulk
