#pragma once

#include <span>

#include "sparql/algebra.hpp"
#include "sparql/expression.hpp"
#include "sparql/operator.hpp"

/// Operators on the rows of one input.
namespace qp::sparql {

/// Rows for which all hold.
OperatorPtr make_filter(Context& context, OperatorPtr input, std::vector<Expression> expressions);
/// With `variables[i]` = `expressions[i]`, one after the other.
OperatorPtr make_extend(Context& context, OperatorPtr input, std::vector<Variable> variables,
                        std::vector<Expression> expressions);
/// The columns `variables`, named `names`; one that the input lacks is unbound.
OperatorPtr make_project(Context& context, OperatorPtr input, std::span<const Variable> variables,
                         std::span<const Variable> names);
OperatorPtr make_distinct(Context& context, OperatorPtr input);
/// The same rows, some of the repeated ones left out: as long as that is many.
OperatorPtr make_reduced(Context& context, OperatorPtr input);
OperatorPtr make_slice(Context& context, OperatorPtr input, std::uint64_t offset,
                       std::optional<std::uint64_t> limit);
/// A scan in the order of the first key, which is one of its variables. The input is a plan over
/// the feed, to which the scan's rows are given.
struct Lead {
  OperatorPtr scan{};
  Feed* feed = nullptr;
};
/// `most`: no more than the first so many are wanted; with a `lead` no more is read than that
/// needs.
OperatorPtr make_sort(Context& context, OperatorPtr input, std::vector<OrderKey> keys,
                      std::optional<std::uint64_t> most, Lead lead = {});
/// Ids of this class are in the order of their values.
bool is_by_value(rdf::TermClass kind);
OperatorPtr make_group(Context& context, OperatorPtr input, std::vector<Variable> variables,
                       std::vector<Expression> keys, std::vector<AggregateColumn> aggregates);

}  // namespace qp::sparql
