#include "jsonld/context_builder.hpp"

#include <algorithm>
#include <bit>

#include "jsonld/errors.hpp"
#include "jsonld/keywords.hpp"
#include "rdf/iri.hpp"

// Create term definition, JSON-LD API 4.2.2; numbers are the steps there.
namespace qp::jsonld {
namespace {

bool is_context_keyword(std::string_view key) {
  return key == "@base" || key == "@direction" || key == "@import" || key == "@language" ||
         key == "@propagate" || key == "@protected" || key == "@version" || key == "@vocab";
}

bool is_iri_or_blank(std::string_view text) { return is_blank(text) || rdf::has_scheme(text); }

bool ends_with_gen_delim(std::string_view iri) {
  return !iri.empty() && std::string_view(":/?#[]@").find(iri.back()) != std::string_view::npos;
}

// 14.2.4: a colon that is neither the first nor the last character, or a slash.
bool looks_like_iri(std::string_view term) {
  const auto colon = term.find(':', 1);
  return (colon != term.npos && colon + 1 < term.size()) || term.find('/') != term.npos;
}

std::optional<Containers> container_bit(std::string_view name) {
  if (name == "@graph") return kGraphContainer;
  if (name == "@id") return kIdContainer;
  if (name == "@index") return kIndexContainer;
  if (name == "@language") return kLanguageContainer;
  if (name == "@list") return kListContainer;
  if (name == "@set") return kSetContainer;
  if (name == "@type") return kTypeContainer;
  return std::nullopt;
}

// 19.1: which containers go together.
bool is_valid_combination(Containers all) {
  Containers rest = all & ~kSetContainer;
  if (all != rest && (rest & kListContainer)) return false;
  if ((rest & kGraphContainer) && (rest & (kIdContainer | kIndexContainer))) {
    rest &= ~kGraphContainer;
  }
  return all != 0 && std::popcount(rest) <= 1;
}

Result<Containers> read_containers(json::Value value, bool is_10) {
  const auto invalid = [](std::string_view what) {
    return fail(ErrorCode::InvalidContainerMapping, std::string(what));
  };
  Containers all = kNoContainer;
  const auto add = [&](json::Value name) {
    const auto bit = container_bit(name.text());
    if (bit) all |= *bit;
    return name.is_string() && bit.has_value();
  };
  if (value.is_array()) {
    if (is_10) return invalid("an array in 1.0");
    for (const json::Value item : value.items()) {
      if (!add(item)) return invalid(json::to_text(item));
    }
  } else if (!add(value)) {
    return invalid(json::to_text(value));
  }
  // 19.2
  if (is_10 && (all & (kGraphContainer | kIdContainer | kTypeContainer))) {
    return invalid("not in 1.0");
  }
  if (!is_valid_combination(all)) return invalid(json::to_text(value));
  return all;
}

Result<Tag> read_tag(json::Value value, ErrorCode code) {
  if (value.is_null()) return Tag{Tag::State::Null, {}};
  if (!value.is_string()) return fail(code, json::to_text(value));
  return Tag{Tag::State::Set, std::string(value.text())};
}

}  // namespace

struct ContextBuilder::Pending {
  std::uint32_t place = 0;
  std::string_view term;
  json::Value value;  // an object; its @id is `id` where the definition was a text or null
  json::Value id;
  bool has_id = false;
  bool is_simple = false;
  std::shared_ptr<const TermDefinition> before;
  TermDefinition made;
};

ContextBuilder::ContextBuilder(ContextProcessor& processor, Context& draft, json::Value local,
                               const ContextProcessor::Call& call)
    : processor_(processor),
      draft_(draft),
      local_(local),
      call_(call),
      protect_(local.get("@protected").is_true()),
      states_(local.size(), State::Untouched),
      places_(local.size()) {
  std::uint32_t next = 0;
  for (const json::Member& member : local.members()) {
    places_.find_or_add(TextHash{}(member.key), next++, [](std::uint32_t) { return false; });
  }
}

std::uint32_t ContextBuilder::place_of(std::string_view term) const {
  return places_.find(TextHash{}(term),
                      [&](std::uint32_t place) { return local_.members()[place].key == term; });
}

Result<void> ContextBuilder::define_if_local(std::string_view term) {
  const std::uint32_t place = place_of(term);
  return place == FlatIndex::kNone ? Result<void>() : define(place);
}

Result<void> ContextBuilder::define_all() {
  draft_.terms.reserve(local_.size());
  for (std::uint32_t place = 0; place < local_.size(); ++place) {
    if (!is_context_keyword(local_.members()[place].key)) QP_TRY(define_as_far_as_possible(place));
  }
  return {};
}

/// In storage mode a definition that is broken counts as not there.
Result<void> ContextBuilder::define_as_far_as_possible(std::uint32_t place) {
  const std::string_view term = local_.members()[place].key;
  TermMap::Definition before;
  if (draft_.mode == Mode::Storage) before = draft_.terms.get(term);
  auto done = define(place);
  if (done) return {};
  QP_TRY(processor_.tolerated(std::move(done)));
  if (before) draft_.terms.set(before);
  states_[place] = State::Defined;
  return {};
}

Result<std::optional<std::string_view>> ContextBuilder::expand_iri(std::string_view value,
                                                                   Reading reading) {
  // 5.2.2, 3
  const bool is_special = is_keyword(value) || has_keyword_form(value);
  if (!is_special) QP_TRY(define_if_local(value));
  const auto colon = value.find(':', value.empty() ? 0 : 1);
  const bool through_vocab = reading == Reading::Vocab || reading == Reading::VocabThenDocument;
  if (colon != value.npos && !is_special && !(through_vocab && draft_.find(value))) {
    // 5.2.2, 6.3
    const auto prefix = value.substr(0, colon);
    const bool is_compact = prefix != "_" && !value.substr(colon + 1).starts_with("//");
    if (is_compact) QP_TRY(define_if_local(prefix));
  }
  return draft_.expand_iri(value, reading, processor_.options_.base, processor_.arena_);
}

Result<void> ContextBuilder::define(std::uint32_t place) {
  // 1
  if (states_[place] == State::Defined) return {};
  const std::string_view term = local_.members()[place].key;
  if (states_[place] == State::BeingCreated) {
    return fail(ErrorCode::CyclicIriMapping, std::string(term));
  }
  // 2
  if (term.empty()) return fail(ErrorCode::InvalidTermDefinition, "an empty term");
  states_[place] = State::BeingCreated;
  const json::Value value = local_.members()[place].value;  // 3
  if (!QP_TRY(check_name(term, value))) {
    states_[place] = State::Defined;
    return {};
  }
  Pending pending;
  pending.place = place;
  pending.term = term;
  // 6
  pending.before = draft_.terms.get(term);
  if (pending.before) {
    if (pending.before->core && !call_.is_core) {  // storage mode
      states_[place] = State::Defined;
      return {};
    }
    draft_.terms.erase(term);
  }
  // 7 to 9
  pending.is_simple = value.is_string();
  if (value.is_null() || value.is_string()) {
    pending.has_id = true;
    pending.id = value;
  } else if (value.is_object()) {
    pending.value = value;
    pending.has_id = value.contains("@id");
    pending.id = value.get("@id");
  } else {
    return fail(ErrorCode::InvalidTermDefinition, std::string(term));
  }
  if (QP_TRY(fill(pending))) QP_TRY(finish(pending));
  states_[place] = State::Defined;
  return {};
}

/// False: the term is to be ignored.
Result<bool> ContextBuilder::check_name(std::string_view term, json::Value value) const {
  if (term == "@type") {
    // 4
    const auto allowed = [](const json::Member& member) {
      return (member.key == "@container" && member.value.is("@set")) || member.key == "@protected";
    };
    const auto members = value.members();
    if (is_10() || members.empty() || !std::all_of(members.begin(), members.end(), allowed)) {
      return fail(ErrorCode::KeywordRedefinition, "@type");
    }
    return true;
  }
  // 5
  if (is_keyword(term)) return fail(ErrorCode::KeywordRedefinition, std::string(term));
  return !has_keyword_form(term);
}

Result<bool> ContextBuilder::fill(Pending& pending) {
  pending.made.is_protected = protect_;      // 10
  QP_TRY(read_protected(pending));           // 11
  QP_TRY(read_type(pending));                // 12
  if (pending.value.contains("@reverse")) {  // 13
    if (!QP_TRY(read_reverse(pending))) return false;
    QP_TRY(read_index(pending));
    return true;
  }
  if (!QP_TRY(read_iri(pending))) return false;  // 14 to 18
  QP_TRY(read_container(pending));               // 19
  QP_TRY(read_index(pending));                   // 20
  QP_TRY(read_context(pending));                 // 21
  QP_TRY(read_tags(pending));                    // 22, 23
  QP_TRY(read_nest(pending));                    // 24
  QP_TRY(read_prefix(pending));                  // 25
  QP_TRY(check_entries(pending));                // 26
  return true;
}

Result<void> ContextBuilder::read_protected(Pending& pending) const {
  const json::Value* flag = pending.value.find("@protected");
  if (!flag) return {};
  if (is_10()) return fail(ErrorCode::InvalidTermDefinition, "@protected in 1.0");
  if (!flag->is_boolean()) return fail(ErrorCode::InvalidProtectedValue, json::to_text(*flag));
  pending.made.is_protected = flag->is_true();
  return {};
}

Result<void> ContextBuilder::read_type(Pending& pending) {
  const json::Value* type = pending.value.find("@type");
  if (!type) return {};
  const auto invalid = [&] {
    return fail(ErrorCode::InvalidTypeMapping,
                std::string(pending.term) + ": " + json::to_text(*type));
  };
  if (!type->is_string()) return invalid();
  const auto expanded = QP_TRY(expand_iri(type->text(), Reading::Vocab));
  if (!expanded) return invalid();
  const bool is_new = *expanded == "@json" || *expanded == "@none";
  if (is_new && is_10()) return invalid();
  const bool is_known = is_new || *expanded == "@id" || *expanded == "@vocab";
  if (!is_known && (is_blank(*expanded) || !rdf::has_scheme(*expanded))) return invalid();
  pending.made.type = *expanded;
  return {};
}

Result<bool> ContextBuilder::read_reverse(Pending& pending) {
  // 13.1
  if (pending.has_id || pending.value.contains("@nest")) {
    return fail(ErrorCode::InvalidReverseProperty, std::string(pending.term));
  }
  const json::Value reverse = pending.value.get("@reverse");
  if (!reverse.is_string()) return fail(ErrorCode::InvalidIriMapping, json::to_text(reverse));
  if (!is_keyword(reverse.text()) && has_keyword_form(reverse.text())) return false;  // 13.3
  // 13.4
  const auto iri = QP_TRY(expand_iri(reverse.text(), Reading::Vocab));
  if (!iri || !is_iri_or_blank(*iri)) {
    return fail(ErrorCode::InvalidIriMapping, std::string(reverse.text()));
  }
  pending.made.iri = *iri;
  // 13.5
  const json::Value* container = pending.value.find("@container");
  if (container && !container->is_null()) {
    if (!container->is("@set") && !container->is("@index")) {
      return fail(ErrorCode::InvalidReverseProperty, json::to_text(*container));
    }
    pending.made.container = QP_TRY(read_containers(*container, is_10()));
  }
  pending.made.reverse = true;  // 13.6
  return true;
}

Result<bool> ContextBuilder::read_iri(Pending& pending) {
  if (pending.has_id && !pending.id.is(pending.term)) {
    if (pending.id.is_null()) return true;  // 14.1
    return read_id(pending, pending.id);
  }
  QP_TRY(derive_iri(pending));
  return true;
}

Result<bool> ContextBuilder::read_id(Pending& pending, json::Value id) {
  const auto invalid = [&] {
    return fail(ErrorCode::InvalidIriMapping, std::string(pending.term) + ": " + json::to_text(id));
  };
  // 14.2.1, 14.2.2
  if (!id.is_string()) return invalid();
  if (!is_keyword(id.text()) && has_keyword_form(id.text())) return false;
  // 14.2.3
  const auto iri = QP_TRY(expand_iri(id.text(), Reading::Vocab));
  if (!iri || (!is_keyword(*iri) && !is_iri_or_blank(*iri))) return invalid();
  if (*iri == "@context") return fail(ErrorCode::InvalidKeywordAlias, std::string(pending.term));
  pending.made.iri = *iri;
  // 14.2.4
  if (looks_like_iri(pending.term)) {
    states_[pending.place] = State::Defined;
    if (QP_TRY(expand_iri(pending.term, Reading::Vocab)) != iri) return invalid();
  }
  // 14.2.5
  const bool is_plain = pending.term.find_first_of(":/") == std::string_view::npos;
  pending.made.prefix =
      is_plain && pending.is_simple && (is_blank(*iri) || ends_with_gen_delim(*iri));
  return true;
}

Result<void> ContextBuilder::derive_iri(Pending& pending) {
  const std::string_view term = pending.term;
  if (term == "@type") {  // 17
    pending.made.iri = "@type";
    return {};
  }
  if (const auto colon = term.find(':', 1); colon != term.npos) {
    // 15
    const auto prefix = term.substr(0, colon);
    if (!is_iri_or_blank(prefix)) QP_TRY(define_if_local(prefix));
    const TermDefinition* definition = draft_.find_own(prefix);
    if (definition && definition->iri) {
      pending.made.iri = *definition->iri + std::string(term.substr(colon + 1));
    } else {
      pending.made.iri = term;
    }
    return {};
  }
  if (term.find('/') != term.npos) {
    // 16; without the local context, of which this very term is a part.
    const auto iri = draft_.expand_iri(term, Reading::Vocab, {}, processor_.arena_);
    if (!iri || !rdf::has_scheme(*iri)) {
      return fail(ErrorCode::InvalidIriMapping, std::string(term));
    }
    pending.made.iri = *iri;
    return {};
  }
  // 18
  if (!draft_.vocab) return fail(ErrorCode::InvalidIriMapping, std::string(term));
  pending.made.iri = *draft_.vocab + std::string(term);
  return {};
}

Result<void> ContextBuilder::read_container(Pending& pending) const {
  const json::Value* container = pending.value.find("@container");
  if (!container) return {};
  pending.made.container = QP_TRY(read_containers(*container, is_10()));
  // 19.4
  if (!pending.made.has(kTypeContainer)) return {};
  if (pending.made.type.empty()) pending.made.type = "@id";
  if (pending.made.type != "@id" && pending.made.type != "@vocab") {
    return fail(ErrorCode::InvalidTypeMapping, std::string(pending.term));
  }
  return {};
}

Result<void> ContextBuilder::read_index(Pending& pending) {
  const json::Value* index = pending.value.find("@index");
  if (!index) return {};
  const auto invalid = [&] {
    return fail(ErrorCode::InvalidTermDefinition,
                std::string(pending.term) + ": @index " + json::to_text(*index));
  };
  if (is_10() || !pending.made.has(kIndexContainer) || !index->is_string()) return invalid();
  const auto iri = QP_TRY(expand_iri(index->text(), Reading::Vocab));
  if (!iri || !rdf::has_scheme(*iri)) return invalid();
  pending.made.index = index->text();
  return {};
}

Result<void> ContextBuilder::read_context(Pending& pending) {
  const json::Value* context = pending.value.find("@context");
  if (!context) return {};
  if (is_10()) return fail(ErrorCode::InvalidTermDefinition, "@context in 1.0");
  // 21.3: only to see whether it is valid.
  ContextProcessor::Call call = call_;
  call.flags = ContextProcessor::kOverrideProtected;
  call.validate_scoped = false;
  const ContextPtr borrowed(std::shared_ptr<void>(), &draft_);
  const auto processed = processor_.process_uncached(borrowed, *context, call);
  if (!processed && processed.error().code == Code::TooLarge) return processed.error();
  if (!processed) return fail(ErrorCode::InvalidScopedContext, processed.error().detail);
  // 21.4
  pending.made.context = std::make_shared<const OwnedJson>(*context);
  pending.made.context_base = call_.base_url;
  return {};
}

Result<void> ContextBuilder::read_tags(Pending& pending) const {
  if (pending.value.contains("@type")) return {};
  // 22
  if (const json::Value* language = pending.value.find("@language")) {
    pending.made.language = QP_TRY(read_tag(*language, ErrorCode::InvalidLanguageMapping));
  }
  // 23
  if (const json::Value* direction = pending.value.find("@direction")) {
    pending.made.direction = QP_TRY(read_tag(*direction, ErrorCode::InvalidBaseDirection));
    const Tag& tag = pending.made.direction;
    if (tag.is_set() && tag.text != "ltr" && tag.text != "rtl") {
      return fail(ErrorCode::InvalidBaseDirection, tag.text);
    }
  }
  return {};
}

Result<void> ContextBuilder::read_nest(Pending& pending) const {
  const json::Value* nest = pending.value.find("@nest");
  if (!nest) return {};
  if (is_10()) return fail(ErrorCode::InvalidTermDefinition, "@nest in 1.0");
  if (!nest->is_string() || (is_keyword(nest->text()) && !nest->is("@nest"))) {
    return fail(ErrorCode::InvalidNestValue, json::to_text(*nest));
  }
  pending.made.nest = nest->text();
  return {};
}

Result<void> ContextBuilder::read_prefix(Pending& pending) const {
  const json::Value* prefix = pending.value.find("@prefix");
  if (!prefix) return {};
  if (is_10() || pending.term.find_first_of(":/") != pending.term.npos) {
    return fail(ErrorCode::InvalidTermDefinition, std::string(pending.term) + ": @prefix");
  }
  if (!prefix->is_boolean()) return fail(ErrorCode::InvalidPrefixValue, json::to_text(*prefix));
  pending.made.prefix = prefix->is_true();
  if (pending.made.prefix && pending.made.iri && is_keyword(*pending.made.iri)) {
    return fail(ErrorCode::InvalidTermDefinition, std::string(pending.term) + ": @prefix");
  }
  return {};
}

Result<void> ContextBuilder::check_entries(const Pending& pending) const {
  static constexpr std::string_view kKnown[] = {
      "@id",       "@reverse", "@container", "@context",   "@direction", "@index",
      "@language", "@nest",    "@prefix",    "@protected", "@type"};
  for (const json::Member& member : pending.value.members()) {
    if (std::find(std::begin(kKnown), std::end(kKnown), member.key) == std::end(kKnown)) {
      return fail(ErrorCode::InvalidTermDefinition,
                  std::string(pending.term) + ": " + std::string(member.key));
    }
  }
  return {};
}

Result<void> ContextBuilder::finish(Pending& pending) {
  // 27
  const bool is_guarded = pending.before && pending.before->is_protected &&
                          !call_.has(ContextProcessor::kOverrideProtected);
  if (is_guarded) {
    if (!pending.made.same_but_protection(*pending.before)) {
      return fail(ErrorCode::ProtectedTermRedefinition, std::string(pending.term));
    }
    pending.made = *pending.before;
  }
  pending.made.core = call_.is_core;
  // 28
  pending.made.term = pending.term;
  draft_.own_bytes += pending.made.bytes();
  draft_.terms.set(std::make_shared<const TermDefinition>(std::move(pending.made)));
  return {};
}

}  // namespace qp::jsonld
