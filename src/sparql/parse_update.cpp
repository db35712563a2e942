#include "sparql/parser_state.hpp"

namespace qp::sparql {

// [29] Update
Result<Update> Parser::update() {
  Update made;
  while (true) {
    QP_TRY(prologue());
    if (now_.kind == Token::Kind::End) return made;
    Operation next = QP_TRY(operation());
    next.base = base_;
    next.variables = std::exchange(names_, {});
    scopes_.assign(1, {});
    labels_.clear();
    made.operations.push_back(std::move(next));
    if (!take_punct(";")) break;
  }
  if (now_.kind != Token::Kind::End) return unexpected("';' between operations");
  return made;
}

// [30] Update1
Result<Operation> Parser::operation() {
  triples_ = 0;
  struct Row {
    std::string_view word;
    Operation::Kind kind;
  };
  static constexpr Row kOfOneGraph[] = {{"CLEAR", Operation::Kind::Clear},
                                        {"DROP", Operation::Kind::Drop},
                                        {"CREATE", Operation::Kind::Create}};
  static constexpr Row kOfTwoGraphs[] = {{"ADD", Operation::Kind::Add},
                                         {"MOVE", Operation::Kind::Move},
                                         {"COPY", Operation::Kind::Copy}};
  Operation made;
  made.at = position();
  if (take_word("LOAD")) {
    QP_TRY(load(made));
    return made;
  }
  for (const Row& row : kOfOneGraph) {
    if (!take_word(row.word)) continue;
    QP_TRY(graph_management(made, row.kind));
    return made;
  }
  for (const Row& row : kOfTwoGraphs) {
    if (!take_word(row.word)) continue;
    QP_TRY(transfer(made, row.kind));
    return made;
  }
  QP_TRY(insert_or_delete(made));
  return made;
}

// [31] Load
Result<void> Parser::load(Operation& out) {
  out.kind = Operation::Kind::Load;
  out.silent = take_word("SILENT");
  out.iri = QP_TRY(iri());
  if (take_word("INTO")) {
    QP_TRY(expect_word("GRAPH"));
    out.target = {GraphTarget::Kind::Graph, QP_TRY(iri())};
  }
  return {};
}

// [32] Clear, [33] Drop, [34] Create
Result<void> Parser::graph_management(Operation& out, Operation::Kind kind) {
  out.kind = kind;
  out.silent = take_word("SILENT");
  if (kind == Operation::Kind::Create && !at_word("GRAPH")) return unexpected("GRAPH <iri>");
  if (!at_word("GRAPH") && !at_word("DEFAULT") && !at_word("NAMED") && !at_word("ALL")) {
    return unexpected("GRAPH <iri>, DEFAULT, NAMED or ALL");
  }
  out.target = QP_TRY(graph_target(true));
  return {};
}

// [35] Add, [36] Move, [37] Copy
Result<void> Parser::transfer(Operation& out, Operation::Kind kind) {
  out.kind = kind;
  out.silent = take_word("SILENT");
  out.source = QP_TRY(graph_target(false));
  QP_TRY(expect_word("TO"));
  out.target = QP_TRY(graph_target(false));
  return {};
}

// [45] GraphOrDefault, [47] GraphRefAll
Result<GraphTarget> Parser::graph_target(bool sets_allowed) {
  GraphTarget made;
  if (take_word("DEFAULT")) return made;
  if (sets_allowed && take_word("NAMED")) {
    made.kind = GraphTarget::Kind::Named;
  } else if (sets_allowed && take_word("ALL")) {
    made.kind = GraphTarget::Kind::All;
  } else {
    take_word("GRAPH");
    made.kind = GraphTarget::Kind::Graph;
    made.iri = QP_TRY(iri());
  }
  return made;
}

// [38] InsertData, [39] DeleteData, [40] DeleteWhere, [41] Modify
Result<void> Parser::insert_or_delete(Operation& out) {
  const bool inserts = at_word("INSERT");
  if ((inserts || at_word("DELETE")) && is_word(ahead_, "DATA")) {
    advance();
    advance();
    out.kind = inserts ? Operation::Kind::InsertData : Operation::Kind::DeleteData;
    variables_allowed_ = false;
    blanks_ = inserts ? Blanks::Terms : Blanks::Forbidden;
    (inserts ? out.inserts : out.deletes) = QP_TRY(quads());
    variables_allowed_ = true;
    blanks_ = Blanks::Variables;
    for (const QuadTemplate& each : out.inserts) {
      for (const Node* node : {&each.triple.s, &each.triple.o}) {
        if (std::get<rdf::Term>(*node).kind == rdf::TermKind::Blank) {
          data_labels_.insert(std::get<rdf::Term>(*node).value);
        }
      }
    }
    return {};
  }
  if (at_word("DELETE") && is_word(ahead_, "WHERE")) return delete_where(out);
  return modify(out);
}

Result<void> Parser::delete_where(Operation& out) {
  out.kind = Operation::Kind::Modify;
  advance();
  advance();
  blanks_ = Blanks::Forbidden;
  out.deletes = QP_TRY(quads());
  blanks_ = Blanks::Variables;
  for (const QuadTemplate& each : out.deletes) {
    Element pattern;
    pattern.triples.push_back(each.triple);
    if (each.graph) {
      Element around;
      around.kind = Element::Kind::Graph;
      around.name = *each.graph;
      around.groups.emplace_back().elements.push_back(std::move(pattern));
      pattern = std::move(around);
    }
    out.where.elements.push_back(std::move(pattern));
  }
  return {};
}

// [41] Modify
Result<void> Parser::modify(Operation& out) {
  out.kind = Operation::Kind::Modify;
  if (take_word("WITH")) out.with = QP_TRY(iri());
  const bool deletes = take_word("DELETE");
  if (deletes) {
    blanks_ = Blanks::Forbidden;
    out.deletes = QP_TRY(quads());
  }
  const bool inserts = take_word("INSERT");
  if (inserts) {
    blanks_ = Blanks::Terms;
    out.inserts = QP_TRY(quads());
  }
  blanks_ = Blanks::Variables;
  if (!deletes && !inserts) {
    return unexpected("INSERT, DELETE, LOAD, CLEAR, DROP, CREATE, ADD, MOVE or COPY",
                      at_word("SELECT") ? "this is a query, not an update" : "");
  }
  QP_TRY(dataset_clause(out.dataset, "USING"));
  QP_TRY(expect_word("WHERE", "INSERT DATA { ... } needs none"));
  out.where = QP_TRY(group());
  return {};
}

// [48] QuadPattern, [49] QuadData, [50] Quads
Result<std::vector<QuadTemplate>> Parser::quads() {
  std::vector<QuadTemplate> made;
  paths_allowed_ = false;
  QP_TRY(expect_punct("{"));
  while (!at_punct("}")) {
    if (take_word("GRAPH")) {
      const Node graph = QP_TRY(var_or_iri());
      QP_TRY(expect_punct("{"));
      QP_TRY(quads_of(graph, made));
      QP_TRY(expect_punct("}", "a '{' is still open"));
      take_punct(".");
    } else if (at_node()) {
      QP_TRY(quads_of(std::nullopt, made));
      if (at_node()) return unexpected("'.' between triples");
    } else {
      return unexpected("triples, GRAPH or '}'");
    }
  }
  advance();
  paths_allowed_ = true;
  return made;
}

Result<void> Parser::quads_of(const std::optional<Node>& graph, std::vector<QuadTemplate>& out) {
  std::vector<Triple> read;
  QP_TRY(triples(read));
  for (Triple& triple : read) out.push_back({std::move(triple), graph});
  return {};
}

}  // namespace qp::sparql
