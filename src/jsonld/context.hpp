#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/flat_index.hpp"
#include "base/json.hpp"
#include "base/text_hash.hpp"
#include "jsonld/jsonld.hpp"

namespace qp::jsonld {

class Context;
using ContextPtr = std::shared_ptr<const Context>;

/// Container mappings, as a set of bits; 0 is `@none`.
enum Container : std::uint8_t {
  kNoContainer = 0,
  kGraphContainer = 1,
  kIdContainer = 2,
  kIndexContainer = 4,
  kLanguageContainer = 8,
  kListContainer = 16,
  kSetContainer = 32,
  kTypeContainer = 64,
};
using Containers = std::uint8_t;

/// Language and base direction: not mentioned, set to null, or a text.
struct Tag {
  enum class State : std::uint8_t { Unset, Null, Set };
  State state = State::Unset;
  std::string text;

  bool is_set() const { return state == State::Set; }
  bool is_mentioned() const { return state != State::Unset; }
  friend bool operator==(const Tag&, const Tag&) = default;
};

/// JSON that owns its text, with that text to compare and to look up by.
struct OwnedJson {
  explicit OwnedJson(json::Value source);
  std::string text;
  json::Arena arena;
  json::Value value;
};

/// JSON-LD API 4.2. Immutable once it is in a Context.
struct TermDefinition {
  std::string term;
  std::optional<std::string> iri;  ///< none: the term is explicitly ignored
  std::string type;                ///< type mapping, or empty
  std::string nest;                ///< nest value, or empty
  std::string index;               ///< index mapping, or empty: `@index`
  Tag language;
  Tag direction;
  std::shared_ptr<const OwnedJson> context;  ///< scoped context, or null
  std::string context_base;                  ///< what relative references in it are relative to
  Containers container = kNoContainer;
  bool prefix = false;
  bool is_protected = false;
  bool reverse = false;
  bool core = false;  ///< storage mode: of ActivityStreams or security; nobody may redefine it

  bool has(Container wanted) const { return (container & wanted) != 0; }
  /// In memory, about.
  std::size_t bytes() const;
  /// Equal but for the protected flag.
  bool same_but_protection(const TermDefinition& other) const;
};

/// Definitions by their terms. Quick to copy: a context begins as a copy of another one.
class TermMap {
 public:
  using Definition = std::shared_ptr<const TermDefinition>;

  /// nullptr: there is none.
  const TermDefinition* find(std::string_view term) const {
    const std::uint32_t at = place_of(term);
    return at == FlatIndex::kNone || !entries_[at].present ? nullptr
                                                           : entries_[at].definition.get();
  }
  Definition get(std::string_view term) const;
  void set(Definition definition);
  void erase(std::string_view term);
  void reserve(std::size_t more) { entries_.reserve(entries_.size() + more); }
  std::size_t size() const { return entries_.size(); }
  template <class F>
  void for_each(const F& call) const {
    for (const Entry& entry : entries_) {
      if (entry.present) call(*entry.definition);
    }
  }

 private:
  struct Entry {
    Definition definition;
    bool present = true;  ///< an erased one keeps its place
  };
  std::uint32_t place_of(std::string_view term) const {
    return index_.find(TextHash{}(term),
                       [&](std::uint32_t at) { return entries_[at].definition->term == term; });
  }

  std::vector<Entry> entries_;
  FlatIndex index_;
};

/// JSON-LD API 4.3: from an IRI to the terms that may stand for it.
class InverseContext {
 public:
  enum class Table { Language, Type, Any };

  explicit InverseContext(const Context& context);
  bool contains(std::string_view iri) const { return iris_.find(iri) != iris_.end(); }
  /// The terms that may be the prefix of a compact IRI, by their IRI.
  const std::vector<std::pair<std::string_view, std::string_view>>& prefixes() const {
    return prefixes_;
  }
  /// Term selection, 4.4: the first term in the order of preference; empty where there is none.
  std::string_view select(std::string_view iri, const std::vector<Containers>& containers,
                          Table table, const std::vector<std::string_view>& preferred) const;

 private:
  using Choices = std::vector<std::pair<std::string, std::string_view>>;
  struct Entry {
    Containers container;
    std::array<Choices, 3> tables;
  };
  void add(const Context& context, std::string_view term, const TermDefinition& definition);
  Entry& entry(std::string_view iri, Containers container, std::string_view term);

  std::unordered_map<std::string_view, std::vector<Entry>> iris_;
  std::vector<std::pair<std::string_view, std::string_view>> prefixes_;
};

/// Which ways of reading a reference apply, 5.2: through @vocab, against the base.
enum class Reading { Vocab, Document, VocabThenDocument, Neither };

/// An active context, JSON-LD API 4.1. Immutable once processing has handed it out as a
/// ContextPtr, and then safe for any thread.
///
/// The base IRI of the document is not part of it, so that documents share their contexts; it is
/// an argument where it is needed.
class Context {
 public:
  /// The initial context: no terms. Storage mode starts with the vocabulary of undefined terms.
  static ContextPtr initial(Mode mode, ProcessingMode processing_mode);

  /// The definition of a term, or nullptr. In storage mode the well-known orphans (orphans.hpp)
  /// count as defined while undefined terms are kept.
  const TermDefinition* find(std::string_view term) const;
  /// The same, without the orphans.
  const TermDefinition* find_own(std::string_view term) const;

