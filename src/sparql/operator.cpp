#include "sparql/operator.hpp"

#include <algorithm>

namespace qp::sparql {

std::size_t Columns::find(Variable variable) const {
  const auto at = std::find(variables.begin(), variables.end(), variable);
  return at == variables.end() ? kNone : static_cast<std::size_t>(at - variables.begin());
}

Result<bool> Operator::next(Batch& out) {
  const auto begin = std::chrono::steady_clock::now();
  out.clear(columns_.size());
  out.most = size_;
  size_ = std::min(size_ * 2, context_.limits().batch);
  const Result<void> filled = fill(out);
  if (!filled) return Result<void>(filled).error();
  report_.nanos += static_cast<std::uint64_t>((std::chrono::steady_clock::now() - begin).count());
  report_.rows += out.rows;
  // Whoever asked holds it until the next.
  context_.give_memory(given_bytes_);
  given_bytes_ = out.cells.capacity() * sizeof(TermId);
  QP_TRY(context_.take_memory(given_bytes_));
  QP_TRY(context_.count_rows(out.rows));
  return out.rows != 0;
}

std::vector<const Operator*> Operator::inputs() const {
  std::vector<const Operator*> made;
  made.reserve(inputs_.size());
  for (const auto& each : inputs_) made.push_back(each.get());
  return made;
}

bool Operator::is_fed() const {
  return std::any_of(inputs_.begin(), inputs_.end(),
                     [](const OperatorPtr& each) { return each->is_fed(); });
}

Feed::Feed(Context& context, const Columns& columns, Variable row_number) : Operator(context) {
  columns_ = columns;
  columns_.add(row_number, true);
  report().name = "rows of the left side";
}

Result<void> Feed::fill(Batch& out) {
  const Batch* given = std::exchange(given_, nullptr);
  if (given == nullptr) return {};
  out.cells.reserve(given->rows * out.width);
  for (std::size_t i = 0; i < given->rows; ++i) {
    out.add(given->row(i), given->width)[given->width] = static_cast<TermId>(i);
  }
  return {};
}

}  // namespace qp::sparql
