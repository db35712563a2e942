#include <algorithm>

#include "sparql/joins.hpp"
#include "sparql/row_set.hpp"

namespace qp::sparql {

namespace {

/// Where the columns of two sides go in a joined row.
struct Layout {
  Columns columns;
  std::vector<std::size_t> right_to;  ///< column of the joined row for each of the right side
  std::vector<std::pair<std::size_t, std::size_t>> keys;    ///< left and right, both certain
  std::vector<std::pair<std::size_t, std::size_t>> shared;  ///< the other common columns
};

Layout lay_out(const Columns& left, const Columns& right, JoinKind kind) {
  Layout made;
  made.columns = left;
  for (std::size_t i = 0; i < right.size(); ++i) {
    const std::size_t at = left.find(right.variables[i]);
    if (at == Columns::kNone) {
      made.right_to.push_back(made.columns.size());
      made.columns.add(right.variables[i], right.certain[i] && kind == JoinKind::Inner);
      continue;
    }
    made.right_to.push_back(at);
    const bool both = left.certain[at] && right.certain[i];
    (both ? made.keys : made.shared).emplace_back(at, i);
    if (kind == JoinKind::Inner && right.certain[i]) made.columns.certain[at] = true;
  }
  return made;
}

class HashJoin : public Operator {
 public:
  HashJoin(Context& context, OperatorPtr left, OperatorPtr right, JoinKind kind,
           const std::vector<Expression>* conditions)
      : Operator(context),
        kind_(kind),
        layout_(lay_out(left->columns(), right->columns(), kind)),
        keys_(layout_.keys.size()),
        whole_(layout_.keys.size() + layout_.shared.size()),
        held_(context) {
    const bool widens = kind == JoinKind::Inner || kind == JoinKind::Left;
    columns_ = widens ? layout_.columns : left->columns();
    width_ = layout_.columns.size();
    if (conditions != nullptr) {
      for (const Expression& each : *conditions) {
        conditions_.push_back(Compiled::make(each, layout_.columns.variables, context));
      }
    }
    inputs_.push_back(std::move(left));
    inputs_.push_back(std::move(right));
    left_.clear(inputs_[0]->columns().size());
  }

 private:
  Result<void> fill(Batch& out) override {
    if (!built_) QP_TRY(build());
    while (!out.full()) {
      if (at_ == left_.rows) {
        at_ = 0;
        if (!QP_TRY(input(0).next(left_))) {
          left_.clear(left_.width);
          return {};
        }
        begin_row();
      }
      const bool more = QP_TRY(match(out));
      if (more) continue;
      finish_row(out);
      ++at_;
      if (at_ < left_.rows) begin_row();
    }
    return {};
  }

  Result<void> build() {
    built_ = true;
    Batch batch;
    while (QP_TRY(input(1).next(batch))) {
      const std::size_t before = held_cells();
      if (right_.width == 0) right_.clear(batch.width);
      QP_TRY(keys_.make_room(batch.rows, context_));
      if (!layout_.shared.empty()) QP_TRY(whole_.make_room(batch.rows, context_));
      for (std::size_t i = 0; i < batch.rows; ++i) {
        const bool whole = read_key(batch.row(i), &Side::second);
        if (takes_nothing()) continue;
        const std::uint32_t number = all_.add(keys_, key_.data(), right_.rows);
        if (number == loose_.size()) loose_.push_back(kEnd);
        if (!layout_.shared.empty()) {
          if (whole) {
            wholes_.add(whole_, key_.data(), right_.rows);
          } else {
            const auto row = static_cast<std::uint32_t>(right_.rows);
            wholes_.next.push_back(std::exchange(loose_[number], row));
          }
        }
        right_.add(batch.row(i), batch.width);
      }
      QP_TRY(held_.add((held_cells() - before) * 8));
    }
    return {};
  }

  std::size_t held_cells() const {
    return right_.cells.capacity() + all_.next.capacity() + wholes_.next.capacity() / 2 +
           (keys_.bytes() + whole_.bytes()) / 8;
  }

  /// The columns of the key and behind them the others that are common. False: one of those is
  /// unbound.
  using Side = std::pair<std::size_t, std::size_t>;
  bool read_key(const TermId* row, std::size_t Side::* side) {
    key_.clear();
    for (const Side& each : layout_.keys) key_.push_back(row[each.*side]);
    for (const Side& each : layout_.shared) key_.push_back(row[each.*side]);
    return std::find(key_.begin() + static_cast<std::ptrdiff_t>(layout_.keys.size()), key_.end(),
                     TermId::None) == key_.end();
  }

