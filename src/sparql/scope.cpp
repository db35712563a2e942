// Which variables a pattern binds, 18.2.1.
#include <algorithm>
#include <iterator>

#include "sparql/parser.hpp"

namespace qp::sparql {

namespace {

/// Each variable once, in order of appearance.
class Scope {
 public:
  void add(Variable variable) {
    if (std::find(found_.begin(), found_.end(), variable) == found_.end()) {
      found_.push_back(variable);
    }
  }
  void add(const Node& node) {
    if (const Variable* variable = variable_of(node)) add(*variable);
  }
  void add(const Group& group) {
    for (const Element& element : group.elements) add(element);
  }
  std::vector<Variable> found() && { return std::move(found_); }

 private:
  void add(const Element& element);

  std::vector<Variable> found_;
};

void Scope::add(const Element& element) {
  for (const Triple& triple : element.triples) {
    add(triple.s);
    if (!triple.path) add(triple.p);
    add(triple.o);
  }
  switch (element.kind) {
    case Element::Kind::Minus:
    case Element::Kind::Filter:
    case Element::Kind::Triples:
      return;
    case Element::Kind::Bind:
      return add(element.variable);
    case Element::Kind::Values:
      for (const Variable variable : element.values.variables) add(variable);
      return;
    case Element::Kind::Select:
      for (const Projection& each : element.select->projection) add(each.outer);
      return;
    case Element::Kind::Graph:
    case Element::Kind::Service:
      add(element.name);
      break;
    case Element::Kind::Group:
    case Element::Kind::Optional:
    case Element::Kind::Union:
      break;
  }
  for (const Group& group : element.groups) add(group);
}

}  // namespace

std::vector<Variable> in_scope(const Group& group) {
  Scope scope;
  scope.add(group);
  return std::move(scope).found();
}

}  // namespace qp::sparql
