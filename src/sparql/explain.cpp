#include <cmath>
#include <cstdio>

#include "base/json.hpp"
#include "sparql/results.hpp"

namespace qp::sparql {

static std::string rounded(double rows) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer,
                rows < 10 && rows != static_cast<int>(rows) ? "%.1f" : "%.0f", rows);
  return buffer;
}

static std::string milliseconds(std::uint64_t nanos) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.3f", static_cast<double>(nanos) / 1e6);
  return buffer;
}

static void add_lines(const Operator& step, std::size_t depth, bool estimates, bool ran,
                      std::string& out) {
  const Operator::Report& report = step.report();
  out.append(depth * 2, ' ') += report.name;
  if (!report.detail.empty()) out += "  " + report.detail;
  if (estimates) out += "  ~" + rounded(report.estimate) + " rows";
  if (ran)
    out += "  = " + std::to_string(report.rows) + " rows in " + milliseconds(report.nanos) + " ms";
  out += "\n";
  for (const Operator* input : step.inputs()) add_lines(*input, depth + 1, estimates, ran, out);
}

std::string explain(const Execution& execution, bool estimates, bool ran) {
  std::string made;
  add_lines(execution.plan(), 0, estimates, ran, made);
  return made;
}

static json::Value as_json(const Operator& step, bool estimates, bool ran, json::Arena& arena) {
  const Operator::Report& report = step.report();
  const json::Value made = json::Value::object(arena);
  made.set(arena, "operator", json::Value::string(report.name));
  if (!report.detail.empty()) made.set(arena, "detail", json::Value::string(report.detail));
  if (estimates) {
    made.set(arena, "estimate", json::Value::number(arena, std::llround(report.estimate)));
  }
  if (ran) {
    made.set(arena, "rows", json::Value::number(arena, static_cast<std::int64_t>(report.rows)));
    made.set(arena, "time_us",
             json::Value::number(arena, static_cast<std::int64_t>(report.nanos / 1000)));
  }
  const auto inputs = step.inputs();
  if (inputs.empty()) return made;
  const json::Value list = json::Value::array(arena, inputs.size());
  for (const Operator* input : inputs) {
    list.push_back(arena, as_json(*input, estimates, ran, arena));
  }
  made.set(arena, "inputs", list);
  return made;
}

std::string explain_json(const Execution& execution, bool estimates, bool ran) {
  json::Arena arena;
  return json::to_text(as_json(execution.plan(), estimates, ran, arena), 2) + "\n";
}

}  // namespace qp::sparql