  void begin_row() {
    const bool whole = read_key(left_.row(at_), &Side::first) && !layout_.shared.empty();
    const std::uint32_t number = keys_.number_of(key_.data());
    chain_ = whole ? &wholes_ : &all_;
    candidate_ = loose_candidate_ = kEnd;
    matched_ = false;
    if (takes_nothing()) return;
    if (whole) {
      const std::uint32_t same = whole_.number_of(key_.data());
      if (same != RowSet::kFree) candidate_ = wholes_.first[same];
      if (number != RowSet::kFree) loose_candidate_ = loose_[number];
      if (candidate_ == kEnd) candidate_ = std::exchange(loose_candidate_, kEnd);
    } else if (number != RowSet::kFree) {
      candidate_ = all_.first[number];
    }
  }

  /// Whether the row whose key was read shares no bound variable with any, for MINUS (18.5).
  bool takes_nothing() const {
    return kind_ == JoinKind::Minus &&
           std::all_of(key_.begin(), key_.end(), [](TermId id) { return id == TermId::None; });
  }

  /// Goes through the candidates of the row at hand. True: `out` is full, there may be more.
  Result<bool> match(Batch& out) {
    while (candidate_ != kEnd) {
      const TermId* right = right_.row(candidate_);
      candidate_ = chain_->next[candidate_];
      if (candidate_ == kEnd) candidate_ = std::exchange(loose_candidate_, kEnd);
      QP_TRY(context_.tick());
      if (!compatible(right)) continue;
      if (kind_ == JoinKind::Inner || kind_ == JoinKind::Left) {
        if (!emit(right, out)) continue;
        matched_ = true;
        if (out.full()) return true;
      } else {
        matched_ = true;
        candidate_ = kEnd;
      }
    }
    return false;
  }

  bool compatible(const TermId* right) const {
    const TermId* left = left_.row(at_);
    bool overlap = !layout_.keys.empty();
    for (const auto& [l, r] : layout_.shared) {
      if (left[l] == TermId::None || right[r] == TermId::None) continue;
      if (left[l] != right[r]) return false;
      overlap = true;
    }
    return overlap || kind_ != JoinKind::Minus;
  }

  bool emit(const TermId* right, Batch& out) {
    TermId* row = out.add(left_.row(at_), left_.width);
    for (std::size_t i = 0; i < layout_.right_to.size(); ++i) {
      TermId& cell = row[layout_.right_to[i]];
      if (cell == TermId::None) cell = right[i];
    }
    for (const Compiled& condition : conditions_) {
      if (condition.holds(row)) continue;
      out.drop_last();
      return false;
    }
    return true;
  }

  void finish_row(Batch& out) {
    const bool keeps = kind_ == JoinKind::Semi    ? matched_
                       : kind_ == JoinKind::Inner ? false
                                                  : !matched_;
    if (keeps) out.add(left_.row(at_), left_.width);
  }

  static constexpr std::uint32_t kEnd = UINT32_MAX;
  /// The rows of the right side that have the same key, one after the other.
  struct Chains {
    std::vector<std::uint32_t> first, next;
    std::uint32_t add(RowSet& keys, const TermId* key, std::size_t row) {
      const auto [number, is_new] = keys.add(key);
      if (is_new) first.push_back(kEnd);
      next.push_back(std::exchange(first[number], static_cast<std::uint32_t>(row)));
      return number;
    }
  };
  JoinKind kind_;
  Layout layout_;
  std::size_t width_ = 0;
  std::vector<Compiled> conditions_;
  RowSet keys_;
  Chains all_;
  /// Where columns are common that some row leaves unbound: the rows that bind all of them, by
  /// these too; and for each key those that do not, which may go with anything.
  RowSet whole_;
  Chains wholes_;
  std::vector<std::uint32_t> loose_;
  const Chains* chain_ = &all_;
  Held held_;
  Batch left_, right_;
  std::vector<TermId> key_;
  std::size_t at_ = 0;
  std::uint32_t candidate_ = kEnd, loose_candidate_ = kEnd;
  bool built_ = false, matched_ = false;
};

class MergeJoin : public Operator {
 public:
  MergeJoin(Context& context, OperatorPtr left, OperatorPtr right, Variable key)
      : Operator(context),
        layout_(lay_out(left->columns(), right->columns(), JoinKind::Inner)),
        left_key_(left->columns().find(key)),
        right_key_(right->columns().find(key)),
        held_(context) {
    columns_ = layout_.columns;
    inputs_.push_back(std::move(left));
    inputs_.push_back(std::move(right));
  }

