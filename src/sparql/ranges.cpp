#include "sparql/ranges.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "rdf/term_id.hpp"
#include "sparql/value.hpp"
#include "vocab/terms.hpp"

namespace qp::sparql {

namespace {

/// Milliseconds, or a number, with room for what rounding may lose.
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

TermId id_in(rdf::TermClass kind, std::uint64_t payload) {
  return static_cast<TermId>(static_cast<std::uint64_t>(kind) << rdf::kClassShift | payload);
}

IdRange whole(rdf::TermClass kind) {
  const auto next = static_cast<rdf::TermClass>(static_cast<int>(kind) + 1);
  return {id_in(kind, 0), id_in(next, 0)};
}

/// `value` * scale + bias, kept inside of what a payload holds.
std::uint64_t payload_of(double value, double scale, double bias, int shift) {
  static constexpr double kMost = 1.1e18;  // below 2^60
  const double scaled = std::clamp((value * scale + bias) * (1 << shift), 0.0, kMost);
  return static_cast<std::uint64_t>(scaled);
}

IdRange between(rdf::TermClass kind, const Bounds& bounds, double scale, double bias, int shift) {
  IdRange made = whole(kind);
  // A double has 53 bits: what is near enough to a bound to be unsure stays in.
  const auto slack = [](double bound) { return 1 + std::fabs(bound) * 1e-9; };
  if (std::isfinite(bounds.low)) {
    made.from = id_in(kind, payload_of(bounds.low - slack(bounds.low), scale, bias, shift));
  }
  if (std::isfinite(bounds.high)) {
    made.below = std::min(
        made.below, id_in(kind, payload_of(bounds.high + slack(bounds.high), scale, bias, shift)));
  }
  return made;
}

struct Comparison {
  Op op;
  Value constant;
};

std::optional<Comparison> comparison_of(Variable variable, const Expression& filter) {
  if (filter.op < Op::Equal || filter.op > Op::GreaterOrEqual || filter.op == Op::NotEqual) {
    return std::nullopt;
  }
  const Expression &a = filter.arguments[0], &b = filter.arguments[1];
  if (a.op == Op::Variable && a.variable == variable && b.op == Op::Constant) {
    return Comparison{filter.op, Value::of(b.term)};
  }
  if (b.op != Op::Variable || b.variable != variable || a.op != Op::Constant) return std::nullopt;
  const Value constant = Value::of(a.term);
  switch (filter.op) {
    case Op::Less:
      return Comparison{Op::Greater, constant};
    case Op::Greater:
      return Comparison{Op::Less, constant};
    case Op::LessOrEqual:
      return Comparison{Op::GreaterOrEqual, constant};
    case Op::GreaterOrEqual:
      return Comparison{Op::LessOrEqual, constant};
    default:
      return Comparison{Op::Equal, constant};
  }
}

using Terms = std::pair<Variable, std::vector<const rdf::Term*>>;

/// Adds what `filter` says. False: it says something else, or of another variable.
bool add_terms(const Expression& filter, std::optional<Variable>& variable, Terms& out) {
  const auto add = [&](const Expression& named, const Expression& constant) {
    if (named.op != Op::Variable || constant.op != Op::Constant) return false;
    const rdf::Term& term = constant.term;
    const bool is_text = term.kind == rdf::TermKind::Literal && term.language.empty() &&
                         (term.datatype.empty() || term.datatype == xsd::string.iri);
    if (term.kind != rdf::TermKind::Iri && !is_text) return false;
    if (variable && *variable != named.variable) return false;
    variable = out.first = named.variable;
    out.second.push_back(&term);
    return true;
  };
  const std::vector<Expression>& given = filter.arguments;
  switch (filter.op) {
    case Op::Equal:
      return add(given[0], given[1]) || add(given[1], given[0]);
    case Op::In:
      return std::all_of(given.begin() + 1, given.end(),
                         [&](const Expression& each) { return add(given[0], each); });
    case Op::Or:
      return std::all_of(given.begin(), given.end(),
                         [&](const Expression& each) { return add_terms(each, variable, out); });
    default:
      return filter.op == Op::Call && filter.builtin == Builtin::SameTerm &&
             (add(given[0], given[1]) || add(given[1], given[0]));
  }
}

}  // namespace

std::optional<Terms> terms_of(const Expression& filter) {
  Terms made;
  std::optional<Variable> variable;
  if (!add_terms(filter, variable, made) || !variable) return std::nullopt;
  return made;
}

Result<std::vector<IdRange>> ranges_of(
    Variable variable, const std::vector<Expression>& filters,
    const std::function<Result<TermId>(const rdf::Term&)>& id_of) {
  for (const Expression& filter : filters) {
    const auto terms = terms_of(filter);
    if (!terms || terms->first != variable || terms->second.size() == 1) continue;
    std::vector<IdRange> made;
    for (const rdf::Term* term : terms->second) {
      const TermId id = QP_TRY(id_of(*term));
      made.push_back({id, static_cast<TermId>(number(id) + 1)});
    }
    std::sort(made.begin(), made.end(),
              [](const IdRange& a, const IdRange& b) { return a.from < b.from; });
    const auto same = [](const IdRange& a, const IdRange& b) { return a.from == b.from; };
    made.erase(std::unique(made.begin(), made.end(), same), made.end());
    return made;
  }
  std::optional<Bounds> numbers, times;
  for (const Expression& filter : filters) {
    const auto found = comparison_of(variable, filter);
    if (!found) continue;
    const bool number = found->constant.is_numeric();
    if (!number && found->constant.kind() != Value::Kind::DateTime) continue;
    double at = 0, unsure = 0;
    if (number) {
      at = found->constant.as_double();
      if (!std::isfinite(at)) continue;
    } else {
      const DateTime& time = found->constant.as_date_time();
      const bool zoned = time.zone != DateTime::kNoZone;
      at = static_cast<double>(time.micros) / 1000 - (zoned ? time.zone * 60'000.0 : 0);
      unsure = zoned ? 0 : 14 * 3'600'000.0;
    }
    Bounds& bounds =
        (number ? numbers : times).emplace((number ? numbers : times).value_or(Bounds()));
    if (found->op != Op::Less && found->op != Op::LessOrEqual) {
      bounds.low = std::max(bounds.low, at - unsure);
    }
    if (found->op != Op::Greater && found->op != Op::GreaterOrEqual) {
      bounds.high = std::min(bounds.high, at + unsure);
    }
  }
  static constexpr double kNumberBias = 576460752303423488.0;  // 2^59
  static constexpr double kTimeBias = 140737488355328.0;       // 2^47
  std::vector<IdRange> made;
  if (numbers && times) return made;  // nothing passes, which the filters find out
  if (!numbers && !times) return made;
  made.push_back(whole(rdf::TermClass::Typed));
  if (numbers) {
    made.push_back(between(rdf::TermClass::Integer, *numbers, 1, kNumberBias, 0));
    made.push_back(between(rdf::TermClass::Decimal, *numbers, 1e6, kNumberBias, 0));
  } else {
    made.push_back(between(rdf::TermClass::DateTime, *times, 1, kTimeBias, 2));
  }
  return made;
}

}  // namespace qp::sparql
