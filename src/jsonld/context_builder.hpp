#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/flat_index.hpp"
#include "jsonld/context.hpp"

namespace qp::jsonld {

/// Creates the term definitions of one local context in a draft, 4.2.2.
class ContextBuilder {
 public:
  ContextBuilder(ContextProcessor& processor, Context& draft, json::Value local,
                 const ContextProcessor::Call& call);

  Result<void> define_all();
  /// IRI expansion, 5.2, with this local context.
  Result<std::optional<std::string_view>> expand_iri(std::string_view value, Reading reading);

 private:
  enum class State : unsigned char { Untouched, BeingCreated, Defined };
  struct Pending;  // a definition in the making, with what it was and what it is made from

  // Of the term in that place of the local context.
  Result<void> define_as_far_as_possible(std::uint32_t place);
  Result<void> define(std::uint32_t place);
  Result<void> define_if_local(std::string_view term);
  Result<bool> check_name(std::string_view term, json::Value value) const;
  Result<bool> fill(Pending& pending);
  Result<void> read_protected(Pending& pending) const;
  Result<void> read_type(Pending& pending);
  Result<bool> read_reverse(Pending& pending);
  Result<bool> read_iri(Pending& pending);
  Result<bool> read_id(Pending& pending, json::Value id);
  Result<void> derive_iri(Pending& pending);
  Result<void> read_container(Pending& pending) const;
  Result<void> read_index(Pending& pending);
  Result<void> read_context(Pending& pending);
  Result<void> read_tags(Pending& pending) const;
  Result<void> read_nest(Pending& pending) const;
  Result<void> read_prefix(Pending& pending) const;
  Result<void> check_entries(const Pending& pending) const;
  Result<void> finish(Pending& pending);
  /// The member's place in the local context; FlatIndex::kNone where it has no such key.
  std::uint32_t place_of(std::string_view term) const;
  bool is_10() const { return draft_.processing_mode == ProcessingMode::JsonLd10; }

  ContextProcessor& processor_;
  Context& draft_;
  json::Value local_;
  const ContextProcessor::Call& call_;
  bool protect_ = false;
  std::vector<State> states_;  // of the local context's members
  FlatIndex places_;           // of them, by key
};

}  // namespace qp::jsonld
