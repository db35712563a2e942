// From what is written to the algebra, 18.2.2 to 18.2.5.
#include "sparql/algebra.hpp"

#include <algorithm>
#include <iterator>

namespace qp::sparql {

namespace {

using Kind = Algebra::Kind;

Algebra make(Kind kind) {
  Algebra made;
  made.kind = kind;
  return made;
}

Algebra around(Kind kind, Algebra inner) {
  Algebra made = make(kind);
  made.parts.push_back(std::move(inner));
  return made;
}

Algebra join(Algebra a, Algebra b) {
  if (a.kind == Kind::Unit) return b;
  if (b.kind == Kind::Unit) return a;
  if (a.kind == Kind::Triples && b.kind == Kind::Triples) {
    std::move(b.triples.begin(), b.triples.end(), std::back_inserter(a.triples));
    return a;
  }
  if (a.kind != Kind::Join) a = around(Kind::Join, std::move(a));
  if (b.kind == Kind::Join) {
    std::move(b.parts.begin(), b.parts.end(), std::back_inserter(a.parts));
  } else {
    a.parts.push_back(std::move(b));
  }
  return a;
}

/// `a && b` taken apart.
void add_conjuncts(const Expression& expression, std::vector<Expression>& out) {
  if (expression.op != Op::And) {
    out.push_back(expression);
    return;
  }
  for (const Expression& argument : expression.arguments) add_conjuncts(argument, out);
}

class Translation {
 public:
  explicit Translation(std::vector<std::string>& variables) : names_(variables) {}

  Result<Algebra> group(const Group& group);
  Result<Algebra> modifiers(const Select& select, bool projects);

 private:
  Result<Algebra> element(const Element& element, Algebra before);
  Algebra triples(const std::vector<Triple>& triples);
  Algebra path(const Node& s, const std::shared_ptr<const Path>& path, const Node& o);
  Result<Algebra> grouped(const Select& select, Algebra inner);
  Expression without_aggregates(const Expression& expression);

  Variable fresh() {
    names_.push_back("_:." + std::to_string(names_.size()));
    return static_cast<Variable>(names_.size() - 1);
  }

