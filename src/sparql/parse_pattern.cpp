#include <algorithm>

#include "base/limits.hpp"
#include "sparql/parser_state.hpp"
#include "vocab/terms.hpp"

namespace qp::sparql {

static Node iri_node(std::string_view iri) { return Node(rdf::Term::iri(std::string(iri))); }

// [53] GroupGraphPattern
Result<Group> Parser::group() {
  const Depth depth(*this);
  QP_TRY(check_depth());
  QP_TRY(expect_punct("{"));
  const std::uint32_t around = pattern_;
  pattern_ = ++patterns_;
  Group made;
  if (at_word("SELECT")) {
    Element element;
    element.kind = Element::Kind::Select;
    element.at = position();
    element.select = std::make_shared<Select>(QP_TRY(sub_select()));
    made.elements.push_back(std::move(element));
  } else {
    made = QP_TRY(group_body());
  }
  pattern_ = around;
  QP_TRY(expect_punct("}", "a '{' is still open"));
  return made;
}

// [54] GroupGraphPatternSub
Result<Group> Parser::group_body() {
  Group made;
  bool behind_triples = false;
  while (true) {
    if (at_node()) {
      if (behind_triples) return unexpected("'.' between triples");
      if (made.elements.empty() || made.elements.back().kind != Element::Kind::Triples) {
        made.elements.emplace_back().at = position();
      }
      QP_TRY(triples(made.elements.back().triples));
      behind_triples = true;
      continue;
    }
    const std::size_t before = made.elements.size();
    if (!QP_TRY(element(made))) return made;
    if (++elements_ > limits::kSparqlElements) return fail("more patterns than are read");
    // 19.6: what a FILTER parts is one basic graph pattern still.
    if (made.elements[before].kind != Element::Kind::Filter) pattern_ = ++patterns_;
    take_punct(".");
    behind_triples = false;
  }
}

// [55] TriplesBlock
Result<void> Parser::triples(std::vector<Triple>& out) {
  const std::size_t before = out.size();
  do {
    if (!at_node()) break;
    QP_TRY(same_subject(out));
    if (out.size() > limits::kSparqlTriples && variables_allowed_) {
      return fail("more triples than are read in one pattern");
    }
    if (triples_ + out.size() - before > kTriples && variables_allowed_) {
      return fail("more triples than are read in all patterns");
    }
  } while (take_punct("."));
  triples_ += out.size() - before;
  return {};
}

// [56] GraphPatternNotTriples; false: there is none.
Result<bool> Parser::element(Group& out) {
  Element made;
  made.at = position();
  const auto with_group = [&](Element::Kind kind) -> Result<bool> {
    made.kind = kind;
    made.groups.push_back(QP_TRY(group()));
    out.elements.push_back(std::move(made));
    return true;
  };
  if (at_punct("{")) {
    QP_TRY(group_or_union(out));
    return true;
  }
  if (take_word("OPTIONAL")) return with_group(Element::Kind::Optional);
  if (take_word("MINUS")) return with_group(Element::Kind::Minus);
  if (take_word("GRAPH")) {
    QP_TRY(graph_or_service(out, Element::Kind::Graph));
    return true;
  }
  if (take_word("SERVICE")) {
    QP_TRY(graph_or_service(out, Element::Kind::Service));
    return true;
  }
  if (take_word("FILTER")) {
    made.kind = Element::Kind::Filter;
    made.expression = QP_TRY(constraint());
  } else if (take_word("BIND")) {
    QP_TRY(bind(out));
    return true;
  } else if (take_word("VALUES")) {
    made.kind = Element::Kind::Values;
    made.values = QP_TRY(values_block());
  } else {
    return false;
  }
  out.elements.push_back(std::move(made));
  return true;
}

// [67] GroupOrUnionGraphPattern
Result<void> Parser::group_or_union(Group& out) {
  Element made;
  made.at = position();
  do {
    made.groups.push_back(QP_TRY(group()));
    if (made.groups.size() > 1 && ++elements_ > limits::kSparqlElements) {
      return fail("more patterns than are read");
    }
  } while (take_word("UNION"));
  made.kind = made.groups.size() > 1 ? Element::Kind::Union : Element::Kind::Group;
  out.elements.push_back(std::move(made));
  return {};
}

// [58] GraphGraphPattern, [59] ServiceGraphPattern
Result<void> Parser::graph_or_service(Group& out, Element::Kind kind) {
  Element made;
  made.at = position();
  made.kind = kind;
  made.silent = kind == Element::Kind::Service && take_word("SILENT");
  made.name = QP_TRY(var_or_iri());
  made.groups.push_back(QP_TRY(group()));
  out.elements.push_back(std::move(made));
  return {};
}

// [60] Bind
Result<void> Parser::bind(Group& out) {
  Element made;
  made.kind = Element::Kind::Bind;
  made.at = position();
  QP_TRY(expect_punct("(", "BIND (expression AS ?name)"));
  made.expression = QP_TRY(expression());
  QP_TRY(expect_word("AS", "BIND (expression AS ?name)"));
  const Position at = position();
  made.variable = QP_TRY(var());
  const auto bound = in_scope(out);
  if (std::find(bound.begin(), bound.end(), made.variable) != bound.end()) {
    return fail_at(at, "?" + names_[number(made.variable)] + " has a value already in this group",
                   "BIND takes a new variable");
  }
  QP_TRY(expect_punct(")"));
  out.elements.push_back(std::move(made));
  return {};
}

// [62] DataBlock
Result<Values> Parser::values_block() {
  Values made;
  const bool in_brackets = !(now_.kind == Token::Kind::Variable);
  if (in_brackets) {
    QP_TRY(expect_punct("(", "VALUES ?x { ... } or VALUES (?x ?y) { (...) ... }"));
    while (now_.kind == Token::Kind::Variable) made.variables.push_back(QP_TRY(var()));
    QP_TRY(expect_punct(")"));
  } else {
    made.variables.push_back(QP_TRY(var()));
  }
  QP_TRY(expect_punct("{"));
  while (!at_punct("}")) {
    if (in_brackets) {
      made.rows.push_back(QP_TRY(values_row(made.variables.size())));
    } else {
      made.rows.emplace_back().push_back(QP_TRY(values_term()));
    }
  }
  advance();
  return made;
}

Result<std::vector<std::optional<rdf::Term>>> Parser::values_row(std::size_t size) {
  std::vector<std::optional<rdf::Term>> row;
  const Position at = position();
  QP_TRY(expect_punct("(", "one '(...)' for each row"));
  while (!at_punct(")")) row.push_back(QP_TRY(values_term()));
  advance();
  if (row.size() != size) {
    return fail_at(at,
                   "a row of " + std::to_string(row.size()) + " values for " +
                       std::to_string(size) + " variables",
                   "UNDEF leaves one out");
  }
  return row;
}

// [65] DataBlockValue
Result<std::optional<rdf::Term>> Parser::values_term() {
  if (take_word("UNDEF")) return std::optional<rdf::Term>();
  const bool allowed = at_iri() || now_.kind == Token::Kind::String || at_signed_number() ||
                       at_word("true") || at_word("false");
  if (!allowed) return unexpected("an IRI, a literal or UNDEF");
  Node node = QP_TRY(graph_term());
  return std::optional<rdf::Term>(std::get<rdf::Term>(std::move(node)));
}

// [75] TriplesSameSubject, [81] TriplesSameSubjectPath
Result<void> Parser::same_subject(std::vector<Triple>& out) {
  const bool has_triples =
      (at_punct("(") && !is_punct(ahead_, ")")) || (at_punct("[") && !is_punct(ahead_, "]"));
  const Node subject = QP_TRY(graph_node(out));
  if (has_triples && !at_verb()) return {};
  return property_list(subject, out);
}

bool Parser::at_verb() const {
  return at_iri() || at_word("a") || now_.kind == Token::Kind::Variable ||
         (paths_allowed_ && (at_punct("^") || at_punct("!") || at_punct("(")));
}

// [77] PropertyListNotEmpty, [83] PropertyListPathNotEmpty
Result<void> Parser::property_list(const Node& subject, std::vector<Triple>& out) {
  do {
    const Triple predicate = QP_TRY(verb());
    QP_TRY(object_list(subject, predicate, out));
    while (at_punct(";") && is_punct(ahead_, ";")) advance();
    if (at_punct(";")) {
      advance();
      if (!at_verb()) return {};
    } else {
      return {};
    }
  } while (true);
}

// `^p` alone is p the other way round.
Result<void> Parser::object_list(const Node& subject, const Triple& verb,
                                 std::vector<Triple>& out) {
  do {
    Node object = QP_TRY(graph_node(out));
    out.push_back({subject, verb.p, std::move(object), verb.path});
  } while (take_punct(","));
  return {};
}

// [78] Verb, [84] VerbPath; gives only `p` and `path`.
Result<Triple> Parser::verb() {
  Triple made;
  if (now_.kind == Token::Kind::Variable) {
    made.p = QP_TRY(var());
    return made;
  }
  if (!at_verb()) return unexpected("a predicate");
  if (!paths_allowed_) {
    made.p = rdf::Term::iri(QP_TRY(iri_or_a()));
    return made;
  }
  Path walked = QP_TRY(path());
  if (walked.kind == Path::Kind::Link) {
    made.p = rdf::Term::iri(std::move(walked.iri));
  } else {
    made.path = std::make_shared<Path>(std::move(walked));
  }
  return made;
}

Result<std::string> Parser::iri_or_a() {
  if (take_word("a")) return std::string(rdf::type.iri);
  return iri();
}

// [104] GraphNode, [105] GraphNodePath
Result<Node> Parser::graph_node(std::vector<Triple>& out) {
  const Depth depth(*this);
  QP_TRY(check_depth());
  if (take_punct("(")) return collection(out);
  if (take_punct("[")) return property_list_node(out);
  return graph_term();
}

// [102] Collection, [103] CollectionPath, [161] NIL; behind its bracket
Result<Node> Parser::collection(std::vector<Triple>& out) {
  if (take_punct(")")) return iri_node(rdf::nil.iri);
  const Node head = QP_TRY(fresh_blank());
  Node at = head;
  while (true) {
    Node item = QP_TRY(graph_node(out));
    out.push_back({at, iri_node(rdf::first.iri), std::move(item), nullptr});
    if (take_punct(")")) break;
    Node next = QP_TRY(fresh_blank());
    out.push_back({at, iri_node(rdf::rest.iri), next, nullptr});
    at = std::move(next);
  }
  out.push_back({at, iri_node(rdf::rest.iri), iri_node(rdf::nil.iri), nullptr});
  return head;
}

// [99] BlankNodePropertyList, [163] ANON; behind its bracket
Result<Node> Parser::property_list_node(std::vector<Triple>& out) {
  Node node = QP_TRY(fresh_blank());
  if (take_punct("]")) return node;
  QP_TRY(property_list(node, out));
  QP_TRY(expect_punct("]", "a '[' is still open"));
  return node;
}

// [89] PathAlternative
Result<Path> Parser::path() {
  const Depth depth(*this);
  QP_TRY(check_depth());
  Path first = QP_TRY(path_sequence());
  if (!at_punct("|")) return first;
  Path made;
  made.kind = Path::Kind::Alternative;
  made.parts.push_back(std::move(first));
  while (take_punct("|")) {
    if (++links_ > kLinks) return fail("longer paths than are read");
    made.parts.push_back(QP_TRY(path_sequence()));
  }
  return made;
}

// [90] PathSequence
Result<Path> Parser::path_sequence() {
  Path first = QP_TRY(path_element());
  if (!at_punct("/")) return first;
  Path made;
  made.kind = Path::Kind::Sequence;
  made.parts.push_back(std::move(first));
  while (take_punct("/")) {
    if (++links_ > kLinks) return fail("longer paths than are read");
    made.parts.push_back(QP_TRY(path_element()));
  }
  return made;
}

static Path around(Path::Kind kind, Path inner) {
  Path made;
  made.kind = kind;
  made.parts.push_back(std::move(inner));
  return made;
}

// [91] PathElt, [92] PathEltOrInverse
Result<Path> Parser::path_element() {
  const bool inverse = take_punct("^");
  Path made = QP_TRY(path_primary());
  if (take_punct("*")) {
    made = around(Path::Kind::ZeroOrMore, std::move(made));
  } else if (take_punct("+")) {
    made = around(Path::Kind::OneOrMore, std::move(made));
  } else if (take_punct("?")) {
    made = around(Path::Kind::ZeroOrOne, std::move(made));
  }
  return inverse ? around(Path::Kind::Inverse, std::move(made)) : made;
}

// [94] PathPrimary
Result<Path> Parser::path_primary() {
  if (take_punct("!")) return negated_set();
  if (take_punct("(")) {
    Path inner = QP_TRY(path());
    QP_TRY(expect_punct(")", "a '(' of the path is still open"));
    return inner;
  }
  Path link;
  link.iri = QP_TRY(iri_or_a());
  return link;
}

// [95] PathNegatedPropertySet
Result<Path> Parser::negated_set() {
  Path made;
  made.kind = Path::Kind::Negated;
  if (!take_punct("(")) {
    QP_TRY(negated_one(made));
    return made;
  }
  if (take_punct(")")) return made;
  do {
    QP_TRY(negated_one(made));
  } while (take_punct("|"));
  QP_TRY(expect_punct(")"));
  return made;
}

// [96] PathOneInPropertySet
Result<void> Parser::negated_one(Path& out) {
  auto& direction = take_punct("^") ? out.backward : out.forward;
  direction.push_back(QP_TRY(iri_or_a()));
  return {};
}

}  // namespace qp::sparql
