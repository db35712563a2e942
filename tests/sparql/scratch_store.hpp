#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "rdf/term.hpp"
#include "store/store.hpp"
#include "tests/store/temporary_store.hpp"
#include "vocab/terms.hpp"

namespace qp::tests {

/// A store in a folder of its own, which goes with it.
class ScratchStore {
 public:
  ScratchStore() {
    auto opened = store::Store::open({folder_.path(), std::size_t{1} << 34, true, false});
    REQUIRE(opened.has_value());
    store_ = *std::move(opened);
  }
  store::Store& operator*() { return *store_; }
  store::Store* operator->() { return store_.get(); }
  const std::filesystem::path& folder() const { return folder_.path(); }

  /// Adds quads; those of the default graph go to the unnamed graph. Labels of blank nodes are
  /// those of this call.
  void add(const rdf::Dataset& quads, store::AudienceId audience = store::AudienceId::Public) {
    const auto done = store_->write([&](store::WriteTxn& txn) -> Result<void> {
      std::map<std::string, TermId> blanks;
      const auto id = [&](const rdf::Term& term) -> Result<TermId> {
        if (term.kind != rdf::TermKind::Blank) return txn.intern(term);
        TermId& known = blanks[term.value];
        if (known == TermId::None) known = QP_TRY(txn.new_blank());
        return known;
      };
      std::map<TermId, std::vector<store::OrderedQuad>> graphs;
      for (const rdf::Quad& quad : quads) {
        store::OrderedQuad made;
        made.quad.g = quad.g.value.empty() ? quadpub::unnamed_graph.id : QP_TRY(id(quad.g));
        made.quad.s = QP_TRY(id(quad.s));
        made.quad.p = QP_TRY(id(quad.p));
        made.quad.o = QP_TRY(id(quad.o));
        graphs[made.quad.g].push_back(made);
      }
      for (const auto& [graph, made] : graphs) {
        QP_TRY(txn.apply({}, made));
        QP_TRY(txn.set_audience(graph, audience));
      }
      return {};
    });
    REQUIRE(done.has_value());
  }

 private:
  store::TemporaryFolder folder_;
  std::unique_ptr<store::Store> store_;
};

}  // namespace qp::tests
