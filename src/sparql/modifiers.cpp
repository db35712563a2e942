#include "sparql/modifiers.hpp"

#include <algorithm>
#include <deque>
#include <limits>
#include <numeric>

#include "sparql/row_set.hpp"

namespace qp::sparql {

namespace {

std::vector<Compiled> compiled(const std::vector<Expression>& expressions, const Columns& columns,
                               Context& context) {
  std::vector<Compiled> made;
  made.reserve(expressions.size());
  for (const Expression& each : expressions) {
    made.push_back(Compiled::make(each, columns.variables, context));
  }
  return made;
}

/// Of a row with expressions, beside what functions of long texts say themselves.
constexpr std::size_t kStepsOfARow = 64;

class Filter : public Operator {
 public:
  Filter(Context& context, OperatorPtr input, std::vector<Expression> expressions)
      : Operator(context), expressions_(std::move(expressions)) {
    columns_ = input->columns();
    compiled_ = compiled(expressions_, columns_, context);
    inputs_.push_back(std::move(input));
    report().name = "filter";
  }

 private:
  Result<void> fill(Batch& out) override {
    while (out.rows == 0) {
      if (!QP_TRY(input().next(rows_))) return {};
      for (std::size_t i = 0; i < rows_.rows; ++i) {
        const TermId* row = rows_.row(i);
        const bool holds = std::all_of(compiled_.begin(), compiled_.end(),
                                       [row](const Compiled& each) { return each.holds(row); });
        if (holds) out.add(row, rows_.width);
        QP_TRY(context_.tick(kStepsOfARow * compiled_.size()));
      }
    }
    return {};
  }
  std::vector<Expression> expressions_;
  std::vector<Compiled> compiled_;
  Batch rows_;
};

class Extend : public Operator {
 public:
  Extend(Context& context, OperatorPtr input, std::vector<Variable> variables,
         std::vector<Expression> expressions)
      : Operator(context), expressions_(std::move(expressions)) {
    columns_ = input->columns();
    for (std::size_t i = 0; i < variables.size(); ++i) {
      if (!columns_.has(variables[i])) columns_.add(variables[i], false);
      slots_.push_back(columns_.find(variables[i]));
    }
    compiled_ = compiled(expressions_, columns_, context);
    inputs_.push_back(std::move(input));
    report().name = "bind";
  }

 private:
  Result<void> fill(Batch& out) override {
    if (!QP_TRY(input().next(rows_))) return {};
    for (std::size_t i = 0; i < rows_.rows; ++i) {
      TermId* row = out.add(rows_.row(i), rows_.width);
      context_.next_solution();
      for (std::size_t j = 0; j < slots_.size(); ++j) row[slots_[j]] = compiled_[j].id(row);
      QP_TRY(context_.tick(kStepsOfARow * slots_.size()));
    }
    return context_.check();
  }
  std::vector<Expression> expressions_;
  std::vector<Compiled> compiled_;
  std::vector<std::size_t> slots_;
  Batch rows_;
};

class Project : public Operator {
 public:
  Project(Context& context, OperatorPtr input, std::span<const Variable> variables,
          std::span<const Variable> names)
      : Operator(context) {
    for (std::size_t i = 0; i < variables.size(); ++i) {
      columns_.add(names[i], input->columns().is_certain(variables[i]));
      from_.push_back(input->columns().find(variables[i]));
    }
    inputs_.push_back(std::move(input));
    report().name = "columns";
  }

 private:
  Result<void> fill(Batch& out) override {
    if (!QP_TRY(input().next(rows_))) return {};
    for (std::size_t i = 0; i < rows_.rows; ++i) {
      TermId* row = out.add();
      for (std::size_t j = 0; j < from_.size(); ++j) {
        if (from_[j] != Columns::kNone) row[j] = rows_.row(i)[from_[j]];
      }
    }
    return {};
  }
  std::vector<std::size_t> from_;
  Batch rows_;
};

/// The rows that came, counted as memory that the query holds.
class Seen {
 public:
  Seen(Context& context, std::size_t width)
      : context_(context), width_(width), rows_(width), held_(context) {}

