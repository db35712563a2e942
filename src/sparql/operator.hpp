#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sparql/context.hpp"

namespace qp::sparql {

/// Rows of ids, one after the other; None: unbound.
struct Batch {
  static constexpr std::size_t kRows = Limits::kBatch;
  static constexpr std::size_t kFirstRows = 16;

  std::size_t width = 0, rows = 0;
  std::size_t most = kRows;  ///< that are asked for
  std::vector<TermId> cells;

  void clear(std::size_t columns) {
    width = columns;
    rows = 0;
    cells.clear();
  }
  const TermId* row(std::size_t i) const { return cells.data() + i * width; }
  TermId* row(std::size_t i) { return cells.data() + i * width; }
  TermId* add() {
    cells.resize(cells.size() + width, TermId::None);
    return row(rows++);
  }
  TermId* add(const TermId* from, std::size_t count) {
    TermId* to = add();
    std::copy(from, from + count, to);
    return to;
  }
  void drop_last() {
    --rows;
    cells.resize(cells.size() - width);
  }
  bool full() const { return rows >= most; }
};

/// The columns of an operator's rows.
struct Columns {
  std::vector<Variable> variables;
  std::vector<bool> certain;  ///< no row leaves it unbound

  static constexpr std::size_t kNone = ~std::size_t{0};
  std::size_t find(Variable variable) const;
  bool has(Variable variable) const { return find(variable) != kNone; }
  bool is_certain(Variable variable) const {
    const std::size_t at = find(variable);
    return at != kNone && certain[at];
  }
  void add(Variable variable, bool is_certain) {
    variables.push_back(variable);
    certain.push_back(is_certain);
  }
  std::size_t size() const { return variables.size(); }
};

/// A step of a plan: makes rows, a batch at a time, from those of its inputs. The first batches are
/// small and each is larger than the one before it: perhaps a LIMIT needs no more than these.
///
/// Where it is fed (see Feed) an operator is asked again after its end, and goes on with what its
/// input has then.
class Operator {
 public:
  explicit Operator(Context& context)
      : context_(context), size_(std::min(Batch::kFirstRows, context.limits().batch)) {}
  virtual ~Operator() { context_.give_memory(given_bytes_); }
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;

  /// Fills `out` anew. False: that was the end, `out` is empty.
  Result<bool> next(Batch& out);

  const Columns& columns() const { return columns_; }

  /// The rows come in the order of the ids of this column. Said by the planner.
  std::optional<Variable> sorted_by;

  /// For EXPLAIN.
  struct Report {
    std::string name, detail;
    double estimate = 0;  ///< rows
    std::uint64_t rows = 0;
    std::uint64_t nanos = 0;  ///< with those of its inputs
  };
  const Report& report() const { return report_; }
  Report& report() { return report_; }
  std::vector<const Operator*> inputs() const;
  /// Whether its rows come from a Feed above it: they go on after their end, so that nothing may
  /// read them once and for all.
  virtual bool is_fed() const;

 protected:
  virtual Result<void> fill(Batch& out) = 0;
  Operator& input(std::size_t i = 0) { return *inputs_[i]; }
  const Operator& input(std::size_t i = 0) const { return *inputs_[i]; }

  Context& context_;
  Columns columns_;
  std::vector<std::unique_ptr<Operator>> inputs_;

 private:
  Report report_;
  std::size_t size_;             ///< of the next batch
  std::size_t given_bytes_ = 0;  ///< of the last one
};
using OperatorPtr = std::unique_ptr<Operator>;

/// The rows of a batch that another operator sets, once. Its last column is the number of the row.
class Feed : public Operator {
 public:
  Feed(Context& context, const Columns& columns, Variable row_number);
  void give(const Batch& batch) { given_ = &batch; }
  bool is_fed() const override { return true; }

 private:
  Result<void> fill(Batch& out) override;
  const Batch* given_ = nullptr;
};

}  // namespace qp::sparql
