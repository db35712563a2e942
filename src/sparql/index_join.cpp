#include <algorithm>
#include <tuple>

#include "sparql/joins.hpp"

namespace qp::sparql {

namespace {

class Unit : public Operator {
 public:
  explicit Unit(Context& context) : Operator(context) {
    report().name = "one empty row";
    report().estimate = 1;
  }

 private:
  Result<void> fill(Batch& out) override {
    if (!std::exchange(done_, true)) out.add();
    return {};
  }
  bool done_ = false;
};

class Table : public Operator {
 public:
  Table(Context& context, Columns columns, Batch rows) : Operator(context), all_(std::move(rows)) {
    columns_ = std::move(columns);
    report().name = "values";
    report().estimate = static_cast<double>(all_.rows);
  }

 private:
  Result<void> fill(Batch& out) override {
    for (; at_ < all_.rows && !out.full(); ++at_) out.add(all_.row(at_), all_.width);
    return {};
  }
  Batch all_;
  std::size_t at_ = 0;
};

/// Where the terms of a quad go in a row.
class Places {
 public:
  Places(const QuadPattern& pattern, Columns& columns) : pattern_(pattern) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      const auto& variable = pattern.places[i].variable;
      if (!variable) continue;
      slots_[i] = columns.find(*variable);
      if (slots_[i] == Columns::kNone) {
        slots_[i] = columns.size();
        columns.add(*variable, true);
      } else {
        columns.certain[slots_[i]] = true;
      }
    }
  }

  /// What the row, of so many columns, leaves to be found. nullopt: no quad can match.
  std::optional<store::Pattern> wanted(const TermId* row, std::size_t width) const {
    std::array<TermId, 4> ids{};
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const QuadPattern::Place& place = pattern_.places[i];
      ids[i] = place.term;
      if (place.variable && slots_[i] < width) ids[i] = row[slots_[i]];
      if (ids[i] != TermId::None && TermTable::is_local(ids[i])) return std::nullopt;
    }
    return store::Pattern{ids[0], ids[1], ids[2], ids[3]};
  }

  /// False: a variable would have two values.
  bool put(const store::QuadIds& quad, TermId* row) const {
    const std::array<TermId, 4> found = {quad.g, quad.s, quad.p, quad.o};
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!pattern_.places[i].variable) continue;
      TermId& cell = row[slots_[i]];
      if (cell == TermId::None) cell = found[i];
      if (cell != found[i]) return false;
    }
    return true;
  }

  Graphs graphs() const { return pattern_.graphs; }

 private:
  QuadPattern pattern_;
  std::array<std::size_t, 4> slots_{};
};

class Scan : public Operator {
 public:
  Scan(Context& context, const Source& source, const QuadPattern& pattern, const ScanWay& way)
      : Operator(context), places_(pattern, columns_), way_(way), walk_(source, pattern.graphs) {}

 private:
  Result<void> fill(Batch& out) override {
    if (!std::exchange(opened_, true)) {
      const auto wanted = places_.wanted(nullptr, 0);
      if (!wanted) return {};
      if (way_.objects.empty()) {
        QP_TRY(walk_.open(*wanted, way_.order, way_.reverse));
      } else {
        QP_TRY(walk_.open(*wanted, way_.objects));
      }
    }
    while (out.rows == 0) {
      QP_TRY(walk_.next(quads_, way_.different ? Batch::kFirstRows : out.most));
      if (quads_.empty()) return {};
      if (way_.different) go_to_the_next();
      out.cells.reserve(quads_.size() * out.width);
      for (const store::QuadIds& quad : quads_) {
        if (!places_.put(quad, out.add())) out.drop_last();
      }
      QP_TRY(context_.tick(quads_.size()));
    }
    return {};
  }

  // A seek is dearer than a few quads: worth it where there are more of one value.
  void go_to_the_next() {
    const TermId last = quads_.back().*way_.different;
    if (quads_.size() < 2 || quads_[quads_.size() - 2].*way_.different != last) return;
    store::QuadIds place = quads_.back();
    place.*way_.different = static_cast<TermId>(qp::number(last) + 1);
    walk_.seek(behind(place));
    const auto same = [&](const store::QuadIds& a, const store::QuadIds& b) {
      return a.*way_.different == b.*way_.different;
    };
    quads_.erase(std::unique(quads_.begin(), quads_.end(), same), quads_.end());
  }

