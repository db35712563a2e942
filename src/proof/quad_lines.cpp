#include "proof/quad_lines.hpp"

#include <unordered_map>

namespace qp::proof {

namespace {

/// The blank nodes of a quad by place; nullptr: another kind of term.
std::array<const rdf::TermView*, 3> blank_nodes(const rdf::QuadView& quad) {
  const auto blank = [](const rdf::TermView& term) {
    return term.kind == rdf::TermKind::Blank ? &term : nullptr;
  };
  return {blank(quad.s), blank(quad.o), blank(quad.g)};
}

QuadLines::Line write_line(const rdf::QuadView& quad, std::string& text, rdf::Escapes escapes) {
  QuadLines::Line line{};
  line.begin = text.size();
  line.predicate = quad.p.value;
  const auto write = [&](const rdf::TermView& term) {
    const std::size_t at = text.size() - line.begin;
    rdf::write_term(term, text, escapes);
    text += ' ';
    return at;
  };
  line.labels_at[0] = write(quad.s);
  write(quad.p);
  line.labels_at[1] = write(quad.o);
  if (quad.g.kind != rdf::TermKind::Iri || !quad.g.value.empty()) line.labels_at[2] = write(quad.g);
  text += ".\n";
  line.size = text.size() - line.begin;
  return line;
}

}  // namespace

std::string QuadLines::joined(std::span<const Piece> pieces, std::string_view filled) const {
  std::vector<std::string_view> lines;
  lines.reserve(pieces.size());
  std::size_t size = 0;
  for (const Piece& piece : pieces) {
    lines.push_back(piece.size == 0 ? text_of(*piece.line)
                                    : filled.substr(piece.begin, piece.size));
    size += lines.back().size();
  }
  std::ranges::sort(lines);  // the order of UTF-8's bytes is that of code points
  std::string out;
  out.reserve(size);
  for (const std::string_view line : lines) out += line;
  return out;
}

QuadLines::QuadLines(std::span<const rdf::QuadView> quads, rdf::Escapes escapes) {
  lines_.reserve(quads.size());
  std::unordered_map<std::string_view, Node> nodes;
  for (const rdf::QuadView& quad : quads) {
    Line& line = lines_.emplace_back(write_line(quad, text_, escapes));
    const auto blanks = blank_nodes(quad);
    for (std::size_t i = 0; i < blanks.size(); ++i) {
      line.nodes[i] = kNoNode;
      if (blanks[i] == nullptr) continue;
      const auto [found, is_new] =
          nodes.try_emplace(blanks[i]->value, static_cast<Node>(labels_.size()));
      if (is_new) labels_.push_back(blanks[i]->value);
      line.nodes[i] = found->second;
    }
  }
  drop_repeats();
  list_lines_of_nodes();
}

/// A dataset is a set: a quad that is there twice is hashed once.
void QuadLines::drop_repeats() {
  const auto text = [&](const Line& line) { return text_of(line); };
  std::ranges::sort(lines_, {}, text);
  const auto repeats = std::ranges::unique(lines_, {}, text);
  lines_.erase(repeats.begin(), repeats.end());
}

void QuadLines::list_lines_of_nodes() {
  lines_of_.resize(labels_.size());
  for (std::uint32_t i = 0; i < lines_.size(); ++i) {
    for (const Node node : lines_[i].nodes) {
      if (node == kNoNode) continue;
      std::vector<std::uint32_t>& list = lines_of_[node];
      if (list.empty() || list.back() != i) list.push_back(i);
    }
  }
}

}  // namespace qp::proof
