#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "sparql/ranges.hpp"
#include "store/store.hpp"

namespace qp::sparql {

/// RDF dataset of a query, 13.2: what its default graph is, and which graphs have names.
struct Dataset {
  enum class Default : std::uint8_t {
    Union,    ///< all visible graphs, merged
    Unnamed,  ///< the triples that were loaded without a graph
    Listed,   ///< `graphs`, merged
  };
  Default default_graph = Default::Union;
  std::vector<TermId> graphs;
  bool all_named = true;
  std::vector<TermId> named;  ///< unless all are
};

/// Where a pattern is looked for.
enum class Graphs : std::uint8_t {
  Default,  ///< in the default graph: each triple once, whatever graphs it is in
  Named,    ///< in the named graphs; the pattern may bind `g`
};

/// How many different subjects and objects the quads of a pattern have, about.
struct Fanout {
  double subjects = 1, objects = 1;
};

class Context;

/// The quads of one transaction as one query may see them: its dataset, its reader's visibility,
/// and each sequence as quads `<sequence> as:items <member>` in the graph of the sequence.
class Source {
 public:
  /// `context`: whose time it takes, where many quads are read for few. Null: nobody's.
  Source(const store::Txn& txn, store::Txn::ScanOptions options, Dataset dataset,
         Context* context = nullptr);
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  /// Where the reading of members of sequences is.
  struct Items {
    store::Pattern pattern;
    std::vector<TermId> sequences;  ///< still to be read, the next one last; none: the end
    std::uint64_t after = 0;        ///< key, in the next one
  };

  /// The quads of one pattern, many at a time. `g` is set only with Graphs::Named.
  class Walk {
   public:
    Walk(const Source& source, Graphs graphs) : source_(source), graphs_(graphs) {}
    /// Begins anew. None in the pattern stands for anything. `order`: nullopt: whichever is best.
    Result<void> open(const store::Pattern& pattern, std::optional<store::Order> order = {},
                      bool reverse = false);
    /// The same, only of objects in one of the ranges; the pattern binds the predicate only.
    Result<void> open(const store::Pattern& pattern, std::span<const IdRange> objects);
    /// At least one quad, at most `limit`; none: the end.
    Result<void> next(std::vector<store::QuadIds>& out, std::size_t limit);
    /// Goes on behind all quads that are before `place` in the order of the walk.
    void seek(const store::QuadIds& place) {
      if (scan_) scan_->seek(place);
    }

   private:
    Result<bool> next_scan();

    const Source& source_;
    Graphs graphs_;
    std::unique_ptr<store::Scan> scan_;
    std::vector<store::QuadIds> buffer_;
    std::optional<store::QuadIds> last_;
    std::optional<Items> items_;
    bool items_begun_ = true;
    std::vector<IdRange> ranges_;  ///< still to be scanned
    store::Pattern pattern_;
  };

  /// The quads of many patterns, as they come.
  class Lookup {
   public:
    Lookup(const Source& source, Graphs graphs, bool first_only);
    /// Borrowed until answered.
    Result<void> bind(std::span<const store::Pattern> patterns);
    /// At least one match, at most `limit`; none: the end. Not in the order of the patterns.
    Result<void> next(std::vector<store::Match>& out, std::size_t limit);

   private:
    Result<void> add_items(std::vector<store::Match>& out, std::size_t limit);

    const Source& source_;
    Graphs graphs_;
    bool first_only_;
    std::unique_ptr<store::Prober> prober_;
    std::vector<store::Pattern> bound_;
    std::vector<std::uint32_t> numbers_;  ///< of bound_, among the caller's
    std::size_t with_items_ = 0;          ///< next of bound_ whose items are to be given
    std::optional<Items> items_;          ///< of that one
    std::optional<store::Match> last_;
    bool probed_ = true;
  };

  /// About how many quads match, hidden ones included.
  Result<std::uint64_t> estimate(const store::Pattern& pattern, Graphs graphs) const;
  /// About how many quads of a pattern that binds the predicate have their object in a range.
  Result<std::uint64_t> estimate(const store::Pattern& pattern, Graphs graphs,
                                 std::span<const IdRange> objects) const;
  Result<Fanout> fanout(const store::Pattern& pattern, Graphs graphs) const;
  /// The named graphs that hold a visible quad.
  Result<std::vector<TermId>> named_graphs() const;
  Result<bool> has_named_graph(TermId graph) const;
  const store::Txn& txn() const { return txn_; }
  const Dataset& dataset() const { return dataset_; }

 private:
  bool is_named(TermId graph) const;
  /// The pattern as the store is asked; nullopt: nothing can match.
  std::optional<store::Pattern> asked(const store::Pattern& pattern, Graphs graphs) const;
  /// The store's options for that.
  store::Txn::ScanOptions options_for(Graphs graphs) const;
  bool merges_listed(Graphs graphs) const {
    return graphs == Graphs::Default && dataset_.default_graph == Dataset::Default::Listed &&
           dataset_.graphs.size() > 1;
  }
  /// Whether a quad that the store found is in the dataset.
  bool admits(const store::QuadIds& quad, Graphs graphs) const;
  Result<bool> shows_sequence(TermId sequence) const;
  Result<Items> items_of(const store::Pattern& pattern) const;
  /// At least one quad more, and at most `limit`, unless it is the end.
  Result<void> next_items(Items& items, Graphs graphs, std::size_t limit,
                          std::vector<store::QuadIds>& out) const;
  Result<void> tick(std::size_t steps) const;

  const store::Txn& txn_;
  store::Txn::ScanOptions options_;
  Dataset dataset_;
  Context* context_;
};

}  // namespace qp::sparql