  /// Adds to `out` those of `rows` that did not come before.
  Result<void> keep_new(const Batch& rows, Batch& out) {
    QP_TRY(rows_.make_room(rows.rows, context_));
    for (std::size_t i = 0; i < rows.rows; ++i) {
      if (rows_.add(rows.row(i)).second) out.add(rows.row(i), rows.width);
    }
    QP_TRY(held_.add(rows_.bytes() - counted_));
    counted_ = rows_.bytes();
    return {};
  }

  void forget() {
    rows_ = RowSet(width_);
    held_.clear();
    counted_ = 0;
  }

  std::size_t size() const { return rows_.size(); }
  std::size_t bytes() const { return rows_.bytes(); }

 private:
  Context& context_;
  std::size_t width_;
  RowSet rows_;
  Held held_;
  std::size_t counted_ = 0;
};

class Distinct : public Operator {
 public:
  Distinct(Context& context, OperatorPtr input)
      : Operator(context), seen_(context, input->columns().size()) {
    columns_ = input->columns();
    inputs_.push_back(std::move(input));
    report().name = "distinct";
  }

 private:
  Result<void> fill(Batch& out) override {
    while (out.rows == 0) {
      if (!QP_TRY(input().next(rows_))) return {};
      QP_TRY(seen_.keep_new(rows_, out));
    }
    return {};
  }
  Seen seen_;
  Batch rows_;
};

class Reduced : public Operator {
 public:
  Reduced(Context& context, OperatorPtr input)
      : Operator(context), seen_(context, input->columns().size()) {
    columns_ = input->columns();
    inputs_.push_back(std::move(input));
    report().name = "fewer";
  }

 private:
  Result<void> fill(Batch& out) override {
    static constexpr std::size_t kTrial = 8192, kMostBytes = 16 * limits::kMiB;
    while (out.rows == 0) {
      if (!QP_TRY(input().next(rows_))) return {};
      taken_ += rows_.rows;
      const bool few_repeat = taken_ > kTrial && seen_.size() > taken_ / 4 * 3;
      if (!gives_up_ && (few_repeat || seen_.bytes() > kMostBytes)) {
        gives_up_ = true;
        seen_.forget();
      }
      if (gives_up_) {
        std::swap(out, rows_);
        return {};
      }
      QP_TRY(seen_.keep_new(rows_, out));
    }
    return {};
  }
  Seen seen_;
  std::size_t taken_ = 0;
  bool gives_up_ = false;
  Batch rows_;
};

class Slice : public Operator {
 public:
  Slice(Context& context, OperatorPtr input, std::uint64_t offset,
        std::optional<std::uint64_t> limit)
      : Operator(context),
        skip_(offset),
        left_(limit.value_or(std::numeric_limits<std::uint64_t>::max())) {
    columns_ = input->columns();
    inputs_.push_back(std::move(input));
    report().name = "slice";
    if (offset != 0) report().detail = "from " + std::to_string(offset + 1);
    if (limit) report().detail += (offset != 0 ? ", " : "") + std::to_string(*limit) + " rows";
  }

 private:
  Result<void> fill(Batch& out) override {
    while (out.rows == 0 && left_ != 0) {
      if (!QP_TRY(input().next(rows_))) return {};
      for (std::size_t i = 0; i < rows_.rows && left_ != 0; ++i) {
        if (skip_ != 0) {
          --skip_;
          continue;
        }
        --left_;
        out.add(rows_.row(i), rows_.width);
      }
    }
    return {};
  }
  std::uint64_t skip_, left_;
  Batch rows_;
};

class Sort : public Operator {
 public:
  Sort(Context& context, OperatorPtr input, std::vector<OrderKey> keys,
       std::optional<std::uint64_t> most, Lead lead)
      : Operator(context),
        keys_(std::move(keys)),
        most_(most),
        feed_(lead.feed),
        held_(context),
        values_held_(context) {
    columns_ = input->columns();
    for (const OrderKey& key : keys_) {
      compiled_.push_back(Compiled::make(key.expression, columns_.variables, context));
    }
    kept_.clear(columns_.size() + keys_.size());
    inputs_.push_back(std::move(input));
    if (lead.scan) inputs_.push_back(std::move(lead.scan));
    report().name = most ? "top" : "sort";
    if (most) report().detail = std::to_string(*most) + " rows";
    if (feed_) report().detail += ", in the order of an index";
  }