  /// The place without what comes after the term that counts.
  store::QuadIds behind(const store::QuadIds& place) const {
    switch (*way_.order) {
      case store::Order::Gspo:
        return {place.g, {}, {}, {}};
      case store::Order::Spog:
        return {{}, place.s, way_.different == &store::QuadIds::p ? place.p : TermId::None, {}};
      case store::Order::Posg:
        return {{}, {}, place.p, way_.different == &store::QuadIds::o ? place.o : TermId::None};
      case store::Order::Ospg:
        break;
    }
    return {{}, {}, {}, place.o};
  }

  Places places_;
  ScanWay way_;
  Source::Walk walk_;
  bool opened_ = false;
  std::vector<store::QuadIds> quads_;
};

class IndexJoin : public Operator {
 public:
  IndexJoin(Context& context, const Source& source, OperatorPtr input, const QuadPattern& pattern,
            Matches matches)
      : Operator(context),
        columns_of_input_(input->columns()),
        places_(pattern, columns_of_input_),
        matches_(matches),
        lookup_(source, pattern.graphs, matches == Matches::First) {
    columns_ = columns_of_input_;
    inputs_.push_back(std::move(input));
    left_.clear(inputs_[0]->columns().size());
  }

 private:
  Result<void> fill(Batch& out) override {
    while (out.rows == 0) {
      if (!open_) {
        if (!QP_TRY(input().next(left_))) return {};
        QP_TRY(bind());
      }
      QP_TRY(lookup_.next(found_, out.most));
      if (found_.empty()) open_ = false;
      out.cells.reserve(found_.size() * out.width);
      for (const store::Match& match : found_) {
        const std::uint32_t at = rows_[match.binding];
        if (matches_ == Matches::First && done_[at]) continue;
        TermId* row = out.add(left_.row(at), left_.width);
        if (!places_.put(match.quad, row)) {
          out.drop_last();
        } else if (matches_ == Matches::First) {
          done_[at] = true;
        }
      }
      QP_TRY(context_.tick(found_.size() + 1));
    }
    return {};
  }

  // In the order of the index, so that the way from one to the next is short.
  Result<void> bind() {
    wanted_.clear();
    rows_.clear();
    sorted_.clear();
    for (std::size_t i = 0; i < left_.rows; ++i) {
      if (const auto wanted = places_.wanted(left_.row(i), left_.width)) {
        sorted_.emplace_back(*wanted, static_cast<std::uint32_t>(i));
      }
    }
    const auto less = [](const auto& a, const auto& b) {
      const store::Pattern &x = a.first, &y = b.first;
      return std::tie(x.s, x.o, x.p, x.g) < std::tie(y.s, y.o, y.p, y.g);
    };
    if (!std::is_sorted(sorted_.begin(), sorted_.end(), less)) {
      std::stable_sort(sorted_.begin(), sorted_.end(), less);
    }
    for (const auto& [wanted, row] : sorted_) {
      wanted_.push_back(wanted);
      rows_.push_back(row);
    }
    if (matches_ == Matches::First) done_.assign(left_.rows, false);
    open_ = true;
    return lookup_.bind(wanted_);
  }

  Columns columns_of_input_;
  Places places_;
  Matches matches_;
  Source::Lookup lookup_;
  Batch left_;
  bool open_ = false;
  std::vector<std::pair<store::Pattern, std::uint32_t>> sorted_;
  std::vector<store::Pattern> wanted_;
  std::vector<std::uint32_t> rows_;
  std::vector<store::Match> found_;
  std::vector<bool> done_;
};

class GraphNames : public Operator {
 public:
  GraphNames(Context& context, const Source& source, Variable variable)
      : Operator(context), source_(source) {
    columns_.add(variable, true);
    report().name = "names of graphs";
  }

