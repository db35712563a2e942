#include "jsonld/context.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "jsonld/keywords.hpp"
#include "jsonld/orphans.hpp"
#include "rdf/iri.hpp"

namespace qp::jsonld {
namespace {

TermMap orphan_definitions() {
  TermMap result;
  for (const Orphan& orphan : kOrphans) {
    auto definition = std::make_shared<TermDefinition>();
    definition->iri = orphan.iri;
    definition->term = orphan.term;
    if (orphan.is_reference) definition->type = "@id";
    result.set(std::move(definition));
  }
  return result;
}

std::string lower_tag(const std::string& language, const std::string& direction) {
  return text::lower(direction.empty() ? language : language + "_" + direction);
}

// 4.3, step 3.13: the key of a definition with both mappings.
std::string tag_key(const Tag& language, const Tag& direction) {
  if (!language.is_set() && !direction.is_set()) return "@null";
  return lower_tag(language.text, direction.text);
}

}  // namespace

OwnedJson::OwnedJson(json::Value source)
    : text(json::to_text(source)), value(json::deep_copy(source, arena)) {}

std::size_t TermDefinition::bytes() const {
  const std::size_t texts = term.size() + (iri ? iri->size() : 0) + type.size() + nest.size() +
                            index.size() + context_base.size();
  return sizeof(TermDefinition) + texts +
         (context ? sizeof(OwnedJson) + context->text.size() + context->arena.bytes() : 0);
}

bool TermDefinition::same_but_protection(const TermDefinition& other) const {
  const auto text_of = [](const TermDefinition& definition) {
    return definition.context ? std::string_view(definition.context->text) : std::string_view();
  };
  return iri == other.iri && type == other.type && nest == other.nest && index == other.index &&
         language == other.language && direction == other.direction &&
         container == other.container && prefix == other.prefix && reverse == other.reverse &&
         text_of(*this) == text_of(other);
}

TermMap::Definition TermMap::get(std::string_view term) const {
  const std::uint32_t at = place_of(term);
  return at == FlatIndex::kNone || !entries_[at].present ? nullptr : entries_[at].definition;
}

void TermMap::set(Definition definition) {
  const std::string_view term = definition->term;
  const auto [at, added] = index_.find_or_add(
      TextHash{}(term), static_cast<std::uint32_t>(entries_.size()),
      [&](std::uint32_t place) { return entries_[place].definition->term == term; });
  if (added) {
    entries_.push_back({std::move(definition), true});
  } else {
    entries_[at] = {std::move(definition), true};
  }
}

void TermMap::erase(std::string_view term) {
  const std::uint32_t at = place_of(term);
  if (at != FlatIndex::kNone) entries_[at].present = false;
}

Context::Context(const Context& other)
    : terms(other.terms),
      vocab(other.vocab),
      base_iri(other.base_iri),
      language(other.language),
      direction(other.direction),
      previous(other.previous),
      mode(other.mode),
      processing_mode(other.processing_mode) {}

ContextPtr Context::initial(Mode mode, ProcessingMode processing_mode) {
  auto context = std::make_shared<Context>();
  context->mode = mode;
  context->processing_mode = processing_mode;
  if (mode == Mode::Storage) context->vocab = QP_NAMESPACE_undefined;
  context->id =
      (mode == Mode::Storage ? 2 : 0) + (processing_mode == ProcessingMode::JsonLd10 ? 1 : 0);
  return context;
}

const TermDefinition* Context::find_own(std::string_view term) const { return terms.find(term); }

const TermDefinition* Context::find(std::string_view term) const {
  if (const TermDefinition* own = find_own(term)) return own;
  if (!keeps_undefined()) return nullptr;
  static const TermMap orphans = orphan_definitions();
  return orphans.find(term);
}

bool Context::keeps_undefined() const {
  return mode == Mode::Storage && vocab == QP_NAMESPACE_undefined;
}

std::optional<std::string_view> Context::base(std::string_view document_base) const {
  switch (base_iri.state) {
    case Tag::State::Null:
      return std::nullopt;
    case Tag::State::Set:
      return base_iri.text;
    case Tag::State::Unset:
      break;
  }
  if (document_base.empty()) return std::nullopt;
  return document_base;
}

bool Context::has_protected_terms() const {
  bool any = false;
  terms.for_each([&](const TermDefinition& definition) { any |= definition.is_protected; });
  return any;
}

const InverseContext& Context::inverse() const {
  std::call_once(inverse_once_, [this] { inverse_ = std::make_unique<InverseContext>(*this); });
  return *inverse_;
}

// IRI expansion, 5.2.2; numbers are the steps there.
std::optional<std::string_view> Context::expand_iri(std::string_view value, Reading reading,
                                                    std::string_view document_base,
                                                    json::Arena& arena) const {
  // 1, 2
  if (is_keyword(value)) return value;
  if (has_keyword_form(value)) return std::nullopt;
  const bool through_vocab = reading == Reading::Vocab || reading == Reading::VocabThenDocument;
  if (const TermDefinition* definition = find(value)) {
    // 4, 5
    if (!definition->iri) {
      if (through_vocab) return std::nullopt;
    } else if (through_vocab || is_keyword(*definition->iri)) {
      return arena.copy(*definition->iri);
    }
  }
  // 6
  const auto colon = value.find(':', value.empty() ? 0 : 1);
  if (colon != value.npos) {
    const auto prefix = value.substr(0, colon);
    const auto suffix = value.substr(colon + 1);
    if (prefix == "_" || suffix.starts_with("//")) return value;
    const TermDefinition* definition = find_own(prefix);
    if (definition && definition->iri && definition->prefix) {
      return arena.concat(*definition->iri, suffix);
    }
    if (rdf::has_scheme(value)) return value;
  }
  // 7
  if (through_vocab && vocab) return arena.concat(*vocab, value);
  // 8
  if (reading == Reading::Document || reading == Reading::VocabThenDocument) {
    if (const auto against = base(document_base)) {
      return arena.copy(rdf::resolve_iri(*against, value));
    }
  }
  return value;
}

// Inverse context creation, 4.3.2; numbers are the steps there.
InverseContext::InverseContext(const Context& context) {
  std::vector<std::pair<std::string_view, const TermDefinition*>> sorted;
  context.terms.for_each([&](const TermDefinition& definition) {
    if (definition.iri) sorted.emplace_back(definition.term, &definition);  // 3.1
  });
  // 3: the shortest first, then in lexicographic order.
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    if (a.first.size() != b.first.size()) return a.first.size() < b.first.size();
    return a.first < b.first;
  });
  for (const auto& [term, definition] : sorted) {
    if (definition->prefix) prefixes_.emplace_back(*definition->iri, term);
    add(context, term, *definition);
  }
}