  std::vector<std::string>& names_;
  std::vector<AggregateColumn> aggregates_;  ///< of the SELECT at hand
};

// 18.2.2.2 and 18.2.2.6. Filters hold for the whole group.
Result<Algebra> Translation::group(const Group& group) {
  Algebra made = make(Kind::Unit);
  std::vector<Expression> filters;
  for (const Element& each : group.elements) {
    if (each.kind == Element::Kind::Filter) {
      add_conjuncts(each.expression, filters);
    } else {
      made = QP_TRY(element(each, std::move(made)));
    }
  }
  if (filters.empty()) return made;
  made = around(Kind::Filter, std::move(made));
  made.expressions = std::move(filters);
  return made;
}

Result<Algebra> Translation::element(const Element& element, Algebra before) {
  switch (element.kind) {
    case Element::Kind::Triples:
      return join(std::move(before), triples(element.triples));
    case Element::Kind::Group:
      return join(std::move(before), QP_TRY(group(element.groups[0])));
    case Element::Kind::Optional: {
      Algebra right = QP_TRY(group(element.groups[0]));
      Algebra made = around(Kind::LeftJoin, std::move(before));
      const auto& inside = element.groups[0].elements;
      const bool filters = std::any_of(inside.begin(), inside.end(), [](const Element& each) {
        return each.kind == Element::Kind::Filter;
      });
      if (filters) {  // they see the left side too
        made.expressions = std::move(right.expressions);
        Algebra inner = std::move(right.parts[0]);
        right = std::move(inner);
      }
      made.parts.push_back(std::move(right));
      return made;
    }
    case Element::Kind::Union: {
      Algebra made = make(Kind::Union);
      for (const Group& part : element.groups) made.parts.push_back(QP_TRY(group(part)));
      return join(std::move(before), std::move(made));
    }
    case Element::Kind::Minus: {
      Algebra made = around(Kind::Minus, std::move(before));
      made.parts.push_back(QP_TRY(group(element.groups[0])));
      return made;
    }
    case Element::Kind::Graph: {
      Algebra made = around(Kind::Graph, QP_TRY(group(element.groups[0])));
      made.name = element.name;
      return join(std::move(before), std::move(made));
    }
    case Element::Kind::Bind: {
      Algebra made = around(Kind::Extend, std::move(before));
      made.variables.push_back(element.variable);
      made.expressions.push_back(element.expression);
      return made;
    }
    case Element::Kind::Values: {
      Algebra made = make(Kind::Values);
      made.values = std::make_shared<Values>(element.values);
      return join(std::move(before), std::move(made));
    }
    case Element::Kind::Select:
      return join(std::move(before), QP_TRY(modifiers(*element.select, true)));
    case Element::Kind::Service:
      if (element.silent) return before;
      return error(Code::Forbidden, "line " + std::to_string(element.at.line) + ", column " +
                                        std::to_string(element.at.column) +
                                        ": SERVICE is not done here: no query reaches the network");
    case Element::Kind::Filter:
      break;
  }
  return before;
}

Algebra Translation::triples(const std::vector<Triple>& triples) {
  Algebra made = make(Kind::Unit);
  for (const Triple& triple : triples) {
    if (triple.path) {
      made = join(std::move(made), path(triple.s, triple.path, triple.o));
    } else {
      Algebra one = make(Kind::Triples);
      one.triples.push_back({triple.s, triple.p, triple.o, nullptr});
      made = join(std::move(made), std::move(one));
    }
  }
  return made;
}

// 18.2.2.3, 18.2.2.4
Algebra Translation::path(const Node& s, const std::shared_ptr<const Path>& path, const Node& o) {
  const auto part = [&](std::size_t i) {
    return std::shared_ptr<const Path>(path, &path->parts[i]);
  };
  switch (path->kind) {
    case Path::Kind::Link: {
      Algebra made = make(Kind::Triples);
      made.triples.push_back({s, rdf::Term::iri(path->iri), o, nullptr});
      return made;
    }
    case Path::Kind::Inverse:
      return this->path(o, part(0), s);
    case Path::Kind::Sequence: {
      Algebra made = make(Kind::Unit);
      Node from = s;
      for (std::size_t i = 0; i < path->parts.size(); ++i) {
        Node to = i + 1 == path->parts.size() ? o : Node(fresh());
        made = join(std::move(made), this->path(from, part(i), to));
        from = std::move(to);
      }
      return made;
    }
    case Path::Kind::Alternative: {
      Algebra made = make(Kind::Union);
      for (std::size_t i = 0; i < path->parts.size(); ++i) {
        made.parts.push_back(this->path(s, part(i), o));
      }
      return made;
    }
    default: {
      Algebra made = make(Kind::Triples);
      made.triples.push_back({s, Node(Variable{}), o, path});
      return made;
    }
  }
}

/// A variable in the place of each aggregate.
Expression Translation::without_aggregates(const Expression& expression) {
  Expression made = expression;
  if (expression.op == Op::Aggregate) {
    made.op = Op::Variable;
    made.variable = fresh();
    aggregates_.push_back({made.variable, expression.aggregate});
    made.aggregate = nullptr;
    return made;
  }
  for (Expression& argument : made.arguments) argument = without_aggregates(argument);
  return made;
}

// 18.2.4.1
Result<Algebra> Translation::grouped(const Select& select, Algebra inner) {
  Algebra made = around(Kind::Group, std::move(inner));
  for (const GroupKey& key : select.group_by) {
    const bool plain = key.expression.op == Op::Variable && !key.as;
    made.variables.push_back(key.as ? *key.as : plain ? key.expression.variable : fresh());
    made.expressions.push_back(key.expression);
  }
  return made;
}

// 18.2.4, 18.2.5
Result<Algebra> Translation::modifiers(const Select& select, bool projects) {
  std::vector<AggregateColumn> outer = std::exchange(aggregates_, {});
  Algebra made = QP_TRY(group(select.where));
  std::vector<Expression> having;
  std::vector<Projection> projection = select.projection;
  std::vector<OrderKey> order = select.order_by;
  if (select.grouped) {
    made = QP_TRY(grouped(select, std::move(made)));
    for (Projection& each : projection) {
      if (each.expression) each.expression = without_aggregates(*each.expression);
    }
    for (OrderKey& key : order) key.expression = without_aggregates(key.expression);
    for (const Expression& each : select.having) {
      add_conjuncts(without_aggregates(each), having);
    }
    made.aggregates = std::exchange(aggregates_, {});
    if (!having.empty()) {
      made = around(Kind::Filter, std::move(made));
      made.expressions = std::move(having);
    }
  }
  aggregates_ = std::move(outer);
  if (select.values) {  // 18.2.4.3
    Algebra values = make(Kind::Values);
    values.values = std::make_shared<Values>(*select.values);
    made = join(std::move(made), std::move(values));
  }
  Algebra extend = make(Kind::Extend);
  for (Projection& each : projection) {
    if (!each.expression) continue;
    extend.variables.push_back(each.variable);
    extend.expressions.push_back(*std::move(each.expression));
  }
  if (!extend.variables.empty()) {
    extend.parts.push_back(std::move(made));
    made = std::move(extend);
  }
  if (!order.empty()) {
    made = around(Kind::Order, std::move(made));
    made.order = std::move(order);
  }
  if (projects) {
    made = around(Kind::Project, std::move(made));
    for (const Projection& each : projection) {
      made.variables.push_back(each.variable);
      made.names.push_back(each.outer);
    }
    if (select.duplicates != Duplicates::Kept) {
      made = around(Kind::Distinct, std::move(made));
      made.reduced = select.duplicates == Duplicates::MayGo;
    }
  }
  if (select.limit || select.offset != 0) {
    made = around(Kind::Slice, std::move(made));
    made.limit = select.limit;
    made.offset = select.offset;
  }
  return made;
}

}  // namespace

Result<Algebra> translate(const Query& query, std::vector<std::string>& variables) {
  Translation translation(variables);
  return translation.modifiers(query.select, query.form == Query::Form::Select);
}

Result<Algebra> translate(const Group& group, std::vector<std::string>& variables) {
  Translation translation(variables);
  return translation.group(group);
}

}  // namespace qp::sparql
