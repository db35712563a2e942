#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "temporary_store.hpp"
#include "vocab/terms.hpp"

// The batch interface: scans in every order, probes, estimates and statistics, against brute force.
// As in conformance_test.cpp only the interface is used.
namespace qp::store {

static constexpr std::array kAllOrders = {Order::Gspo, Order::Spog, Order::Posg, Order::Ospg};

static std::array<TermId, 4> in_order(Order order, const QuadIds& q) {
  switch (order) {
    case Order::Gspo:
      return {q.g, q.s, q.p, TermId::None};  // the object lies by its ordinal
    case Order::Spog:
      return {q.s, q.p, q.o, q.g};
    case Order::Posg:
      return {q.p, q.o, q.s, q.g};
    case Order::Ospg:
      return {q.o, q.s, q.p, q.g};
  }
  return {};
}

static std::vector<QuadIds> drain(Scan& scan, std::size_t batch) {
  std::vector<QuadIds> all, rows(batch);
  for (std::size_t got = batch; got == batch;) {
    got = must(scan.next(rows));
    all.insert(all.end(), rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(got));
  }
  CHECK(must(scan.next(rows)) == 0);
  return all;
}

static bool fits(const Pattern& pattern, const QuadIds& q) {
  const auto same = [](TermId wanted, TermId id) { return wanted == TermId::None || wanted == id; };
  return same(pattern.g, q.g) && same(pattern.s, q.s) && same(pattern.p, q.p) &&
         same(pattern.o, q.o);
}

/// A store with some hundreds of quads over few terms, so that every pattern hits something.
struct Sample {
  TemporaryStore db;
  std::mt19937 random{11};
  std::vector<TermId> terms, graphs;
  std::set<QuadIds> quads;
  std::set<TermId> open, claims;
  TermId any() { return terms[random() % terms.size()]; }

