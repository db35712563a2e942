#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rdf/nquads.hpp"
#include "rdf/term.hpp"

namespace qp::proof {

/// A blank node of a dataset, numbered from 0.
using Node = std::uint32_t;
inline constexpr Node kNoNode = UINT32_MAX;

/// A dataset as N-Quads lines, without repeats, in which blank nodes are holes: a line is filled
/// with the labels that each use asks for, and nothing is escaped twice.
/// Labels and predicates are borrowed from the quads, which outlive it.
class QuadLines {
 public:
  struct Line {
    std::size_t begin, size;               ///< of the text with the labels of the input
    std::string_view predicate;            ///< an IRI
    std::array<Node, 3> nodes;             ///< at subject, object, graph name; kNoNode: none there
    std::array<std::size_t, 3> labels_at;  ///< where their `_:label` begins, from `begin`
  };

  QuadLines(std::span<const rdf::QuadView> quads, rdf::Escapes escapes);

  std::size_t node_count() const { return labels_.size(); }
  /// As in the input, without `_:`.
  std::string_view label(Node node) const { return labels_[node]; }
  std::span<const Line> all() const { return lines_; }
  /// The lines that mention `node`, as indices of `all()`.
  std::span<const std::uint32_t> lines_of(Node node) const { return lines_of_[node]; }

  /// `lines` (of `all()`) as one text in code point order, with
  /// `label_of(Node, std::string& out)` writing what stands for each blank node.
  template <std::ranges::input_range Lines, class LabelOf>
  std::string sorted_text(Lines&& lines, const LabelOf& label_of) const {
    std::string filled;
    std::vector<Piece> pieces;
    for (const Line& line : lines) {
      const std::size_t begin = filled.size();
      if (has_blank_nodes(line)) fill(line, filled, label_of);
      pieces.push_back({&line, begin, filled.size() - begin});
    }
    return joined(pieces, filled);
  }

 private:
  /// A line as it is, or as it was filled in.
  struct Piece {
    const Line* line;
    std::size_t begin, size;  // where in the text with the filled ones; 0: as it is
  };
  static constexpr std::string_view kBlankPrefix = "_:";

  static bool has_blank_nodes(const Line& line) {
    return std::ranges::any_of(line.nodes, [](Node node) { return node != kNoNode; });
  }
  std::string_view text_of(const Line& line) const {
    return std::string_view(text_).substr(line.begin, line.size);
  }

  template <class LabelOf>
  void fill(const Line& line, std::string& out, const LabelOf& label_of) const {
    const std::string_view text = text_of(line);
    std::size_t done = 0;
    for (std::size_t i = 0; i < line.nodes.size(); ++i) {
      if (line.nodes[i] == kNoNode) continue;
      out.append(text, done, line.labels_at[i] - done);
      label_of(line.nodes[i], out);
      done = line.labels_at[i] + kBlankPrefix.size() + labels_[line.nodes[i]].size();
    }
    out.append(text, done);
  }

  std::string joined(std::span<const Piece> pieces, std::string_view filled) const;

  void drop_repeats();
  void list_lines_of_nodes();

  std::string text_;
  std::vector<Line> lines_;
  std::vector<std::string_view> labels_;
  std::vector<std::vector<std::uint32_t>> lines_of_;
};

}  // namespace qp::proof
