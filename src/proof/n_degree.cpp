#include "proof/n_degree.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace qp::proof {

namespace {

Error not_verifiable(const std::string& limit) {
  return error(Code::TooLarge, "not verifiable: canonicalizing takes more than " + limit);
}

/// 5.4.4.3 and 5.4.5.5: the path cannot become the least one any more.
bool is_beaten(std::string_view path, std::string_view chosen) {
  return !chosen.empty() && path.size() >= chosen.size() && path > chosen;
}

}  // namespace

void CanonicalIssuer::issue(Node node) {
  if (has(node)) return;
  numbers_[node] = static_cast<Node>(issued_.size());
  issued_.push_back(node);
}

void CanonicalIssuer::write(Node node, std::string& out) const {
  out += "_:c14n";
  out += std::to_string(numbers_[node]);
}

bool TemporaryIssuer::has(Node node) const {
  return std::ranges::find(issued_, node) != issued_.end();
}

void TemporaryIssuer::issue(Node node) {
  if (!has(node)) issued_.push_back(node);
}

void TemporaryIssuer::write(Node node, std::string& out) const {
  out += "_:b";
  out += std::to_string(std::ranges::find(issued_, node) - issued_.begin());
}

Result<void> NDegreeHasher::spend(std::size_t bytes, const TemporaryIssuer& issuer) {
  constexpr std::size_t kBytesOfAStep = 256;
  constexpr std::size_t kIdentifiersOfAStep = 64;
  const std::size_t cost = 1 + bytes / kBytesOfAStep + issuer.issued().size() / kIdentifiersOfAStep;
  if (cost > steps_left_) return not_verifiable("the steps allowed");
  steps_left_ -= cost;
  return {};
}

// Hash Related Blank Node, 4.7.3; numbers are the steps there.
Result<std::string> NDegreeHasher::hash_related(Node related, const QuadLines::Line& line,
                                                std::size_t position,
                                                const TemporaryIssuer& issuer) {
  std::string input(1, "sog"[position]);                                    // 1
  if (position != 2) input.append("<").append(line.predicate).append(">");  // 2
  if (canonical_.has(related)) {                                            // 3
    canonical_.write(related, input);
  } else if (issuer.has(related)) {
    issuer.write(related, input);
  } else {  // 4
    input += first_degree_[related];
  }
  QP_TRY(spend(input.size(), issuer));
  return hasher_.hex(input);  // 5
}

/// Steps 1 to 3 of 4.8.3.
Result<NDegreeHasher::RelatedNodes> NDegreeHasher::related_nodes(Node node,
                                                                 const TemporaryIssuer& issuer) {
  RelatedNodes related;
  for (const std::uint32_t index : lines_.lines_of(node)) {
    const QuadLines::Line& line = lines_.all()[index];
    for (std::size_t position = 0; position < line.nodes.size(); ++position) {
      const Node other = line.nodes[position];
      if (other == kNoNode || other == node) continue;
      related[QP_TRY(hash_related(other, line, position, issuer))].push_back(other);
    }
  }
  return related;
}

// Hash N-Degree Quads, 4.8.3; numbers are the steps there.
Result<NDegreeHasher::Hashed> NDegreeHasher::hash(Node node, TemporaryIssuer issuer) {
  if (depth_ == limits::kCanonicalDepth) return not_verifiable("the depth allowed");
  ++depth_;
  std::string data;                                                          // 4
  for (auto& [related_hash, nodes] : QP_TRY(related_nodes(node, issuer))) {  // 5
    data += related_hash;                                                    // 5.1
    Path chosen = QP_TRY(choose_path(std::move(nodes), issuer));
    data += chosen.text;                // 5.5
    issuer = std::move(chosen.issuer);  // 5.6
  }
  --depth_;
  QP_TRY(spend(data.size(), issuer));
  return Hashed{hasher_.hex(data), std::move(issuer)};  // 6
}

/// Steps 5.2 to 5.4: the least path of all permutations.
Result<NDegreeHasher::Path> NDegreeHasher::choose_path(std::vector<Node> nodes,
                                                       const TemporaryIssuer& issuer) {
  Path chosen;
  std::ranges::sort(nodes);
  do {  // 5.4
    std::optional<Path> path = QP_TRY(walk(nodes, issuer, chosen.text));
    if (path && (chosen.text.empty() || path->text < chosen.text)) {  // 5.4.6
      chosen = *std::move(path);
    }
  } while (std::ranges::next_permutation(nodes).found);
  return chosen;
}

/// Steps 5.4.1 to 5.4.5 for one permutation; nothing as soon as it is beaten by `chosen`.
Result<std::optional<NDegreeHasher::Path>> NDegreeHasher::walk(std::span<const Node> nodes,
                                                               TemporaryIssuer issuer,
                                                               std::string_view chosen) {
  Path path{{}, std::move(issuer)};
  std::vector<Node> recursion;        // 5.4.3
  for (const Node related : nodes) {  // 5.4.4
    QP_TRY(spend(0, path.issuer));
    if (canonical_.has(related)) {  // 5.4.4.1
      canonical_.write(related, path.text);
    } else {  // 5.4.4.2
      if (!path.issuer.has(related)) recursion.push_back(related);
      path.issuer.issue(related);
      path.issuer.write(related, path.text);
    }
    if (is_beaten(path.text, chosen)) return std::optional<Path>();  // 5.4.4.3
  }
  for (const Node related : recursion) {                             // 5.4.5
    Hashed hashed = QP_TRY(hash(related, std::move(path.issuer)));   // 5.4.5.1
    path.issuer = std::move(hashed.issuer);                          // 5.4.5.4
    path.issuer.write(related, path.text);                           // 5.4.5.2
    path.text.append("<").append(hashed.hash).append(">");           // 5.4.5.3
    if (is_beaten(path.text, chosen)) return std::optional<Path>();  // 5.4.5.5
  }
  return std::optional<Path>(std::move(path));
}

}  // namespace qp::proof