  /// IRI expansion, 5.2, without a local context. No value: null. The text is `value` itself or
  /// in the arena; it does not point into the context.
  std::optional<std::string_view> expand_iri(std::string_view value, Reading reading,
                                             std::string_view document_base,
                                             json::Arena& arena) const;
  /// The base IRI, or none where it was set to null.
  std::optional<std::string_view> base(std::string_view document_base) const;
  /// Built when first asked for.
  const InverseContext& inverse() const;
  bool has_protected_terms() const;
  /// True where an undefined term becomes an IRI of the private namespace.
  bool keeps_undefined() const;

  TermMap terms;
  std::optional<std::string> vocab;
  Tag base_iri;  ///< Unset: that of the document
  Tag language;
  Tag direction;
  ContextPtr previous;
  Mode mode = Mode::Conformant;
  ProcessingMode processing_mode = ProcessingMode::JsonLd11;
  std::uint64_t id = 0;  ///< within one ContextCache; the initial contexts have those below 8
  /// Of the definitions that it does not share with what it began as.
  std::size_t own_bytes = 0;

  Context() = default;
  /// A draft that is changed before it is handed out; `id`, own_bytes and the inverse are not
  /// copied.
  Context(const Context& other);
  Context& operator=(const Context&) = delete;

 private:
  mutable std::once_flag inverse_once_;
  mutable std::unique_ptr<const InverseContext> inverse_;
};

/// Compiled contexts by parent, text, base and flags. Bounded; any thread. All users of one cache
/// have loaders that give the same answers.
class ContextCache {
 public:
  explicit ContextCache(std::size_t max_bytes = std::size_t{32} * 1024 * 1024)
      : max_bytes_(max_bytes) {}

  /// Null where it is not known.
  ContextPtr find(std::string_view key);
  void insert(std::string_view key, ContextPtr context);
  /// For a context that is being made.
  std::uint64_t next_id();

 private:
  using Map = std::unordered_map<std::string, ContextPtr, TextHash, std::equal_to<>>;
  void keep(std::string_view key, ContextPtr context);  // under mutex_

  const std::size_t max_bytes_;
  std::mutex mutex_;  // guards all below
  // Two generations: when the young one is full, the old one is dropped and it takes its place.
  Map young_, old_;
  std::size_t young_bytes_ = 0;
  std::uint64_t next_id_ = 8;
};

/// Context processing, 4.1.2, for one document or one context; not shared between threads.
class ContextProcessor {
 public:
  enum Flags : unsigned { kNone = 0, kOverrideProtected = 1, kNoPropagate = 2 };

  ContextProcessor(const Options& options, json::Arena& arena);

  /// Where a document begins: no terms. In storage mode ActivityStreams, which applies to every
  /// document (AS2 core, 2.1), named or not.
  Result<ContextPtr> initial();
  /// `active` with `local` applied to it; relative references in it are against `base_url`.
  Result<ContextPtr> process(const ContextPtr& active, json::Value local, std::string_view base_url,
                             unsigned flags = kNone);
  /// The scoped context of a definition, applied to `active`.
  Result<ContextPtr> process_scoped(const ContextPtr& active, const TermDefinition& definition,
                                    unsigned flags);

 private:
  friend class ContextBuilder;
  struct Call {
    std::string base_url;
    unsigned flags = kNone;
    std::vector<std::string> remote;  // contexts being processed, outermost first
    bool validate_scoped = true;
    bool is_core = false;  // storage mode: the ActivityStreams or the security context itself

    bool has(Flags flag) const { return (flags & flag) != 0; }
  };

  Result<ContextPtr> process_cached(const ContextPtr& active, json::Value local,
                                    std::string_view text, const Call& call);
  Result<ContextPtr> process_uncached(const ContextPtr& active, json::Value local,
                                      const Call& call);
  Result<ContextPtr> apply_cached(const ContextPtr& result, json::Value local, const Call& call);
  Result<ContextPtr> apply(const ContextPtr& result, json::Value local, const Call& call);
  /// An error in a context, which storage mode passes over: what it would have defined is
  /// undefined.
  Result<void> tolerated(Result<void> done) const;
  Result<ContextPtr> apply_null(const ContextPtr& result, const Call& call);
  Result<ContextPtr> apply_remote(const ContextPtr& result, std::string_view reference,
                                  const Call& call);
  Result<ContextPtr> apply_map(const ContextPtr& result, json::Value local, const Call& call);
  Result<json::Value> merge_import(json::Value local, const Call& call);
  struct Loaded {
    json::Value context;
    std::string url;
  };
  Result<Loaded> load(const std::string& url);
  std::shared_ptr<Context> draft_of(const Context& context);
  std::string cache_key(const Context& active, json::Value local, std::string_view text,
                        const Call& call) const;

  const Options& options_;
  json::Arena& arena_;
  std::unique_ptr<ContextCache> own_cache_;
  ContextCache& cache_;
  ContextPtr empty_;
  std::size_t loads_ = 0;
  std::size_t compiled_ = 0;
  std::size_t unknown_ = 0;  // contexts that nobody has: what was made without them is not kept
};

}  // namespace qp::jsonld