 private:
  Result<void> fill(Batch& out) override {
    if (!std::exchange(sorted_, true)) {
      if (most_ != 0) QP_TRY(feed_ ? collect_led() : collect());
      QP_TRY(sort());
    }
    for (; at_ < order_.size() && !out.full(); ++at_) {
      out.add(kept_.row(order_[at_]), columns_.size());
    }
    return {};
  }

  // A row is kept with the ids of its keys behind it.
  Result<void> collect() {
    static constexpr std::uint64_t kSlack = 4096;
    Batch rows;
    while (QP_TRY(input().next(rows))) {
      for (std::size_t i = 0; i < rows.rows; ++i) {
        TermId* row = kept_.add(rows.row(i), rows.width);
        for (std::size_t k = 0; k < keys_.size(); ++k) {
          const TermId id = compiled_[k].id(rows.row(i));
          row[columns_.size() + k] = id;
        }
        QP_TRY(context_.tick(kStepsOfARow * keys_.size()));
        // Not better than the worst of enough others.
        if (bar_ && !before(static_cast<std::uint32_t>(kept_.rows - 1), *bar_)) kept_.drop_last();
      }
      if (most_ && kept_.rows >= *most_ * 2 + kSlack) QP_TRY(shrink());
      QP_TRY(count_memory());
      QP_TRY(context_.check());
    }
    return {};
  }

  /// A batch of the scan at a time, until no later one can have a row among the first.
  Result<void> collect_led() {
    Batch led;
    while (QP_TRY(input(1).next(led))) {
      feed_->give(led);
      QP_TRY(collect());
      if (kept_.rows < *most_) continue;
      QP_TRY(shrink());
      const TermId best_to_come = compiled_[0].id(led.row(led.rows - 1));
      const int way = compare(kept_.row(*bar_)[columns_.size()], best_to_come);
      if (way != 0 && (way < 0) != keys_[0].descending) return {};
    }
    return {};
  }

  Result<void> count_memory() {
    const std::size_t bytes = kept_.cells.capacity() * sizeof(TermId);
    if (bytes > counted_) QP_TRY(held_.add(bytes - counted_));
    counted_ = std::max(counted_, bytes);
    return {};
  }

  // Merge sort from the bottom up, so that the time limit is looked at.
  Result<void> sort() {
    order_.resize(kept_.rows);
    std::iota(order_.begin(), order_.end(), 0U);
    std::vector<std::uint32_t> merged(order_.size());
    Held held(context_);
    QP_TRY(held.add(2 * order_.size() * sizeof(std::uint32_t)));
    const auto less = [this](std::uint32_t a, std::uint32_t b) { return before(a, b); };
    static constexpr std::size_t kRun = 1024;
    const std::size_t count = order_.size();
    const auto at = [this](std::size_t i) {
      return order_.begin() + static_cast<std::ptrdiff_t>(i);
    };
    for (std::size_t from = 0; from < count; from += kRun) {
      std::stable_sort(at(from), at(std::min(from + kRun, count)), less);
      QP_TRY(count_values());
    }
    for (std::size_t run = kRun; run < count; run *= 2) {
      for (std::size_t from = 0; from < count; from += 2 * run) {
        const std::size_t middle = std::min(from + run, count);
        const std::size_t end = std::min(from + 2 * run, count);
        std::size_t a = from, b = middle;
        for (std::size_t to = from; to < end; ++to) {
          const bool first = b == end || (a != middle && !before(order_[b], order_[a]));
          merged[to] = first ? order_[a++] : order_[b++];
          QP_TRY(context_.tick());
        }
      }
      std::swap(order_, merged);
    }
    if (most_ && order_.size() > *most_) order_.resize(*most_);
    return context_.check();
  }

