#include "sparql/context.hpp"

namespace qp::sparql {

Result<void> Context::check() {
  if (failure_) return *failure_;
  if (deadline_.is_over()) return deadline_.passed();
  return {};
}

Result<void> Context::count_rows(std::size_t rows) {
  intermediate_ += rows;
  if (intermediate_ > limits_.intermediate) {
    return error(Code::TooLarge, "the query makes more than " +
                                     std::to_string(limits_.intermediate) + " rows on the way");
  }
  return tick(rows + 1);
}

Result<void> Context::take_memory(std::size_t bytes) {
  memory_ += bytes;
  peak_ = std::max(peak_, memory_ + terms.bytes());
  if (memory_ + terms.bytes() > limits_.memory) {
    return error(Code::TooLarge, "the query needs more than its limit of " +
                                     std::to_string(limits_.memory) + " bytes of memory");
  }
  return {};
}

Value Context::value(TermId id) {
  if (id == TermId::None) return {};
  if (auto value = Value::inlined(id)) return *std::move(value);
  const Result<rdf::TermView> term = terms.resolve(id);
  if (!term) {
    fail(term.error());
    return {};
  }
  return Value::of(*term, id);
}

TermId Context::id_of(const Value& value) {
  if (value.is_none() || value.id() != TermId::None) return value.id();
  const rdf::Term term = value.term();
  const Result<TermId> id = terms.intern(term);
  if (!id) {
    fail(id.error());
    return TermId::None;
  }
  if (const Result<void> fits = take_memory(0); !fits) fail(fits.error());
  return *id;
}

DateTime Context::now() const { return {now_.count() * 1000, 0}; }

std::shared_ptr<const Regex> Context::regex(std::string_view pattern, std::string_view flags) {
  static constexpr std::size_t kKept = 64;
  std::pair<std::string, std::string> key(pattern, flags);
  const auto known = regexes_.find(key);
  if (known != regexes_.end()) return known->second;
  if (regexes_.size() >= kKept) regexes_.clear();
  auto made = pattern.size() > limits::kSparqlRegexBytes ? nullptr : Regex::compile(pattern, flags);
  regexes_.emplace(std::move(key), made);
  return made;
}

TermId Context::blank(const std::string& label) {
  const auto [at, is_new] = blanks_.try_emplace(label, TermId::None);
  if (is_new) at->second = terms.new_blank();
  return at->second;
}

}  // namespace qp::sparql
