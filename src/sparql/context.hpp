#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "sparql/ast.hpp"
#include "sparql/deadline.hpp"
#include "sparql/regex.hpp"
#include "sparql/term_table.hpp"
#include "sparql/value.hpp"

namespace qp::sparql {

/// How much one query may take. Checked in every operator.
struct Limits {
  std::chrono::milliseconds time = limits::kSparqlTime;
  std::uint64_t rows = limits::kSparqlRows;                  ///< of the answer
  std::uint64_t intermediate = limits::kSparqlIntermediate;  ///< rows between operators
  std::uint64_t memory = limits::kSparqlMemory;              ///< bytes that operators hold
  std::uint64_t frontier = limits::kSparqlFrontier;          ///< nodes that one path reaches
  static constexpr std::size_t kBatch = 1024;
  std::size_t batch = kBatch;  ///< rows that an operator makes at a time, about; a test wants few
};

/// What everything that runs for one query shares. Belongs to the thread that runs it.
class Context {
 public:
  Context(const store::Txn& txn, const Limits& limits, Millis now, const Deadline& deadline)
      : terms(txn), limits_(limits), now_(now), deadline_(deadline) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  TermTable terms;
  std::string base;

  /// Fails when the time is over, or when something that has no Result of its own failed.
  Result<void> check();
  /// As `check`, but looks at the clock only every so often.
  Result<void> tick(std::size_t steps = 1) {
    steps_ += steps;
    if (steps_ < kStepsBetweenLooks) return {};
    steps_ = 0;
    return check();
  }
  /// For where no Result can be returned: the next tick counts these too.
  void spend(std::size_t steps) { steps_ += steps; }
  /// Rows that went from one operator to the next.
  Result<void> count_rows(std::size_t rows);
  /// Operators take and give back memory; the peak is what `limits.memory` bounds.
  Result<void> take_memory(std::size_t bytes);
  void give_memory(std::size_t bytes) { memory_ -= bytes; }
  std::uint64_t peak_memory() const { return peak_; }
  /// For where no Result can be returned: the next check gives it.
  void fail(Error error) {
    if (!failure_) failure_ = std::move(error);
  }
  const Limits& limits() const { return limits_; }
  const Deadline& deadline() const { return deadline_; }

  Value value(TermId id);
  /// None for a value that is None.
  TermId id_of(const Value& value);

  DateTime now() const;
  std::shared_ptr<const Regex> regex(std::string_view pattern, std::string_view flags);

  /// BNODE(label) gives one blank node in one solution.
  void next_solution() { blanks_.clear(); }
  TermId blank(const std::string& label);

  /// Whether the pattern of an EXISTS has a solution with these bindings. Set by the planner.
  using Exists = std::function<bool(const Expression& expression, std::span<const Variable> columns,
                                    const TermId* row)>;
  Exists exists;

 private:
  static constexpr std::size_t kStepsBetweenLooks = 4096;

  Limits limits_;
  Millis now_;
  Deadline deadline_;
  std::size_t steps_ = 0;
  std::uint64_t intermediate_ = 0, memory_ = 0, peak_ = 0;
  std::optional<Error> failure_;
  std::unordered_map<std::string, TermId> blanks_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const Regex>> regexes_;
};

/// Memory of one operator: grows by `set`, goes back when it dies.
class Held {
 public:
  explicit Held(Context& context) : context_(context) {}
  ~Held() { context_.give_memory(bytes_); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  Result<void> add(std::size_t bytes) {
    bytes_ += bytes;
    return context_.take_memory(bytes);
  }
  void clear() {
    context_.give_memory(bytes_);
    bytes_ = 0;
  }

 private:
  Context& context_;
  std::size_t bytes_ = 0;
};

}  // namespace qp::sparql
