#include "sparql_answers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "rdf/iri.hpp"
#include "rdf/nquads.hpp"
#include "sparql/value.hpp"
#include "suite.hpp"
#include "vocab/terms.hpp"

namespace qp::tests {

namespace {

/// An element of the XML files of the suites: no CDATA, no entities of their own.
struct Element {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::vector<Element> children;
  std::string text;

  const Element* child(const std::string& wanted) const {
    for (const Element& each : children) {
      if (each.name == wanted) return &each;
    }
    return nullptr;
  }
  std::string attribute(const std::string& wanted) const {
    const auto found = attributes.find(wanted);
    return found == attributes.end() ? std::string() : found->second;
  }
};

class Xml {
 public:
  explicit Xml(const std::string& text) : text_(text) {}

  Element document() {
    while (true) {
      at_ = text_.find('<', at_);
      REQUIRE(at_ != std::string::npos);
      if (text_[at_ + 1] != '?' && text_[at_ + 1] != '!') return element();
      skip_declaration();
    }
  }

 private:
  void skip_declaration() {
    if (text_.compare(at_, 4, "<!--") == 0) {
      at_ = text_.find("-->", at_) + 3;
    } else if (text_.compare(at_, 9, "<!DOCTYPE") == 0 &&
               text_.find('[', at_) < text_.find('>', at_)) {
      at_ = text_.find("]>", at_) + 2;
    } else {
      at_ = text_.find('>', at_) + 1;
    }
  }
  void skip_space() {
    while (std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  std::string name() {
    const std::size_t from = at_;
    while (!std::isspace(static_cast<unsigned char>(text_[at_])) && text_[at_] != '>' &&
           text_[at_] != '/' && text_[at_] != '=') {
      ++at_;
    }
    return text_.substr(from, at_ - from);
  }
  static std::string decoded(std::string text) {
    static const std::pair<const char*, const char*> kEntities[] = {
        {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&amp;", "&"}};
    for (const auto& [entity, character] : kEntities) {
      for (std::size_t i = text.find(entity); i != std::string::npos;
           i = text.find(entity, i + 1)) {
        text.replace(i, std::string(entity).size(), character);
      }
    }
    return text;
  }

  Element element() {
    Element made;
    ++at_;
    made.name = name();
    for (skip_space(); text_[at_] != '>' && text_[at_] != '/'; skip_space()) {
      const std::string key = name();
      skip_space();
      ++at_;  // =
      skip_space();
      const char quote = text_[at_++];
      const std::size_t end = text_.find(quote, at_);
      made.attributes[key] = decoded(text_.substr(at_, end - at_));
      at_ = end + 1;
    }
    if (text_[at_] == '/') {
      at_ += 2;
      return made;
    }
    ++at_;
    while (true) {
      const std::size_t next = text_.find('<', at_);
      made.text += decoded(text_.substr(at_, next - at_));
      at_ = next;
      if (text_[at_ + 1] == '/') {
        at_ = text_.find('>', at_) + 1;
        return made;
      }
      if (text_[at_ + 1] == '!' || text_[at_ + 1] == '?') {
        skip_declaration();
      } else {
        made.children.push_back(element());
      }
    }
  }

  const std::string& text_;
  std::size_t at_ = 0;
};

rdf::Term literal(const std::string& text, const std::string& datatype,
                  const std::string& language) {
  if (!language.empty()) {
    rdf::Term made = rdf::Term::literal(text, std::string(rdf::langString.iri));
    made.language = language;
    return made;
  }
  return rdf::Term::literal(text, datatype.empty() ? std::string(xsd::string.iri) : datatype);
}

/// The RDF/XML that the suites use: node elements, property elements, parseType="Resource".
class RdfXml {
 public:
  RdfXml(const std::string& text, std::string base) : base_(std::move(base)) {
    const Element root = Xml(text).document();
    spaces(root);
    for (const Element& each : root.children) node(each);
  }
  rdf::Dataset graph;

 private:
  void spaces(const Element& element) {
    for (const auto& [key, value] : element.attributes) {
      if (key == "xmlns") spaces_[""] = value;
      if (key.starts_with("xmlns:")) spaces_[key.substr(6)] = value;
    }
  }
  std::string expanded(const std::string& name) const {
    const std::size_t colon = name.find(':');
    const bool prefixed = colon != std::string::npos;
    return spaces_.at(prefixed ? name.substr(0, colon) : "") +
           (prefixed ? name.substr(colon + 1) : name);
  }
  rdf::Term fresh() { return rdf::Term::blank("x" + std::to_string(++blanks_)); }
  rdf::Term node(const Element& element) {
    spaces(element);
    rdf::Term subject = fresh();
    if (element.attributes.contains("rdf:about")) {
      subject = rdf::Term::iri(rdf::resolve_iri(base_, element.attribute("rdf:about")));
    } else if (element.attributes.contains("rdf:nodeID")) {
      subject = rdf::Term::blank(element.attribute("rdf:nodeID"));
    }
    const std::string type = expanded(element.name);
    if (type != std::string(QP_NAMESPACE_rdf) + "Description") {
      graph.push_back(
          {subject, rdf::Term::iri(std::string(rdf::type.iri)), rdf::Term::iri(type), rdf::Term()});
    }
    properties(element, subject);
    return subject;
  }
  void properties(const Element& element, const rdf::Term& subject) {
    for (const Element& each : element.children) {
      spaces(each);
      rdf::Term object;
      if (each.attribute("rdf:parseType") == "Resource") {
        object = fresh();
        properties(each, object);
      } else if (each.attributes.contains("rdf:resource")) {
        object = rdf::Term::iri(rdf::resolve_iri(base_, each.attribute("rdf:resource")));
      } else if (each.attributes.contains("rdf:nodeID")) {
        object = rdf::Term::blank(each.attribute("rdf:nodeID"));
      } else if (!each.children.empty()) {
        object = node(each.children[0]);
      } else {
        object = literal(each.text, each.attribute("rdf:datatype"), each.attribute("xml:lang"));
      }
      graph.push_back({subject, rdf::Term::iri(expanded(each.name)), object, rdf::Term()});
    }
  }

  std::string base_;
  std::map<std::string, std::string> spaces_;
  int blanks_ = 0;
};

/// A result set in the vocabulary of DAWG, if `graph` is one.
std::optional<ExpectedAnswer> result_set(const rdf::Dataset& graph) {
  static const std::string kSet = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#";
  std::map<rdf::Term, std::map<std::string, std::vector<rdf::Term>>> values;
  std::optional<rdf::Term> root;
  for (const rdf::Quad& quad : graph) {
    if (quad.o.value == kSet + "ResultSet") root = quad.s;
    if (quad.p.value.starts_with(kSet)) {
      values[quad.s][quad.p.value.substr(kSet.size())].push_back(quad.o);
    }
  }
  if (!root) return std::nullopt;
  ExpectedAnswer made;
  auto& set = values[*root];
  if (set.contains("boolean")) {
    made.kind = ExpectedAnswer::Kind::Boolean;
    made.boolean = set["boolean"][0].value == "true";
    return made;
  }
  for (const rdf::Term& name : set["resultVariable"]) made.names.push_back(name.value);
  std::vector<std::pair<int, ExpectedAnswer::Row>> rows;
  for (const rdf::Term& solution : set["solution"]) {
    auto& parts = values[solution];
    int index = 0;
    if (parts.contains("index")) {
      index = std::stoi(parts["index"][0].value);
      made.ordered = true;
    }
    ExpectedAnswer::Row row;
    for (const rdf::Term& binding : parts["binding"]) {
      row[values[binding]["variable"][0].value] = values[binding]["value"][0];
    }
    rows.emplace_back(index, std::move(row));
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [index, row] : rows) made.rows.push_back(std::move(row));
  return made;
}

bool same_value(const rdf::Term& a, const rdf::Term& b) {
  if (rdf::same_term(a, b)) return true;
  if (a.kind != rdf::TermKind::Literal || b.kind != a.kind || a.datatype != b.datatype)
    return false;
  const sparql::Value x = sparql::Value::of(a), y = sparql::Value::of(b);
  if (!x.is_numeric() || !y.is_numeric()) return false;
  if (sparql::equals(x, y) == true) return true;
  if (x.kind() != sparql::Value::Kind::Double && x.kind() != sparql::Value::Kind::Float)
    return false;
  return std::abs(x.as_double() - y.as_double()) <= 1e-6 * std::abs(x.as_double());
}

/// Finds a row for each, with backtracking for what blank nodes stand for.
class Matcher {
 public:
  Matcher(const std::vector<ExpectedAnswer::Row>& a, const std::vector<ExpectedAnswer::Row>& b)
      : a_(a), b_(b), used_(b.size(), false) {}

  bool run(bool in_order) {
    in_order_ = in_order;
    return match(0);
  }

 private:
  bool match(std::size_t at) {
    if (at == a_.size()) return true;
    for (std::size_t i = in_order_ ? at : 0; i < (in_order_ ? at + 1 : b_.size()); ++i) {
      if (used_[i]) continue;
      const auto forward = forward_;
      const auto backward = backward_;
      if (same(a_[at], b_[i])) {
        used_[i] = true;
        if (match(at + 1)) return true;
        used_[i] = false;
      }
      forward_ = forward;
      backward_ = backward;
    }
    return false;
  }
  bool same(const ExpectedAnswer::Row& a, const ExpectedAnswer::Row& b) {
    if (a.size() != b.size()) return false;
    for (const auto& [name, term] : a) {
      const auto other = b.find(name);
      if (other == b.end()) return false;
      const rdf::Term& found = other->second;
      if (term.kind != rdf::TermKind::Blank) {
        if (!same_value(term, found)) return false;
        continue;
      }
      if (found.kind != rdf::TermKind::Blank) return false;
      const auto [there, is_new] = forward_.try_emplace(term.value, found.value);
      if (there->second != found.value) return false;
      const auto [back, is_back_new] = backward_.try_emplace(found.value, term.value);
      if (back->second != term.value) return false;
    }
    return true;
  }

  const std::vector<ExpectedAnswer::Row>&a_, &b_;
  std::vector<bool> used_;
  std::map<std::string, std::string> forward_, backward_;
  bool in_order_ = false;
};

}  // namespace

rdf::Dataset read_rdf(const std::filesystem::path& file, const std::string& base) {
  const std::string text = read_file(file);
  if (file.extension() == ".rdf") return RdfXml(text, base).graph;
  const auto read = rdf::parse_quads(text, rdf::Syntax::Turtle, base);
  REQUIRE_MESSAGE(read.has_value(), file);
  return *read;
}

ExpectedAnswer parse_srx(const std::string& text) {
  const Element root = Xml(text).document();
  ExpectedAnswer made;
  if (const Element* boolean = root.child("boolean")) {
    made.kind = ExpectedAnswer::Kind::Boolean;
    made.boolean = boolean->text.find("true") != std::string::npos;
    return made;
  }
  for (const Element& each : root.child("head")->children) {
    if (each.name == "variable") made.names.push_back(each.attribute("name"));
  }
  for (const Element& result : root.child("results")->children) {
    ExpectedAnswer::Row row;
    for (const Element& binding : result.children) {
      const Element& value = binding.children.at(0);
      row[binding.attribute("name")] =
          value.name == "uri" ? rdf::Term::iri(value.text)
          : value.name == "bnode"
              ? rdf::Term::blank(value.text)
              : literal(value.text, value.attribute("datatype"), value.attribute("xml:lang"));
    }
    made.rows.push_back(std::move(row));
  }
  return made;
}

ExpectedAnswer parse_srj(const std::string& text) {
  const auto root = nlohmann::json::parse(text);
  ExpectedAnswer made;
  if (root.contains("boolean")) {
    made.kind = ExpectedAnswer::Kind::Boolean;
    made.boolean = root["boolean"].get<bool>();
    return made;
  }
  for (const auto& name : root["head"]["vars"]) made.names.push_back(name.get<std::string>());
  for (const auto& binding : root["results"]["bindings"]) {
    ExpectedAnswer::Row row;
    for (const auto& [name, value] : binding.items()) {
      const std::string type = value["type"], spelling = value["value"];
      row[name] = type == "uri" ? rdf::Term::iri(spelling)
                  : type == "bnode"
                      ? rdf::Term::blank(spelling)
                      : literal(spelling, value.value("datatype", ""), value.value("xml:lang", ""));
    }
    made.rows.push_back(std::move(row));
  }
  return made;
}

static std::vector<std::vector<std::string>> cells_of(const std::string& text, char between) {
  std::vector<std::vector<std::string>> lines(1, {""});
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
        lines.back().back() += text[++i];
      } else if (c == '"') {
        quoted = false;
      } else {
        lines.back().back() += c;
      }
    } else if (c == '"' && between == ',') {
      quoted = true;
    } else if (c == between) {
      lines.back().emplace_back();
    } else if (c == '\n') {
      lines.push_back({""});
    } else if (c != '\r') {
      lines.back().back() += c;
    }
  }
  if (lines.back().size() == 1 && lines.back()[0].empty()) lines.pop_back();
  return lines;
}

ExpectedAnswer parse_csv(const std::string& text) {
  const auto lines = cells_of(text, ',');
  ExpectedAnswer made;
  made.names = lines.at(0);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    ExpectedAnswer::Row row;
    for (std::size_t j = 0; j < made.names.size(); ++j) {
      const std::string& cell = lines[i].at(j);
      if (cell.empty()) continue;
      row[made.names[j]] = cell.starts_with("_:") ? rdf::Term::blank(cell) : literal(cell, "", "");
    }
    made.rows.push_back(std::move(row));
  }
  return made;
}

ExpectedAnswer parse_tsv(const std::string& text) {
  const auto lines = cells_of(text, '\t');
  ExpectedAnswer made;
  for (const std::string& name : lines.at(0)) made.names.push_back(name.substr(1));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    ExpectedAnswer::Row row;
    for (std::size_t j = 0; j < made.names.size(); ++j) {
      if (lines[i].at(j).empty()) continue;
      const auto term = rdf::parse_quads("<x:s> <x:p> " + lines[i][j] + " .", rdf::Syntax::Turtle);
      REQUIRE_MESSAGE(term.has_value(), lines[i][j]);
      row[made.names[j]] = term->at(0).o;
    }
    made.rows.push_back(std::move(row));
  }
  return made;
}