InverseContext::Entry& InverseContext::entry(std::string_view iri, Containers container,
                                             std::string_view term) {
  auto& entries = iris_[iri];
  for (Entry& entry : entries) {
    if (entry.container == container) return entry;
  }
  // 3.7
  Entry fresh{container, {}};
  fresh.tables[static_cast<std::size_t>(Table::Any)].emplace_back("@none", term);
  return entries.emplace_back(std::move(fresh));
}

void InverseContext::add(const Context& context, std::string_view term,
                         const TermDefinition& definition) {
  Entry& target = entry(*definition.iri, definition.container, term);
  const auto offer = [&](Table table, std::string key) {
    Choices& choices = target.tables[static_cast<std::size_t>(table)];
    const bool taken = std::any_of(choices.begin(), choices.end(),
                                   [&](const auto& choice) { return choice.first == key; });
    if (!taken) choices.emplace_back(std::move(key), term);
  };
  const Tag& language = definition.language;
  const Tag& direction = definition.direction;
  if (definition.reverse) {  // 3.10
    offer(Table::Type, "@reverse");
  } else if (definition.type == "@none") {  // 3.11
    offer(Table::Type, "@any");
    offer(Table::Language, "@any");
  } else if (!definition.type.empty()) {  // 3.12
    offer(Table::Type, definition.type);
  } else if (language.is_mentioned() && direction.is_mentioned()) {  // 3.13
    offer(Table::Language, tag_key(language, direction));
  } else if (language.is_mentioned()) {  // 3.14
    offer(Table::Language, language.is_set() ? text::lower(language.text) : "@null");
  } else if (direction.is_mentioned()) {  // 3.15
    offer(Table::Language, direction.is_set() ? "_" + direction.text : "@none");
  } else {  // 3.16, 3.17
    const bool tagged = context.language.is_set() || context.direction.is_set();
    if (tagged) offer(Table::Language, lower_tag(context.language.text, context.direction.text));
    offer(Table::Language, "@none");
    offer(Table::Type, "@none");
  }
}

// 4.4.2
std::string_view InverseContext::select(std::string_view iri,
                                        const std::vector<Containers>& containers, Table table,
                                        const std::vector<std::string_view>& preferred) const {
  const auto found = iris_.find(iri);
  if (found == iris_.end()) return {};
  for (const Containers container : containers) {
    const auto entry = std::find_if(found->second.begin(), found->second.end(),
                                    [&](const Entry& e) { return e.container == container; });
    if (entry == found->second.end()) continue;
    const Choices& choices = entry->tables[static_cast<std::size_t>(table)];
    for (const std::string_view wanted : preferred) {
      for (const auto& [key, term] : choices) {
        if (key == wanted) return term;
      }
    }
  }
  return {};
}

ContextPtr ContextCache::find(std::string_view key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = young_.find(key); found != young_.end()) return found->second;
  const auto found = old_.find(key);
  if (found == old_.end()) return nullptr;
  ContextPtr context = found->second;
  old_.erase(found);
  keep(key, context);
  return context;
}

void ContextCache::insert(std::string_view key, ContextPtr context) {
  const std::lock_guard lock(mutex_);
  keep(key, std::move(context));
}

std::uint64_t ContextCache::next_id() {
  const std::lock_guard lock(mutex_);
  return next_id_++;
}

void ContextCache::keep(std::string_view key, ContextPtr context) {
  // Its place in the map of terms, and what the inverse has of it.
  constexpr std::size_t kBytesPerTerm = 400;
  const std::size_t bytes =
      key.size() + sizeof(Context) + kBytesPerTerm * context->terms.size() + context->own_bytes;
  if (young_bytes_ + bytes > max_bytes_ / 2) {
    old_ = std::exchange(young_, {});
    young_bytes_ = 0;
  }
  young_bytes_ += bytes;
  young_.insert_or_assign(std::string(key), std::move(context));
}

}  // namespace qp::jsonld
