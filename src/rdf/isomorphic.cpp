#include "rdf/isomorphic.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/text.hpp"

namespace qp::rdf {

namespace {

using Quads = std::set<Quad>;
using Colours = std::map<std::string, std::size_t>;   // blank label -> what is known of it
using Renaming = std::map<std::string, std::string>;  // label in a -> label in b

/// The dataset without repeats, language tags in lower case.
Quads normalised(const Dataset& dataset) {
  Quads quads;
  for (Quad quad : dataset) {
    quad.o.language = text::lower(quad.o.language);
    quads.insert(std::move(quad));
  }
  return quads;
}

template <class Function>
void each_term(const Quad& quad, Function function) {
  function(quad.s);
  function(quad.p);
  function(quad.o);
  function(quad.g);
}

/// What `term` looks like from a quad that `self` stands in.
std::size_t appearance(const Term& term, const std::string& self, const Colours& colours) {
  if (term.kind != TermKind::Blank) return TermHash{}(term);
  return term.value == self ? 1 : combined_hash(2, colours.at(term.value));
}

Colours first_colours(const Quads& quads) {
  Colours colours;
  for (const Quad& quad : quads) {
    each_term(quad, [&](const Term& term) {
      if (term.kind == TermKind::Blank) colours.emplace(term.value, 0);
    });
  }
  return colours;
}

/// One round: each blank node is told apart by the quads around it.
Colours refined(const Quads& quads, const Colours& colours) {
  Colours next;
  for (const auto& [label, colour] : colours) next[label] = combined_hash(3, colour);
  for (const Quad& quad : quads) {
    std::set<std::string> around;
    each_term(quad, [&](const Term& term) {
      if (term.kind == TermKind::Blank) around.insert(term.value);
    });
    for (const std::string& self : around) {
      std::size_t seen = 4;
      each_term(quad, [&](const Term& term) {
        seen = combined_hash(seen, appearance(term, self, colours));
      });
      next[self] += seen;  // a sum: the order of quads does not matter
    }
  }
  return next;
}

std::size_t distinct(const Colours& colours) {
  std::set<std::size_t> values;
  for (const auto& [label, colour] : colours) values.insert(colour);
  return values.size();
}

Colours stable_colours(const Quads& quads) {
  Colours colours = first_colours(quads);
  for (std::size_t before = 0, now = distinct(colours); before != now;) {
    colours = refined(quads, colours);
    before = std::exchange(now, distinct(colours));
  }
  return colours;
}

/// Depth-first search for a renaming, with the quads checked as soon as all their labels have one.
class Matcher {
 public:
  Matcher(const Quads& a, const Quads& b) : b_(b), of_a_(stable_colours(a)) {
    for (const auto& [label, colour] : stable_colours(b)) of_b_[colour].push_back(label);
    for (const auto& [label, colour] : of_a_) order_.push_back(label);
    std::ranges::sort(order_, {}, [&](const std::string& label) {
      return std::pair(of_b_[of_a_.at(label)].size(), label);
    });
    for (std::size_t i = 0; i < order_.size(); ++i) place_[order_[i]] = i + 1;
    complete_at_.resize(order_.size() + 1);
    for (const Quad& quad : a) {
      std::size_t last = 0;
      each_term(quad, [&](const Term& term) {
        if (term.kind == TermKind::Blank) last = std::max(last, place_.at(term.value));
      });
      complete_at_[last].push_back(&quad);
    }
  }

  bool matches() { return fits(0) && extend(0); }

 private:
  bool extend(std::size_t count) {
    if (count == order_.size()) return true;
    const std::string& label = order_[count];
    for (const std::string& candidate : of_b_[of_a_.at(label)]) {
      if (!taken_.insert(candidate).second) continue;
      renaming_[label] = candidate;
      if (fits(count + 1) && extend(count + 1)) return true;
      taken_.erase(candidate);
    }
    return false;
  }

  bool fits(std::size_t count) const {
    return std::ranges::all_of(complete_at_[count], [&](const Quad* quad) {
      return b_.contains({renamed(quad->s), renamed(quad->p), renamed(quad->o), renamed(quad->g)});
    });
  }

  Term renamed(const Term& term) const {
    return term.kind == TermKind::Blank ? Term::blank(renaming_.at(term.value)) : term;
  }

  const Quads& b_;
  Colours of_a_;
  std::map<std::size_t, std::vector<std::string>> of_b_;
  std::vector<std::string> order_;
  std::map<std::string, std::size_t> place_;
  std::vector<std::vector<const Quad*>> complete_at_;  // by how many labels are renamed
  Renaming renaming_;
  std::set<std::string> taken_;
};

}  // namespace

bool isomorphic(const Dataset& a, const Dataset& b) {
  const Quads quads_a = normalised(a);
  const Quads quads_b = normalised(b);
  if (quads_a.size() != quads_b.size()) return false;
  if (first_colours(quads_a).size() != first_colours(quads_b).size()) return false;
  return Matcher(quads_a, quads_b).matches();
}

}  // namespace qp::rdf