ExpectedAnswer read_answer(const std::filesystem::path& file, const std::string& base) {
  const std::string extension = file.extension();
  const std::string text = read_file(file);
  if (extension == ".srx") return parse_srx(text);
  if (extension == ".srj") return parse_srj(text);
  if (extension == ".csv") return parse_csv(text);
  if (extension == ".tsv") return parse_tsv(text);
  ExpectedAnswer made;
  made.graph = read_rdf(file, base);
  if (const auto set = result_set(made.graph)) return *set;
  made.kind = ExpectedAnswer::Kind::Graph;
  return made;
}

bool same_rows(const ExpectedAnswer& expected, const ExpectedAnswer& found, bool in_order,
               bool lax_cardinality) {
  if (!lax_cardinality) {
    if (expected.rows.size() != found.rows.size()) return false;
    return Matcher(expected.rows, found.rows).run(in_order);
  }
  // REDUCED: each expected row, at least once and at most as often.
  const auto without_repeats = [](std::vector<ExpectedAnswer::Row> rows) {
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    return rows;
  };
  const auto a = without_repeats(expected.rows), b = without_repeats(found.rows);
  return a.size() == b.size() && found.rows.size() <= expected.rows.size() &&
         Matcher(a, b).run(false);
}

}  // namespace qp::tests
