#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "proof/hasher.hpp"
#include "proof/quad_lines.hpp"

namespace qp::proof {

/// The identifiers c14n0, c14n1, ... of the result (RDFC-1.0 4.5).
class CanonicalIssuer {
 public:
  explicit CanonicalIssuer(std::size_t node_count) : numbers_(node_count, kNoNode) {}

  bool has(Node node) const { return numbers_[node] != kNoNode; }
  void issue(Node node);
  /// Appends `_:c14nN` of a node that has one.
  void write(Node node, std::string& out) const;
  /// In the order in which they were issued.
  std::span<const Node> issued() const { return issued_; }

 private:
  std::vector<Node> numbers_;
  std::vector<Node> issued_;
};

/// The identifiers b0, b1, ... tried out on the way. Small and often copied: a list.
class TemporaryIssuer {
 public:
  bool has(Node node) const;
  void issue(Node node);
  /// Appends `_:bN` of a node that has one.
  void write(Node node, std::string& out) const;
  std::span<const Node> issued() const { return issued_; }

 private:
  std::vector<Node> issued_;
};

/// Tells blank nodes with the same first degree hash apart by what surrounds them
/// (RDFC-1.0 4.7 and 4.8), within a budget of steps for the whole dataset.
class NDegreeHasher {
 public:
  struct Hashed {
    std::string hash;
    TemporaryIssuer issuer;
  };

  /// All references outlive it. `first_degree`: the first degree hash of each node.
  NDegreeHasher(const QuadLines& lines, const Hasher& hasher,
                const std::vector<std::string>& first_degree, const CanonicalIssuer& canonical,
                std::size_t steps)
      : lines_(lines),
        hasher_(hasher),
        first_degree_(first_degree),
        canonical_(canonical),
        steps_left_(steps) {}

  /// TooLarge where the budget or the depth runs out.
  Result<Hashed> hash(Node node, TemporaryIssuer issuer);

 private:
  struct Path {
    std::string text;
    TemporaryIssuer issuer;
  };
  using RelatedNodes = std::map<std::string, std::vector<Node>>;

  Result<RelatedNodes> related_nodes(Node node, const TemporaryIssuer& issuer);
  Result<std::string> hash_related(Node related, const QuadLines::Line& line, std::size_t position,
                                   const TemporaryIssuer& issuer);
  Result<Path> choose_path(std::vector<Node> nodes, const TemporaryIssuer& issuer);
  Result<std::optional<Path>> walk(std::span<const Node> nodes, TemporaryIssuer issuer,
                                   std::string_view chosen);
  /// A step, and more for much text or many identifiers.
  Result<void> spend(std::size_t bytes, const TemporaryIssuer& issuer);

  const QuadLines& lines_;
  const Hasher& hasher_;
  const std::vector<std::string>& first_degree_;
  const CanonicalIssuer& canonical_;
  std::size_t steps_left_;
  std::size_t depth_ = 0;
};

}  // namespace qp::proof
