#include "bulk/export_quads.hpp"

#include <array>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/text.hpp"
#include "proof/rdfc.hpp"
#include "rdf/nquads.hpp"
#include "store/inline_term.hpp"
#include "vocab/terms.hpp"

namespace qp::bulk {

namespace {

constexpr std::size_t kAtOnce = 1024;
constexpr std::size_t kFlushBytes = std::size_t{256} * 1024;
/// Larger graphs are not looked at as a whole: they keep the store's labels.
constexpr std::size_t kNamedGraphQuads = 20'000;

class QuadWriter {
 public:
  QuadWriter(const store::Txn& txn, const std::function<Result<void>(std::string_view)>& write)
      : txn_(txn), write_(write) {}

  Result<void> graph(TermId graph) {
    const auto record = QP_TRY(txn_.graph(graph));
    const bool is_small =
        record && record->kind == store::GraphKind::Source && record->quads <= kNamedGraphQuads;
    const rdf::TermView name = QP_TRY(txn_.resolve(graph));
    std::vector<store::QuadIds> rows;
    const auto scan = QP_TRY(txn_.open_scan({.g = graph}, store::Order::Gspo, {}));
    std::array<store::QuadIds, kAtOnce> some{};
    for (std::size_t count = kAtOnce; count == kAtOnce;) {
      count = QP_TRY(scan->next(some));
      if (!is_small) {
        for (std::size_t i = 0; i < count; ++i) {
          spelt_.clear();
          QP_TRY(line(QP_TRY(resolve(some[i], name))));
        }
      } else {
        rows.insert(rows.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count));
      }
    }
    return rows.empty() ? Result<void>() : named(rows, name);
  }

  Result<void> sequence(TermId sequence) {
    const rdf::TermView name = QP_TRY(txn_.resolve(sequence));
    const rdf::TermView items{rdf::TermKind::Iri, as::items.iri, {}, {}};
    std::uint64_t before = 0;
    for (std::size_t count = kAtOnce; count == kAtOnce;) {
      const auto some =
          QP_TRY(txn_.sequence_before(sequence, before, kAtOnce, store::Visible::everything()));
      count = some.size();
      for (const store::SequenceItem& item : some) {
        QP_TRY(line({name, items, QP_TRY(txn_.resolve(item.member)), name}));
      }
      if (!some.empty()) before = some.back().key;
    }
    return {};
  }

  Result<std::uint64_t> finish() {
    QP_TRY(write_(text_));
    return lines_;
  }

 private:
  /// What is spelt for it is good until spelt_ is cleared.
  Result<rdf::QuadView> resolve(const store::QuadIds& row, const rdf::TermView& name) {
    rdf::QuadView quad;
    quad.s = QP_TRY(term(row.s));
    quad.p = QP_TRY(term(row.p));
    quad.o = QP_TRY(term(row.o));
    quad.g = name;
    return quad;
  }
  Result<rdf::TermView> term(TermId id) {
    const auto spelt = store::spell(id, spelt_.emplace_back());
    if (spelt) return *spelt;
    spelt_.pop_back();
    return txn_.resolve(id);
  }

  Result<void> line(const rdf::QuadView& quad) {
    rdf::write_nquad(quad, text_);
    ++lines_;
    if (text_.size() < kFlushBytes) return {};
    QP_TRY(write_(text_));
    text_.clear();
    return {};
  }

  Result<void> named(const std::vector<store::QuadIds>& rows, const rdf::TermView& name) {
    std::vector<rdf::QuadView> quads;
    quads.reserve(rows.size());
    spelt_.clear();
    bool has_blanks = false;
    for (const store::QuadIds& row : rows) {
      quads.push_back(QP_TRY(resolve(row, name)));
      has_blanks = has_blanks || quads.back().s.kind == rdf::TermKind::Blank ||
                   quads.back().o.kind == rdf::TermKind::Blank;
    }
    const auto canonical = has_blanks ? proof::canonicalize(quads)
                                      : Result<proof::CanonicalDataset>(proof::CanonicalDataset());
    std::vector<std::string> names;
    std::unordered_map<std::string_view, std::string_view> labels;
    if (canonical && has_blanks) {
      const std::string prefix = "g" + text::hex(hash_of(name.value)) + "n";
      names.reserve(canonical->labels.size());
      for (const std::string_view label : canonical->labels) {
        names.push_back(prefix + std::to_string(names.size()));
        labels.emplace(label, names.back());
      }
    }
    for (rdf::QuadView& quad : quads) {
      for (rdf::TermView* term : {&quad.s, &quad.o}) {
        if (term->kind != rdf::TermKind::Blank) continue;
        if (const auto found = labels.find(term->value); found != labels.end()) {
          term->value = found->second;
        }
      }
      QP_TRY(line(quad));
    }
    return {};
  }

  static std::string hash_of(std::string_view text) {
    // FNV-1a, twice: a label, not a secret.
    std::string bytes;
    for (std::uint64_t hash : {0xcbf29ce484222325U, 0x9ae16a3b2f90404fU}) {
      for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
      }
      for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(hash >> shift & 255);
    }
    return bytes;
  }

  const store::Txn& txn_;
  const std::function<Result<void>(std::string_view)>& write_;
  std::string text_;
  std::deque<std::string> spelt_;
  std::uint64_t lines_ = 0;
};

}  // namespace

Result<std::uint64_t> export_quads(const store::Txn& txn, const Chosen& chosen,
                                   const std::function<Result<void>(std::string_view)>& write) {
  QuadWriter out(txn, write);
  const auto graphs = QP_TRY(txn.open_scan({}, store::Order::Gspo, {}));
  std::array<store::QuadIds, 1> row{};
  while (QP_TRY(graphs->next(row)) == 1) {
    const TermId graph = row[0].g;
    if (QP_TRY(chosen.graph(graph))) QP_TRY(out.graph(graph));
    graphs->seek({static_cast<TermId>(static_cast<std::uint64_t>(graph) + 1), {}, {}, {}});
  }
  for (const TermId sequence : QP_TRY(txn.sequences())) {
    if (QP_TRY(chosen.sequence(sequence))) QP_TRY(out.sequence(sequence));
  }
  return out.finish();
}

}  // namespace qp::bulk
