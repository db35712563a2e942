#include <algorithm>

#include "base/limits.hpp"
#include "jsonld/context.hpp"
#include "jsonld/context_builder.hpp"
#include "jsonld/errors.hpp"
#include "jsonld/keywords.hpp"
#include "rdf/iri.hpp"
#include "vocab/namespaces.hpp"

// Context processing, JSON-LD API 4.1.2; numbers are the steps there.
namespace qp::jsonld {
namespace {

constexpr std::string_view kActivityStreams = "https://www.w3.org/ns/activitystreams";

/// The contexts whose terms mean the same in every document that is stored (AS2 core, 2.1; spec:
/// security.md 1.3).
bool is_core_context(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  std::string_view rest = url.substr(scheme + 3);
  if (rest.ends_with('#')) rest.remove_suffix(1);
  return rest == "www.w3.org/ns/activitystreams" ||
         rest == "www.w3.org/ns/activitystreams.jsonld" || rest == "w3id.org/security/v1";
}

bool is_relative(json::Value value) { return value.is_string() && !rdf::has_scheme(value.text()); }

// Whether the meaning of a local context depends on the document it is in.
bool depends_on_base(json::Value local) {
  if (is_relative(local)) return true;
  for (const json::Value item : local.items()) {
    if (depends_on_base(item)) return true;
  }
  if (!local.is_object()) return false;
  if (local.contains("@base") || is_relative(local.get("@vocab")) ||
      is_relative(local.get("@import"))) {
    return true;
  }
  return std::any_of(local.members().begin(), local.members().end(), [](const json::Member& m) {
    const json::Value* scoped = m.value.find("@context");
    return scoped && depends_on_base(*scoped);
  });
}

Result<void> set_base(Context& draft, json::Value value, std::string_view document_base) {
  if (value.is_null()) {  // 5.7.2
    draft.base_iri = {Tag::State::Null, {}};
    return {};
  }
  if (!value.is_string()) return fail(ErrorCode::InvalidBaseIri, json::to_text(value));
  if (rdf::has_scheme(value.text())) {  // 5.7.3
    draft.base_iri = {Tag::State::Set, std::string(value.text())};
    return {};
  }
  // 5.7.4
  const auto base = draft.base(document_base);
  if (!base) return fail(ErrorCode::InvalidBaseIri, std::string(value.text()));
  draft.base_iri = {Tag::State::Set, rdf::resolve_iri(*base, value.text())};
  return {};
}

Result<void> set_vocab(Context& draft, json::Value value, std::string_view document_base,
                       json::Arena& arena) {
  const bool keeps = draft.mode == Mode::Storage;
  if (value.is_null() || (keeps && value.is("_:"))) {  // 5.8.2
    draft.vocab = keeps ? std::optional<std::string>(QP_NAMESPACE_undefined) : std::nullopt;
    return {};
  }
  if (!value.is_string()) return fail(ErrorCode::InvalidVocabMapping, json::to_text(value));
  // 5.8.3
  const bool is_absolute = is_blank(value.text()) || rdf::has_scheme(value.text());
  if (!is_absolute && draft.processing_mode == ProcessingMode::JsonLd10) {
    return fail(ErrorCode::InvalidVocabMapping, std::string(value.text()));
  }
  const auto iri = draft.expand_iri(value.text(), Reading::VocabThenDocument, document_base, arena);
  if (!iri || (!is_blank(*iri) && !rdf::has_scheme(*iri))) {
    return fail(ErrorCode::InvalidVocabMapping, std::string(value.text()));
  }
  draft.vocab = *iri;
  return {};
}

Result<void> set_language(Context& draft, json::Value value) {
  if (!value.is_null() && !value.is_string()) {
    return fail(ErrorCode::InvalidDefaultLanguage, json::to_text(value));
  }
  draft.language = value.is_null() ? Tag{} : Tag{Tag::State::Set, std::string(value.text())};
  return {};
}

Result<void> set_direction(Context& draft, json::Value value) {
  if (draft.processing_mode == ProcessingMode::JsonLd10) {
    return fail(ErrorCode::InvalidContextEntry, "@direction in 1.0");
  }
  if (!value.is_null() && !value.is("ltr") && !value.is("rtl")) {
    return fail(ErrorCode::InvalidBaseDirection, json::to_text(value));
  }
  draft.direction = value.is_null() ? Tag{} : Tag{Tag::State::Set, std::string(value.text())};
  return {};
}

Result<void> check_version(json::Value local, const Context& draft) {
  const json::Value* version = local.find("@version");
  if (!version) return {};
  if (!version->is_number() || json::to_double(*version) != 1.1) {
    return fail(ErrorCode::InvalidVersionValue, json::to_text(*version));
  }
  if (draft.processing_mode == ProcessingMode::JsonLd10) {
    return fail(ErrorCode::ProcessingModeConflict, "@version 1.1");
  }
  return {};
}

Result<void> check_flags(json::Value local, const Context& draft) {
  const json::Value* propagate = local.find("@propagate");
  if (propagate && draft.processing_mode == ProcessingMode::JsonLd10) {
    return fail(ErrorCode::InvalidContextEntry, "@propagate in 1.0");
  }
  if (propagate && !propagate->is_boolean()) {
    return fail(ErrorCode::InvalidPropagateValue, json::to_text(*propagate));
  }
  const json::Value* guard = local.find("@protected");
  if (guard && !guard->is_boolean()) {
    return fail(ErrorCode::InvalidProtectedValue, json::to_text(*guard));
  }
  return {};
}

}  // namespace

ContextProcessor::ContextProcessor(const Options& options, json::Arena& arena)
    : options_(options),
      arena_(arena),
      own_cache_(options.cache ? nullptr : std::make_unique<ContextCache>()),
      cache_(options.cache ? *options.cache : *own_cache_),
      empty_(Context::initial(options.mode, options.processing_mode)) {}

Result<ContextPtr> ContextProcessor::initial() {
  if (options_.mode == Mode::Conformant) return empty_;
  return process(empty_, json::Value::string(kActivityStreams), {});
}

Result<void> ContextProcessor::tolerated(Result<void> done) const {
  const bool passes =
      !done && options_.mode == Mode::Storage && done.error().code == Code::BadInput;
  return passes ? Result<void>() : done;
}

std::shared_ptr<Context> ContextProcessor::draft_of(const Context& context) {
  auto draft = std::make_shared<Context>(context);
  draft->id = cache_.next_id();
  return draft;
}

std::string ContextProcessor::cache_key(const Context& active, json::Value local,
                                        std::string_view text, const Call& call) const {
  std::string key(reinterpret_cast<const char*>(&active.id), sizeof active.id);
  key += static_cast<char>('0' + call.flags);
  if (depends_on_base(local)) key.append(call.base_url).append(1, ' ').append(options_.base);
  return key.append(1, '\n').append(text);
}

Result<ContextPtr> ContextProcessor::process(const ContextPtr& active, json::Value local,
                                             std::string_view base_url, unsigned flags) {
  const Call call{std::string(base_url), flags, {}, true, false};
  return process_cached(active, local, json::to_text(local), call);
}

Result<ContextPtr> ContextProcessor::process_scoped(const ContextPtr& active,
                                                    const TermDefinition& definition,
                                                    unsigned flags) {
  const Call call{definition.context_base, flags, {}, true, false};
  return process_cached(active, definition.context->value, definition.context->text, call);
}

Result<ContextPtr> ContextProcessor::process_cached(const ContextPtr& active, json::Value local,
                                                    std::string_view text, const Call& call) {
  const std::string key = cache_key(*active, local, text, call);
  if (ContextPtr known = cache_.find(key)) return known;
  const std::size_t unknown_before = unknown_;
  ContextPtr made = QP_TRY(process_uncached(active, local, call));
  if (unknown_ == unknown_before) cache_.insert(key, made);
  return made;
}

Result<ContextPtr> ContextProcessor::process_uncached(const ContextPtr& active, json::Value local,
                                                      const Call& call) {
  ContextPtr result = active;  // 1
  Call inner = call;
  // 2
  if (const json::Value* propagate = local.find("@propagate")) {
    inner.flags = propagate->is_true() ? call.flags & ~kNoPropagate : call.flags | kNoPropagate;
  }
  // 3
  if (inner.has(kNoPropagate) && !result->previous) {
    auto draft = draft_of(*result);
    draft->previous = active;
    result = draft;
  }
  // 4, 5
  if (!local.is_array()) return apply(result, local, inner);
  if (local.size() > limits::kContextsPerDocument) {
    return fail(ErrorCode::ContextOverflow, "too many contexts in one array");
  }
  for (const json::Value item : local.items()) {
    // A list with one that was seen before, such as ActivityStreams, starts from that.
    const bool is_shared = inner.remote.empty() && inner.flags == kNone && inner.validate_scoped;
    result = QP_TRY(is_shared ? apply_cached(result, item, inner) : apply(result, item, inner));
  }
  return result;
}

Result<ContextPtr> ContextProcessor::apply_cached(const ContextPtr& result, json::Value local,
                                                  const Call& call) {
  // Marked as an item: inside a list @propagate has no effect.
  const std::string key = cache_key(*result, local, "item " + json::to_text(local), call);
  if (ContextPtr known = cache_.find(key)) return known;
  const std::size_t unknown_before = unknown_;
  ContextPtr made = QP_TRY(apply(result, local, call));
  if (unknown_ == unknown_before) cache_.insert(key, made);
  return made;
}

Result<ContextPtr> ContextProcessor::apply(const ContextPtr& result, json::Value local,
                                           const Call& call) {
  if (local.is_null()) return apply_null(result, call);                    // 5.1
  if (local.is_string()) return apply_remote(result, local.text(), call);  // 5.2
  if (!local.is_object()) {                                                // 5.3
    QP_TRY(tolerated(fail(ErrorCode::InvalidLocalContext, json::to_text(local))));
    return result;
  }
  return apply_map(result, local, call);
}

Result<ContextPtr> ContextProcessor::apply_null(const ContextPtr& result, const Call& call) {
  // 5.1.1
  if (!call.has(kOverrideProtected) && result->has_protected_terms()) {
    QP_TRY(tolerated(fail(ErrorCode::InvalidContextNullification, "there are protected terms")));
    return result;
  }
  // 5.1.2
  ContextPtr begin = QP_TRY(initial());
  if (!call.has(kNoPropagate)) return begin;
  auto draft = draft_of(*begin);
  draft->previous = result->previous;
  return ContextPtr(draft);
}

Result<ContextPtr> ContextProcessor::apply_remote(const ContextPtr& result,
                                                  std::string_view reference, const Call& call) {
  // 5.2.1
  const std::string url = rdf::resolve_iri(call.base_url, reference);
  // 5.2.2
  const auto& open = call.remote;
  const bool is_open = std::find(open.begin(), open.end(), url) != open.end();
  if (is_open && !call.validate_scoped) return result;
  // 5.2.3
  if (open.size() >= limits::kContextDepth) return fail(ErrorCode::ContextOverflow, url);
  // 5.2.4, 5.2.5
  auto loaded = load(url);
  if (!loaded) {
    const bool is_unknown = loaded.error().code == Code::NotFound;
    unknown_ += is_unknown;
    if (options_.mode == Mode::Storage && is_unknown) return result;
    return std::move(loaded).error();
  }
  // 5.2.6
  Call inner = call;
  inner.base_url = loaded->url;
  inner.remote.push_back(url);
  inner.is_core = options_.mode == Mode::Storage && is_core_context(url);
  return process_uncached(result, loaded->context, inner);
}

Result<ContextProcessor::Loaded> ContextProcessor::load(const std::string& url) {
  if (++loads_ > limits::kContextsPerDocument) return fail(ErrorCode::ContextOverflow, url);
  if (!options_.loader) {
    Error missing = fail(ErrorCode::LoadingRemoteContextFailed, url);
    missing.code = Code::NotFound;
    return missing;
  }
  auto document = options_.loader(url);
  if (!document) {
    Error failed =
        fail(ErrorCode::LoadingRemoteContextFailed, url + ": " + document.error().detail);
    failed.code = document.error().code;
    return failed;
  }
  const auto parsed = json::parse(arena_.copy(document->text), arena_);
  if (!parsed) {
    return fail(ErrorCode::LoadingRemoteContextFailed, url + ": " + parsed.error().detail);
  }
  const json::Value* context = parsed->find("@context");
  if (!context) return fail(ErrorCode::InvalidRemoteContext, url + " has no @context");
  return Loaded{*context, document->url.empty() ? url : document->url};
}

Result<json::Value> ContextProcessor::merge_import(json::Value local, const Call& call) {
  const json::Value import = local.get("@import");
  if (options_.processing_mode == ProcessingMode::JsonLd10) {
    return fail(ErrorCode::InvalidContextEntry, "@import in 1.0");  // 5.6.1
  }
  // 5.6.2
  if (!import.is_string()) return fail(ErrorCode::InvalidImportValue, json::to_text(import));
  // 5.6.3 to 5.6.7
  const std::string url = rdf::resolve_iri(call.base_url, import.text());
  const Loaded loaded = QP_TRY(load(url));
  if (!loaded.context.is_object()) return fail(ErrorCode::InvalidRemoteContext, url);
  if (loaded.context.contains("@import")) {
    return fail(ErrorCode::InvalidContextEntry, url + " has @import itself");
  }
  // 5.6.8
  json::Value merged = json::Value::object(arena_);
  for (const json::Member& member : loaded.context.members()) {
    merged.set(arena_, member.key, member.value);
  }
  for (const json::Member& member : local.members()) {
    if (member.key != "@import") merged.set(arena_, member.key, member.value);
  }
  return merged;
}

Result<ContextPtr> ContextProcessor::apply_map(const ContextPtr& result, json::Value local,
                                               const Call& call) {
  const bool is_inline = options_.mode == Mode::Storage && call.remote.empty();
  if (is_inline && local.size() > limits::kContextTerms) {
    return error(Code::TooLarge, "an inline context with too many terms");
  }
  if (++compiled_ > limits::kContextsCompiled) {
    return fail(ErrorCode::ContextOverflow, "too many different contexts in one document");
  }
  auto draft = draft_of(*result);
  QP_TRY(tolerated(check_version(local, *draft)));  // 5.5
  if (local.contains("@import")) {                  // 5.6
    auto merged = merge_import(local, call);
    const bool is_unknown = !merged && merged.error().code == Code::NotFound;
    unknown_ += is_unknown;
    const bool passes = is_unknown && options_.mode == Mode::Storage;
    if (!merged && !passes) QP_TRY(tolerated(Result<void>(merged.error())));
    if (merged) local = *merged;
  }
  const json::Value* base = local.find("@base");  // 5.7
  if (base && call.remote.empty()) QP_TRY(tolerated(set_base(*draft, *base, options_.base)));
  if (const json::Value* vocab = local.find("@vocab")) {  // 5.8
    QP_TRY(tolerated(set_vocab(*draft, *vocab, options_.base, arena_)));
  }
  if (const json::Value* language = local.find("@language")) {  // 5.9
    QP_TRY(tolerated(set_language(*draft, *language)));
  }
  if (const json::Value* direction = local.find("@direction")) {  // 5.10
    QP_TRY(tolerated(set_direction(*draft, *direction)));
  }
  QP_TRY(tolerated(check_flags(local, *draft)));       // 5.11
  ContextBuilder builder(*this, *draft, local, call);  // 5.12, 5.13
  QP_TRY(builder.define_all());
  return ContextPtr(draft);
}

}  // namespace qp::jsonld