 private:
  /// Makes sure that a row is at hand. False: that side is at its end.
  Result<bool> at_row(std::size_t side) {
    if (at_[side] < rows_[side].rows) return true;
    if (ended_[side]) return false;
    at_[side] = 0;
    const bool more = QP_TRY(input(side).next(rows_[side]));
    if (!more) ended_[side] = true;
    return more;
  }
  TermId key(std::size_t side) const {
    return rows_[side].row(at_[side])[side == 0 ? left_key_ : right_key_];
  }

  Result<void> fill(Batch& out) override {
    while (!out.full()) {
      if (!QP_TRY(at_row(0))) return {};
      const TermId wanted = key(0);
      if (!have_group_ || group_key_ != wanted) {
        if (!QP_TRY(read_group(wanted))) {
          ++at_[0];
          QP_TRY(context_.tick());
          continue;
        }
      }
      for (; in_group_ < group_.rows && !out.full(); ++in_group_) emit(group_.row(in_group_), out);
      if (in_group_ < group_.rows) return {};
      in_group_ = 0;
      ++at_[0];
    }
    return {};
  }

  /// All rows of the right side with this key. False: there are none.
  Result<bool> read_group(TermId wanted) {
    have_group_ = false;
    held_.clear();
    group_.clear(inputs_[1]->columns().size());
    while (QP_TRY(at_row(1)) && key(1) < wanted) ++at_[1];
    while (QP_TRY(at_row(1)) && key(1) == wanted) {
      group_.add(rows_[1].row(at_[1]), group_.width);
      ++at_[1];
    }
    if (group_.rows == 0) return false;
    QP_TRY(held_.add(group_.cells.size() * sizeof(TermId)));
    group_key_ = wanted;
    have_group_ = true;
    in_group_ = 0;
    return true;
  }

  void emit(const TermId* right, Batch& out) const {
    const TermId* left = rows_[0].row(at_[0]);
    for (const auto& keys : {&layout_.keys, &layout_.shared}) {
      for (const auto& [l, r] : *keys) {
        if (left[l] != TermId::None && right[r] != TermId::None && left[l] != right[r]) return;
      }
    }
    TermId* row = out.add(left, rows_[0].width);
    for (std::size_t i = 0; i < layout_.right_to.size(); ++i) {
      TermId& cell = row[layout_.right_to[i]];
      if (cell == TermId::None) cell = right[i];
    }
  }

  Layout layout_;
  std::size_t left_key_, right_key_;
  Held held_;
  std::array<Batch, 2> rows_;
  std::array<std::size_t, 2> at_{};
  std::array<bool, 2> ended_{};
  Batch group_;
  TermId group_key_{};
  bool have_group_ = false;
  std::size_t in_group_ = 0;
};

class FedJoin : public Operator {
 public:
  FedJoin(Context& context, OperatorPtr left, Feed& feed, OperatorPtr right, JoinKind kind,
          std::optional<Mark> mark = {})
      : Operator(context), kind_(kind), feed_(feed), mark_(mark) {
    columns_ = left->columns();
    if (mark_) columns_.add(mark_->column, true);
    number_at_ = right->columns().find(feed.columns().variables.back());
    if (kind == JoinKind::Left || kind == JoinKind::Inner) {
      const Columns& inner = right->columns();
      for (std::size_t i = 0; i < inner.size(); ++i) {
        std::size_t to = Columns::kNone;
        if (i != number_at_) {
          to = columns_.find(inner.variables[i]);
          if (to == Columns::kNone) {
            to = columns_.size();
            columns_.add(inner.variables[i], kind == JoinKind::Inner && inner.certain[i]);
          }
        }
        to_.push_back(to);
      }
    }
    inputs_.push_back(std::move(left));
    inputs_.push_back(std::move(right));
  }
  bool is_fed() const override { return input(0).is_fed(); }

 private:
  Result<void> fill(Batch& out) override {
    while (out.rows == 0) {
      if (!running_) {
        if (!QP_TRY(input(0).next(left_))) return {};
        matched_.assign(left_.rows, false);
        feed_.give(left_);
        running_ = true;
      }
      if (QP_TRY(input(1).next(right_))) {
        for (std::size_t i = 0; i < right_.rows; ++i) take(right_.row(i), out);
        continue;
      }
      running_ = false;
      if (kind_ == JoinKind::Inner) continue;
      for (std::size_t i = 0; mark_ && i < left_.rows; ++i) {
        out.add(left_.row(i), left_.width)[left_.width] = matched_[i] ? mark_->yes : mark_->no;
      }
      if (mark_) continue;
      const bool wanted = kind_ == JoinKind::Semi;
      for (std::size_t i = 0; i < left_.rows; ++i) {
        if (matched_[i] == wanted) out.add(left_.row(i), left_.width);
      }
    }
    return {};
  }