  Sample() {
    db.write([&](WriteTxn& txn) -> Result<void> {
      terms.clear();
      graphs.clear();
      for (int i = 0; i < 300; ++i)
        QP_TRY(txn.intern_iri("https://example.org/fill" + std::to_string(i)));
      for (int i = 0; i < 9; ++i) {
        terms.push_back(QP_TRY(txn.intern_iri("https://example.org/t" + std::to_string(i))));
        graphs.push_back(QP_TRY(txn.intern_iri("https://example.org/g" + std::to_string(i))));
      }
      terms.push_back(rdf::type);
      for (int i = -4; i < 4; ++i) {
        terms.push_back(QP_TRY(txn.intern(
            rdf::Term::literal(std::to_string(i * 300), std::string(xsd::integer.iri)))));
      }
      return {};
    });
    for (int i = 0; i < 900; ++i) quads.insert({graphs[random() % 9], any(), any(), any()});
    db.write([&](WriteTxn& txn) -> Result<void> {
      open.clear();
      claims.clear();
      for (std::size_t i = 0; i < graphs.size(); ++i) {
        std::vector<OrderedQuad> rows;
        std::uint32_t ordinal = 0;
        for (const QuadIds& quad : quads) {
          if (quad.g == graphs[i]) rows.push_back({quad, ordinal++ * 7919 % 101});
        }
        GraphRecord record;
        record.audience = i % 3 == 0 ? AudienceId::Nobody : AudienceId::Public;
        record.kind = i % 4 == 1 ? GraphKind::Claims : GraphKind::Source;
        QP_TRY(txn.replace_graph(graphs[i], rows, record));
        if (i % 3 != 0) open.insert(graphs[i]);
        if (i % 4 == 1) claims.insert(graphs[i]);
      }
      return {};
    });
  }
  Pattern pattern(unsigned mask) {
    return {mask & 1 ? graphs[random() % 9] : TermId::None, mask & 2 ? any() : TermId::None,
            mask & 4 ? any() : TermId::None, mask & 8 ? any() : TermId::None};
  }
  std::vector<QuadIds> matching(const Pattern& pattern, const Txn::ScanOptions& options) const {
    std::vector<QuadIds> found;
    for (const QuadIds& q : quads) {
      if (!fits(pattern, q)) continue;
      if (!options.with_claims && claims.contains(q.g)) continue;
      if (!options.visible.sees_everything() && !open.contains(q.g)) continue;
      found.push_back(q);
    }
    return found;
  }
};

static std::vector<QuadIds> sorted(std::vector<QuadIds> quads) {
  std::sort(quads.begin(), quads.end());
  return quads;
}

TEST_CASE("a scan gives any pattern in any order, forth and back, at any batch size") {
  Sample sample;
  const auto txn = sample.db.read();
  for (unsigned i = 0; i < 600; ++i) {
    const Pattern pattern = sample.pattern(i % 16);
    const Order order = kAllOrders[i / 16 % 4];
    Txn::ScanOptions options;
    options.with_claims = i % 5 == 0;
    if (i % 3 == 0) options.visible = Visible::only_public();
    options.reverse = i % 2 == 0;
    CAPTURE(i);
    const auto scan = must(txn->open_scan(pattern, order, options));
    const auto rows = drain(*scan, 1 + i % 70);
    CHECK(sorted(rows) == sample.matching(pattern, options));
    CHECK(std::is_sorted(rows.begin(), rows.end(), [&](const QuadIds& a, const QuadIds& b) {
      return options.reverse ? in_order(order, b) < in_order(order, a)
                             : in_order(order, a) < in_order(order, b);
    }));
  }
}

TEST_CASE("a scan can be sent to a place, forth and back, before and after its end") {
  Sample sample;
  const auto txn = sample.db.read();
  for (unsigned i = 0; i < 600; ++i) {
    const Order order = kAllOrders[1 + i % 3];
    const Pattern pattern = sample.pattern(i % 4 == 0 ? 4 : 0);
    Txn::ScanOptions options;
    options.with_claims = true;
    options.reverse = i % 2 == 0;
    const auto scan = must(txn->open_scan(pattern, order, options));
    auto expected = sample.matching(pattern, options);
    std::sort(expected.begin(), expected.end(), [&](const QuadIds& a, const QuadIds& b) {
      return in_order(order, a) < in_order(order, b);
    });
    if (options.reverse) std::reverse(expected.begin(), expected.end());
    if (i % 3 == 0) CHECK(drain(*scan, 16) == expected);
    QuadIds place{sample.graphs[i % 9], sample.any(), sample.any(), sample.any()};
    std::size_t given = 4;
    if (i % 5 == 0) {
      place.g = TermId::None;  // last in these orders
      given = 3;
    }
    if (pattern.p != TermId::None) place.p = pattern.p;
    const auto wanted = in_order(order, place);
    const auto passed = [&](const QuadIds& quad) {
      const auto at = in_order(order, quad);
      for (std::size_t k = 0; k < given; ++k) {
        if (at[k] != wanted[k]) return options.reverse ? at[k] < wanted[k] : at[k] > wanted[k];
      }
      return true;
    };
    expected.erase(expected.begin(), std::find_if(expected.begin(), expected.end(), passed));
    scan->seek(place);
    CAPTURE(i);
    CHECK(drain(*scan, 16) == expected);
  }
}

TEST_CASE("bounds on the first open position are a range of values") {
  Sample sample;
  const auto txn = sample.db.read();
  const auto number = [&](int value) {
    return *must(
        txn->find(rdf::Term::literal(std::to_string(value), std::string(xsd::integer.iri))));
  };
  for (const bool reverse : {false, true}) {
    for (const TermId p : sample.terms) {
      Txn::ScanOptions options;
      options.from = number(-700);
      options.below = number(600);
      options.reverse = reverse;
      std::vector<QuadIds> expected;
      for (const QuadIds& q : sample.matching({{}, {}, p, {}}, options)) {
        if (q.o >= options.from && q.o < options.below) expected.push_back(q);
      }
      const auto scan = must(txn->open_scan({{}, {}, p, {}}, Order::Posg, options));
      CHECK(sorted(drain(*scan, 10)) == expected);
      scan->seek({{}, {}, p, reverse ? number(-400) : number(400)});
      std::erase_if(expected, [&](const QuadIds& q) {
        return reverse ? q.o > number(-400) : q.o < number(400);
      });
      CHECK(sorted(drain(*scan, 10)) == expected);
    }
  }
}

TEST_CASE("the union of graphs has each triple once") {
  Sample sample;
  const auto txn = sample.db.read();
  for (unsigned i = 0; i < 200; ++i) {
    const Pattern pattern = sample.pattern(i % 8 * 2);
    Txn::ScanOptions options;
    options.distinct_triples = true;
    if (i % 3 == 0) options.visible = Visible::only_public();
    options.reverse = i % 2 == 0;
    std::set<std::array<TermId, 3>> expected;
    for (const QuadIds& q : sample.matching(pattern, options)) expected.insert({q.s, q.p, q.o});
    for (const Order order : {Order::Spog, Order::Posg, Order::Ospg}) {
      std::set<std::array<TermId, 3>> found;
      const auto rows = drain(*must(txn->open_scan(pattern, order, options)), 33);
      for (const QuadIds& q : rows) found.insert({q.s, q.p, q.o});
      CHECK(found == expected);
      CHECK(rows.size() == expected.size());
    }
  }
  Txn::ScanOptions options;
  options.distinct_triples = true;
  CHECK(txn->open_scan({}, Order::Gspo, options).error().code == Code::Internal);
}

TEST_CASE("probes answer each binding in turn, whatever it binds") {
  Sample sample;
  const auto txn = sample.db.read();
  for (const unsigned mode : {0U, 1U, 2U, 3U}) {
    Txn::ScanOptions options;
    options.first_only = (mode & 1) != 0;
    options.distinct_triples = (mode & 2) != 0;
    options.visible = Visible::only_public();
    std::vector<Pattern> bindings;
    for (unsigned i = 0; i < 400; ++i) bindings.push_back(sample.pattern(i % 16));
    const auto prober = must(txn->open_probe(options));
    for (const std::size_t batch : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
      prober->bind(bindings);
      std::vector<std::vector<QuadIds>> found(bindings.size());
      std::vector<Match> matches(batch);
      std::uint32_t last = 0;
      for (std::size_t got = batch; got == batch;) {
        got = must(prober->next(matches));
        for (std::size_t i = 0; i < got; ++i) {
          CHECK(matches[i].binding >= last);
          last = matches[i].binding;
          found[last].push_back(matches[i].quad);
        }
      }
      for (std::size_t i = 0; i < bindings.size(); ++i) {
        auto expected = sample.matching(bindings[i], options);
        CAPTURE(i);
        if (options.first_only) {
          CHECK(found[i].size() == (expected.empty() ? 0 : 1));
          for (const QuadIds& q : found[i]) CHECK(std::count(expected.begin(), expected.end(), q));
        } else if (options.distinct_triples) {
          std::set<std::array<TermId, 3>> triples, given;
          for (const QuadIds& q : expected) triples.insert({q.s, q.p, q.o});
          for (const QuadIds& q : found[i]) given.insert({q.s, q.p, q.o});
          CHECK(given == triples);
          CHECK(found[i].size() == triples.size());
        } else {
          CHECK(sorted(found[i]) == expected);
        }
      }
    }
  }
}

static UseCounts counted(const std::set<QuadIds>& quads, const Pattern& pattern) {
  UseCounts use;
  std::set<TermId> subjects, objects;
  for (const QuadIds& q : quads) {
    if (!fits(pattern, q)) continue;
    ++use.quads;
    subjects.insert(q.s);
    objects.insert(q.o);
  }
  use.subjects = subjects.size();
  use.objects = objects.size();
  return use;
}

TEST_CASE("statistics are exact after every kind of change") {
  Sample sample;
  const auto check = [&] {
    const auto txn = sample.db.read();
    std::size_t predicates = 0, classes = 0;
    for (const TermId term : sample.terms) {
      const UseCounts as_predicate = counted(sample.quads, {{}, {}, term, {}});
      const UseCounts as_class = counted(sample.quads, {{}, {}, rdf::type, term});
      CHECK(must(txn->predicate_use(term)) == as_predicate);
      CHECK(must(txn->class_use(term)) == as_class);
      CHECK(must(txn->estimate({{}, {}, term, {}})) == as_predicate.quads);
      CHECK(must(txn->estimate({{}, {}, rdf::type, term})) == as_class.quads);
      predicates += as_predicate.quads != 0;
      classes += as_class.quads != 0;
    }
    CHECK(must(txn->predicates()).size() == predicates);
    CHECK(must(txn->classes()).size() == classes);
    CHECK(must(txn->estimate({})) == sample.quads.size());
    sample.db.check_clean();
  };
  check();
  for (int round = 0; round < 8; ++round) {
    std::vector<QuadIds> out;
    std::vector<OrderedQuad> in;
    for (int i = 0; i < 80; ++i) {
      out.push_back({sample.graphs[sample.random() % 9], sample.any(), sample.any(), sample.any()});
      in.push_back(
          {{sample.graphs[sample.random() % 9], sample.any(), sample.any(), sample.any()}, 0});
    }
    for (const QuadIds& q : sample.quads) {
      if (sample.random() % 6 == 0) out.push_back(q);
    }
    sample.db.write([&](WriteTxn& txn) { return txn.apply(out, in); });
    for (const QuadIds& q : out) sample.quads.erase(q);
    for (const OrderedQuad& q : in) sample.quads.insert(q.quad);
  }
  check();
  sample.db.write([&](WriteTxn& txn) { return txn.erase_graph(sample.graphs[2]); });
  std::erase_if(sample.quads, [&](const QuadIds& q) { return q.g == sample.graphs[2]; });
  check();
  for (const TermId g : sample.graphs) {
    sample.db.write([&](WriteTxn& txn) { return txn.erase_graph(g); });
  }
  sample.quads.clear();
  check();
}

TEST_CASE("a write sees what it has changed, in scans, statistics and what readers may see") {
  Sample sample;
  const TermId g = sample.graphs[2];
  sample.db.write([&](WriteTxn& txn) -> Result<void> {
    const auto rows = [&]() -> Result<std::size_t> {
      Txn::ScanOptions options;
      options.visible = Visible::only_public();
      const auto scan = QP_TRY(txn.open_scan({g, {}, {}, {}}, Order::Posg, options));
      std::vector<QuadIds> all(2000);
      return scan->next(all);
    };
    const std::size_t before = QP_TRY(rows());
    CHECK(before > 0);
    QP_TRY(txn.set_audience(g, AudienceId::Nobody));
    CHECK(QP_TRY(rows()) == 0);
    QP_TRY(txn.set_audience(g, AudienceId::Public));
    CHECK(QP_TRY(rows()) == before);
    const UseCounts use = QP_TRY(txn.predicate_use(rdf::type));
    QP_TRY(txn.apply({}, std::vector<OrderedQuad>{{{g, g, rdf::type, as::Note}, 0}}));
    CHECK(QP_TRY(rows()) == before + 1);
    CHECK(QP_TRY(txn.predicate_use(rdf::type)).quads == use.quads + 1);
    CHECK(QP_TRY(txn.class_use(as::Note)) == UseCounts{1, 1, 1});
    return {};
  });
}

TEST_CASE("many terms are interned and resolved at a call") {
  TemporaryStore db;
  std::vector<rdf::Term> terms;
  for (int i = 0; i < 50; ++i) {
    terms.push_back(rdf::Term::iri("https://example.org/" + std::to_string(i)));
    terms.push_back(rdf::Term::literal(std::to_string(i), std::string(xsd::integer.iri)));
  }
  const std::vector<rdf::TermView> views(terms.begin(), terms.end());
  std::vector<TermId> ids(views.size());
  db.write([&](WriteTxn& txn) { return txn.intern_all(views, ids); });
  std::vector<rdf::TermView> back(ids.size());
  const auto txn = db.read();
  must(txn->resolve_all(ids, back));
  CHECK(back == views);
  CHECK(txn->resolve_all(std::vector{static_cast<TermId>(999'999)}, back).error().code ==
        Code::NotFound);
}

}  // namespace qp::store
