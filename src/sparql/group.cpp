// GROUP BY and the aggregates, 18.5.1.
#include <algorithm>
#include <deque>

#include "sparql/modifiers.hpp"
#include "sparql/row_set.hpp"

namespace qp::sparql {

namespace {

/// What one aggregate knows of one group.
struct Sum {
  std::uint64_t count = 0;
  Value value;
  std::string text;
  bool failed = false;
};

constexpr std::size_t kStepsOfARow = 16;

class Grouping : public Operator {
 public:
  Grouping(Context& context, OperatorPtr input, std::vector<Variable> variables,
           std::vector<Expression> keys, std::vector<AggregateColumn> aggregates)
      : Operator(context),
        keys_(std::move(keys)),
        aggregates_(std::move(aggregates)),
        groups_(keys_.size()),
        held_(context) {
    const Columns& from = input->columns();
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      const bool plain = keys_[i].op == Op::Variable;
      columns_.add(variables[i], plain && from.is_certain(keys_[i].variable));
      compiled_keys_.push_back(Compiled::make(keys_[i], from.variables, context));
    }
    for (const AggregateColumn& each : aggregates_) {
      columns_.add(each.variable, each.aggregate->function == AggregateFunction::Count);
      std::optional<Compiled>& argument = arguments_.emplace_back();
      if (each.aggregate->argument) {
        argument = Compiled::make(*each.aggregate->argument, from.variables, context);
      }
      // Which values a group has seen: its number and the value, or (COUNT(DISTINCT *)) the row.
      const std::size_t width = each.aggregate->argument ? 1 : from.size();
      seen_.emplace_back(each.aggregate->distinct ? width + 1 : 1);
    }
    inputs_.push_back(std::move(input));
    report().name = "group";
  }

 private:
  Result<void> fill(Batch& out) override {
    if (!std::exchange(done_, true)) QP_TRY(collect());
    for (; at_ < groups_.size() && !out.full(); ++at_) {
      TermId* row = out.add(groups_.row(at_), keys_.size());
      for (std::size_t i = 0; i < aggregates_.size(); ++i) {
        row[keys_.size() + i] = context_.id_of(result(*aggregates_[i].aggregate, sum(at_, i)));
      }
    }
    return context_.check();
  }

  Result<void> collect() {
    Batch rows;
    std::vector<TermId> key(keys_.size());
    if (keys_.empty()) add_group(key.data());  // one group, of no rows perhaps
    std::size_t counted = 0;
    while (QP_TRY(input().next(rows))) {
      QP_TRY(groups_.make_room(rows.rows, context_));
      for (RowSet& each : seen_) QP_TRY(each.make_room(rows.rows, context_));
      for (std::size_t i = 0; i < rows.rows; ++i) {
        const TermId* row = rows.row(i);
        for (std::size_t k = 0; k < key.size(); ++k) key[k] = compiled_keys_[k].id(row);
        const std::uint32_t group = add_group(key.data());
        for (std::size_t a = 0; a < aggregates_.size(); ++a) take(group, a, row, rows.width);
        QP_TRY(context_.tick(kStepsOfARow * (1 + aggregates_.size())));
      }
      std::size_t bytes = groups_.bytes() + sums_.size() * sizeof(Sum) + text_bytes_;
      for (const RowSet& each : seen_) bytes += each.bytes();
      if (bytes > counted) QP_TRY(held_.add(bytes - counted));
      counted = std::max(counted, bytes);
      QP_TRY(context_.check());
    }
    return {};
  }

  std::uint32_t add_group(const TermId* key) {
    const auto [group, is_new] = groups_.add(key);
    if (is_new) sums_.resize(sums_.size() + aggregates_.size());
    return group;
  }
  Sum& sum(std::uint32_t group, std::size_t aggregate) {
    return sums_[group * aggregates_.size() + aggregate];
  }