  void take(const TermId* right, Batch& out) {
    matched_[qp::number(right[number_at_])] = true;
    if (kind_ == JoinKind::Semi || kind_ == JoinKind::Anti) return;
    TermId* row = out.add();
    for (std::size_t i = 0; i < to_.size(); ++i) {
      if (to_[i] != Columns::kNone) row[to_[i]] = right[i];
    }
  }

  JoinKind kind_;
  Feed& feed_;
  std::optional<Mark> mark_;
  std::size_t number_at_ = 0;
  std::vector<std::size_t> to_;
  Batch left_, right_;
  std::vector<bool> matched_;
  bool running_ = false;
};

class Union : public Operator {
 public:
  /// `feeds` empty: the parts stand for themselves.
  Union(Context& context, OperatorPtr input, std::vector<Feed*> feeds,
        std::vector<OperatorPtr> parts)
      : Operator(context), feeds_(std::move(feeds)), source_(std::move(input)) {
    for (std::size_t part = 0; part < parts.size(); ++part) {
      const Columns& inner = parts[part]->columns();
      for (std::size_t i = 0; i < inner.size(); ++i) {
        if (is_number(part, inner.variables[i])) continue;
        if (!columns_.has(inner.variables[i])) columns_.add(inner.variables[i], true);
      }
    }
    for (std::size_t part = 0; part < parts.size(); ++part) {
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (!parts[part]->columns().is_certain(columns_.variables[i])) columns_.certain[i] = false;
      }
    }
    for (OperatorPtr& part : parts) inputs_.push_back(std::move(part));
    if (source_) inputs_.push_back(std::move(source_));
    parts_ = parts.size();
    report().name = "union";
  }
  bool is_fed() const override { return !feeds_.empty() && input(parts_).is_fed(); }

 private:
  bool is_number(std::size_t part, Variable variable) const {
    return !feeds_.empty() && feeds_[part]->columns().variables.back() == variable;
  }

  Result<void> fill(Batch& out) override {
    while (out.rows == 0) {
      if (!QP_TRY(begin_part())) return {};
      if (!QP_TRY(input(at_).next(rows_))) {
        ++at_;
        given_ = false;
        continue;
      }
      const Columns& inner = inputs_[at_]->columns();
      for (std::size_t i = 0; i < rows_.rows; ++i) {
        TermId* row = out.add();
        for (std::size_t j = 0; j < inner.size(); ++j) {
          if (is_number(at_, inner.variables[j])) continue;
          row[columns_.find(inner.variables[j])] = rows_.row(i)[j];
        }
      }
    }
    return {};
  }

  /// False: the end, or (when fed) the end for now.
  Result<bool> begin_part() {
    if (feeds_.empty()) return at_ < parts_;
    if (at_ == parts_ || fresh_) {
      if (!QP_TRY(input(parts_).next(left_))) {
        fresh_ = true;
        return false;
      }
      fresh_ = false;
      at_ = 0;
      given_ = false;
    }
    if (!given_) feeds_[at_]->give(left_);
    given_ = true;
    return true;
  }

  std::vector<Feed*> feeds_;
  OperatorPtr source_;
  std::size_t parts_ = 0, at_ = 0;
  bool fresh_ = true, given_ = false;
  Batch left_, rows_;
};

}  // namespace

OperatorPtr make_hash_join(Context& context, OperatorPtr left, OperatorPtr right, JoinKind kind,
                           const std::vector<Expression>* conditions) {
  return std::make_unique<HashJoin>(context, std::move(left), std::move(right), kind, conditions);
}

OperatorPtr make_merge_join(Context& context, OperatorPtr left, OperatorPtr right, Variable key) {
  return std::make_unique<MergeJoin>(context, std::move(left), std::move(right), key);
}

OperatorPtr make_fed_join(Context& context, OperatorPtr left, Feed& feed, OperatorPtr right,
                          JoinKind kind) {
  return std::make_unique<FedJoin>(context, std::move(left), feed, std::move(right), kind);
}

OperatorPtr make_fed_marks(Context& context, OperatorPtr left, Feed& feed, OperatorPtr right,
                           const Mark& mark) {
  return std::make_unique<FedJoin>(context, std::move(left), feed, std::move(right), JoinKind::Semi,
                                   mark);
}

OperatorPtr make_union(Context& context, std::vector<OperatorPtr> parts) {
  return std::make_unique<Union>(context, nullptr, std::vector<Feed*>(), std::move(parts));
}

OperatorPtr make_fed_union(Context& context, OperatorPtr input, std::vector<Feed*> feeds,
                           std::vector<OperatorPtr> parts) {
  return std::make_unique<Union>(context, std::move(input), std::move(feeds), std::move(parts));
}

}  // namespace qp::sparql