 private:
  Result<void> fill(Batch& out) override {
    if (!known_) {
      names_ = QP_TRY(source_.named_graphs());
      known_ = true;
    }
    for (; at_ < names_.size() && !out.full(); ++at_) *out.add() = names_[at_];
    return {};
  }
  const Source& source_;
  std::vector<TermId> names_;
  bool known_ = false;
  std::size_t at_ = 0;
};

class GraphLoop : public Operator {
 public:
  GraphLoop(Context& context, const Source& source, Columns inner, Variable variable,
            PlanForGraph plan)
      : Operator(context), source_(source), plan_(std::move(plan)) {
    columns_ = std::move(inner);
    slot_ = columns_.find(variable);
    if (slot_ == Columns::kNone) {
      slot_ = columns_.size();
      columns_.add(variable, true);
    }
    columns_.certain[slot_] = true;
    report().name = "for each graph";
  }

 private:
  Result<void> fill(Batch& out) override {
    if (!known_) {
      names_ = QP_TRY(source_.named_graphs());
      known_ = true;
    }
    while (at_ < names_.size() && !out.full()) {
      if (!inner_) inner_ = QP_TRY(plan_(names_[at_]));
      if (!QP_TRY(inner_->next(rows_))) {
        inner_ = nullptr;
        ++at_;
        QP_TRY(context_.tick());
        continue;
      }
      const Columns& inner = inner_->columns();
      for (std::size_t i = 0; i < rows_.rows; ++i) {
        TermId* row = out.add();
        for (std::size_t j = 0; j < inner.size(); ++j) {
          const std::size_t to = columns_.find(inner.variables[j]);
          if (to != Columns::kNone) row[to] = rows_.row(i)[j];
        }
        if (row[slot_] != TermId::None && row[slot_] != names_[at_]) {
          out.drop_last();
        } else {
          row[slot_] = names_[at_];
        }
      }
    }
    return {};
  }

  const Source& source_;
  PlanForGraph plan_;
  std::size_t slot_ = 0;
  std::vector<TermId> names_;
  bool known_ = false;
  std::size_t at_ = 0;
  OperatorPtr inner_;
  Batch rows_;
};

}  // namespace

OperatorPtr make_unit(Context& context) { return std::make_unique<Unit>(context); }

bool is_unit(const Operator& step) { return dynamic_cast<const Unit*>(&step) != nullptr; }

Result<OperatorPtr> make_table(Context& context, const Values& values) {
  Columns columns;
  Batch rows;
  rows.clear(values.variables.size());
  for (const auto& given : values.rows) {
    TermId* row = rows.add();
    for (std::size_t i = 0; i < given.size(); ++i) {
      if (given[i]) row[i] = QP_TRY(context.terms.intern(*given[i]));
    }
  }
  QP_TRY(context.take_memory(rows.cells.size() * sizeof(TermId)));
  for (std::size_t i = 0; i < values.variables.size(); ++i) {
    bool certain = true;
    for (std::size_t j = 0; j < rows.rows; ++j) certain = certain && rows.row(j)[i] != TermId::None;
    columns.add(values.variables[i], certain);
  }
  return OperatorPtr(std::make_unique<Table>(context, std::move(columns), std::move(rows)));
}

OperatorPtr make_index_join(Context& context, const Source& source, OperatorPtr input,
                            const QuadPattern& pattern, Matches matches) {
  return std::make_unique<IndexJoin>(context, source, std::move(input), pattern, matches);
}

OperatorPtr make_scan(Context& context, const Source& source, const QuadPattern& pattern,
                      const ScanWay& way) {
  return std::make_unique<Scan>(context, source, pattern, way);
}

OperatorPtr make_graph_names(Context& context, const Source& source, Variable variable) {
  return std::make_unique<GraphNames>(context, source, variable);
}

OperatorPtr make_graph_loop(Context& context, const Source& source, Columns inner,
                            Variable variable, PlanForGraph plan) {
  return std::make_unique<GraphLoop>(context, source, std::move(inner), variable, std::move(plan));
}

}  // namespace qp::sparql