  /// Keeps the first `most_` rows.
  Result<void> shrink() {
    QP_TRY(sort());
    Batch better;
    better.clear(kept_.width);
    for (const std::uint32_t i : order_) better.add(kept_.row(i), kept_.width);
    order_.clear();
    kept_ = std::move(better);
    if (kept_.rows == *most_) bar_ = static_cast<std::uint32_t>(kept_.rows - 1);
    return {};
  }

  bool before(std::uint32_t a, std::uint32_t b) {
    for (std::size_t k = 0; k < keys_.size(); ++k) {
      const int way = compare(kept_.row(a)[columns_.size() + k], kept_.row(b)[columns_.size() + k]);
      if (way != 0) return (way < 0) != keys_[k].descending;
    }
    return false;
  }

  int compare(TermId x, TermId y) {
    if (x == y) return 0;
    if (rdf::term_class(x) != rdf::term_class(y) || !is_by_value(rdf::term_class(x))) {
      return order(value(x), value(y));
    }
    // Sorted by value, but for the spelling of a zone.
    const bool same_time =
        rdf::term_class(x) == rdf::TermClass::DateTime && qp::number(x) >> 2 == qp::number(y) >> 2;
    return same_time ? 0 : (x < y ? -1 : 1);
  }

  const Value& value(TermId id) {
    const auto [number, is_new] = ids_.add(&id);
    if (is_new) values_.push_back(context_.value(id));
    return values_[number];
  }

  Result<void> count_values() {
    const std::size_t bytes = ids_.bytes() + values_.size() * sizeof(Value);
    if (bytes > values_counted_) QP_TRY(values_held_.add(bytes - values_counted_));
    values_counted_ = std::max(values_counted_, bytes);
    return context_.check();
  }

  std::vector<OrderKey> keys_;
  std::optional<std::uint64_t> most_;
  Feed* feed_;
  std::vector<Compiled> compiled_;
  Held held_, values_held_;
  Batch kept_;
  std::size_t counted_ = 0, values_counted_ = 0;
  std::vector<std::uint32_t> order_;
  std::optional<std::uint32_t> bar_;
  RowSet ids_{1};             ///< of keys that are compared by their value
  std::deque<Value> values_;  ///< theirs
  std::size_t at_ = 0;
  bool sorted_ = false;
};

}  // namespace

OperatorPtr make_filter(Context& context, OperatorPtr input, std::vector<Expression> expressions) {
  return std::make_unique<Filter>(context, std::move(input), std::move(expressions));
}
OperatorPtr make_extend(Context& context, OperatorPtr input, std::vector<Variable> variables,
                        std::vector<Expression> expressions) {
  return std::make_unique<Extend>(context, std::move(input), std::move(variables),
                                  std::move(expressions));
}
OperatorPtr make_project(Context& context, OperatorPtr input, std::span<const Variable> variables,
                         std::span<const Variable> names) {
  return std::make_unique<Project>(context, std::move(input), variables, names);
}
OperatorPtr make_distinct(Context& context, OperatorPtr input) {
  return std::make_unique<Distinct>(context, std::move(input));
}
OperatorPtr make_reduced(Context& context, OperatorPtr input) {
  return std::make_unique<Reduced>(context, std::move(input));
}
OperatorPtr make_slice(Context& context, OperatorPtr input, std::uint64_t offset,
                       std::optional<std::uint64_t> limit) {
  return std::make_unique<Slice>(context, std::move(input), offset, limit);
}
OperatorPtr make_sort(Context& context, OperatorPtr input, std::vector<OrderKey> keys,
                      std::optional<std::uint64_t> most, Lead lead) {
  return std::make_unique<Sort>(context, std::move(input), std::move(keys), most, std::move(lead));
}

bool is_by_value(rdf::TermClass kind) {
  return kind >= rdf::TermClass::Boolean && kind <= rdf::TermClass::DateTime;
}

}  // namespace qp::sparql