  void take(std::uint32_t group, std::size_t which, const TermId* row, std::size_t width) {
    const Aggregate& aggregate = *aggregates_[which].aggregate;
    Sum& sum = this->sum(group, which);
    if (!aggregate.argument) {
      if (!aggregate.distinct || is_new(which, group, row, width)) ++sum.count;
      return;
    }
    if (sum.failed) return;
    const Compiled& argument = *arguments_[which];
    const bool counts = aggregate.function == AggregateFunction::Count;
    TermId id = TermId::None;
    if (counts || aggregate.distinct) {
      id = argument.id(row);
      if (id == TermId::None) {
        sum.failed |= !counts && aggregate.function != AggregateFunction::Sample;
        return;
      }
      if (aggregate.distinct && !is_new(which, group, &id, 1)) return;
      if (counts) {
        ++sum.count;
        return;
      }
    }
    const Value value = id != TermId::None ? context_.value(id) : argument.evaluate(row);
    const auto held = [&sum] { return sum.value.is_text() ? sum.value.view().size() : 0; };
    text_bytes_ -= held();
    add(aggregate, value, sum);
    text_bytes_ += held();
  }

  bool is_new(std::size_t which, std::uint32_t group, const TermId* ids, std::size_t count) {
    scratch_.assign(1, static_cast<TermId>(group));
    scratch_.insert(scratch_.end(), ids, ids + count);
    return seen_[which].add(scratch_.data()).second;
  }

  void add(const Aggregate& aggregate, const Value& value, Sum& sum) {
    if (value.is_none()) {  // 11.2: an error in one is an error of all
      sum.failed |= aggregate.function != AggregateFunction::Sample;
      return;
    }
    const bool first = sum.count++ == 0;
    switch (aggregate.function) {
      case AggregateFunction::Sum:
      case AggregateFunction::Avg:
        sum.value = calculate(Arithmetic::Add, first ? Value::integer(0) : sum.value, value);
        sum.failed = sum.value.is_none();
        break;
      case AggregateFunction::Min:
        if (first || order(value, sum.value) < 0) sum.value = value;
        break;
      case AggregateFunction::Max:
        if (first || order(value, sum.value) > 0) sum.value = value;
        break;
      case AggregateFunction::Sample:
        if (first) sum.value = value;
        break;
      case AggregateFunction::GroupConcat: {
        if (value.kind() == Value::Kind::Blank) {
          sum.failed = true;
          break;
        }
        const std::string text = value.lexical();
        if (sum.text.size() + text.size() > limits::kSparqlStringBytes) {
          context_.fail(error(Code::TooLarge, "GROUP_CONCAT makes a text of more than " +
                                                  std::to_string(limits::kSparqlStringBytes) +
                                                  " bytes"));
          sum.failed = true;
          break;
        }
        if (!first) sum.text += aggregate.separator;
        sum.text += text;
        text_bytes_ += text.size() + aggregate.separator.size();
        break;
      }
      case AggregateFunction::Count:
        break;
    }
  }

  static Value result(const Aggregate& aggregate, const Sum& sum) {
    if (aggregate.function == AggregateFunction::Count) {
      return Value::integer(static_cast<std::int64_t>(sum.count));
    }
    if (sum.failed) return {};
    switch (aggregate.function) {
      case AggregateFunction::Sum:
        return sum.count == 0 ? Value::integer(0) : sum.value;
      case AggregateFunction::Avg:
        if (sum.count == 0) return Value::integer(0);
        return calculate(Arithmetic::Divide, sum.value,
                         Value::integer(static_cast<std::int64_t>(sum.count)));
      case AggregateFunction::GroupConcat:
        return Value::string(sum.text);
      default:
        return sum.value;
    }
  }

  std::vector<Expression> keys_;
  std::vector<AggregateColumn> aggregates_;
  std::vector<Compiled> compiled_keys_;
  std::vector<std::optional<Compiled>> arguments_;
  RowSet groups_;
  std::deque<Sum> sums_;  ///< of each group, for each aggregate
  std::vector<RowSet> seen_;
  std::vector<TermId> scratch_;
  std::size_t text_bytes_ = 0;
  Held held_;
  std::uint32_t at_ = 0;
  bool done_ = false;
};

}  // namespace

OperatorPtr make_group(Context& context, OperatorPtr input, std::vector<Variable> variables,
                       std::vector<Expression> keys, std::vector<AggregateColumn> aggregates) {
  return std::make_unique<Grouping>(context, std::move(input), std::move(variables),
                                    std::move(keys), std::move(aggregates));
}

}  // namespace qp::sparql
