#pragma once

#include <array>
#include <cstdint>
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

/// The lines of an N-Quads text, collected in any order and joined in code point order.
class LineSorter {
 public:
  /// Where the next line is written; `end_line` ends it.
  std::string& text() { return text_; }
  void end_line() { ends_.push_back(text_.size()); }
  std::string joined() const;
  void clear();

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
};

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

  /// Appends `line`, with `label_of(Node, std::string& out)` writing what stands for each node.
  template <class LabelOf>
  void fill(const Line& line, std::string& out, const LabelOf& label_of) const {
    const std::string_view text = std::string_view(text_).substr(line.begin, line.size);
    std::size_t done = 0;
    for (std::size_t i = 0; i < line.nodes.size(); ++i) {
      if (line.nodes[i] == kNoNode) continue;
      out.append(text, done, line.labels_at[i] - done);
      label_of(line.nodes[i], out);
      done = line.labels_at[i] + kBlankPrefix.size() + labels_[line.nodes[i]].size();
    }
    out.append(text, done);
  }

 private:
  static constexpr std::string_view kBlankPrefix = "_:";

  void drop_repeats();
  void list_lines_of_nodes();

  std::string text_;
  std::vector<Line> lines_;
  std::vector<std::string_view> labels_;
  std::vector<std::vector<std::uint32_t>> lines_of_;
};

}  // namespace qp::proof
