#include "proof/rdfc.hpp"

#include <algorithm>
#include <numeric>
#include <ranges>

#include "proof/n_degree.hpp"
#include "proof/quad_lines.hpp"

namespace qp::proof {

namespace {

rdf::Escapes escapes_of(Canonicalization algorithm) {
  return algorithm == Canonicalization::Rdfc10 ? rdf::Escapes::Rdfc10 : rdf::Escapes::Rdf11;
}

/// The canonicalization algorithm, RDFC-1.0 4.4.3; numbers are the steps there.
class Canonicalizer {
 public:
  Canonicalizer(std::span<const rdf::QuadView> quads, const CanonicalizeOptions& options)
      : lines_(quads, escapes_of(options.algorithm)),  // 2
        hasher_(options.hash),
        issuer_(lines_.node_count()),
        n_degree_(lines_, hasher_, first_degree_, issuer_, options.steps) {}

  Result<CanonicalDataset> run() {
    for (Node node = 0; node < lines_.node_count(); ++node) {  // 3
      first_degree_.push_back(hash_first_degree(node));
    }
    QP_TRY(issue_identifiers());
    CanonicalDataset result;
    for (const Node node : issuer_.issued()) result.labels.push_back(lines_.label(node));
    result.nquads = lines_.sorted_text(lines_.all(), [&](Node node, std::string& out) {  // 6, 7
      issuer_.write(node, out);
    });
    return result;
  }

 private:
  /// Hash First Degree Quads, 4.6.3.
  std::string hash_first_degree(Node node) const {
    const auto lines = std::views::transform(
        lines_.lines_of(node),
        [&](std::uint32_t index) -> const auto& { return lines_.all()[index]; });
    return hasher_.hex(lines_.sorted_text(
        lines, [&](Node other, std::string& out) { out += other == node ? "_:a" : "_:z"; }));
  }

  /// 4: nodes with a hash of their own come first, all in the order of the hashes; 5: then those
  /// that share one.
  Result<void> issue_identifiers() {
    std::vector<Node> nodes(lines_.node_count());
    std::iota(nodes.begin(), nodes.end(), Node{0});
    const auto hash_of = [&](Node node) -> const std::string& { return first_degree_[node]; };
    std::ranges::sort(nodes, {}, hash_of);

    std::vector<std::span<const Node>> shared;
    for (auto begin = nodes.begin(); begin != nodes.end();) {
      const auto end = std::ranges::upper_bound(begin, nodes.end(), hash_of(*begin), {}, hash_of);
      if (end - begin == 1) {
        issuer_.issue(*begin);  // 4.2
      } else {
        shared.emplace_back(begin, end);
      }
      begin = end;
    }
    for (const std::span<const Node> group : shared) QP_TRY(issue_group(group));
    return {};
  }

  /// 5.1 to 5.3 for the nodes of one hash.
  Result<void> issue_group(std::span<const Node> group) {
    std::vector<NDegreeHasher::Hashed> paths;                               // 5.1
    for (const Node node : group) {                                         // 5.2
      if (issuer_.has(node)) continue;                                      // 5.2.1
      TemporaryIssuer temporary;                                            // 5.2.2
      temporary.issue(node);                                                // 5.2.3
      paths.push_back(QP_TRY(n_degree_.hash(node, std::move(temporary))));  // 5.2.4
    }
    std::ranges::stable_sort(paths, {}, &NDegreeHasher::Hashed::hash);
    for (const NDegreeHasher::Hashed& path : paths) {  // 5.3
      for (const Node node : path.issuer.issued()) issuer_.issue(node);
    }
    return {};
  }

  QuadLines lines_;
  Hasher hasher_;
  std::vector<std::string> first_degree_;
  CanonicalIssuer issuer_;
  NDegreeHasher n_degree_;
};

}  // namespace

Result<CanonicalDataset> canonicalize(std::span<const rdf::QuadView> quads,
                                      const CanonicalizeOptions& options) {
  for (const rdf::QuadView& quad : quads) {
    if (quad.p.kind == rdf::TermKind::Iri) continue;
    return bad_input("a predicate that is no IRI has no canonical form");
  }
  return Canonicalizer(quads, options).run();
}

}  // namespace qp::proof
