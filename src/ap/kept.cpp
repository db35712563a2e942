#include "ap/kept.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "ap/activity.hpp"
#include "ap/collection.hpp"
#include "vocab/terms.hpp"
#include "vocab/views.hpp"

namespace qp::ap {

namespace {

constexpr std::array kKeptOfObject = {as::attributedTo, as::likes, as::shares, as::replies,
                                      as::actor};
constexpr std::array kKeptOfCollection = {as::attributedTo, as::actor, as::items,  as::totalItems,
                                          as::first,        as::last,  as::current};
constexpr std::array kKeptOfActor = {ldp::inbox,     as::outbox,          as::followers,
                                     as::following,  as::liked,           as::streams,
                                     as::endpoints,  toot::featured,      as::preferredUsername,
                                     sec::publicKey, sec::assertionMethod};
/// ActivityStreams 2.0 vocabulary, 3.3, and Question.
constexpr std::array kObjectTypes = {as::Article,      as::Audio, as::Document, as::Event,
                                     as::Image,        as::Note,  as::Page,     as::Place,
                                     as::Profile,      as::Video, as::Question, as::Tombstone,
                                     as::Relationship, as::Object};
constexpr std::array kKeys = {sec::publicKey, sec::assertionMethod};

/// Property and value, as texts. Nodes without an id are all alike here.
using Said = std::multiset<std::pair<std::string, std::string>>;

std::string value_text(const rdf::TermView& value) {
  return value.kind == rdf::TermKind::Blank ? std::string() : std::string(value.value);
}

Said said_in(const jsonld::StoredForm& form, std::string_view subject) {
  Said said;
  for (const jsonld::EmittedQuad& emitted : form.quads) {
    const auto& [s, p, o, g] = emitted.quad;
    if (s.kind == rdf::TermKind::Iri && s.value == subject) said.emplace(p.value, value_text(o));
  }
  return said;
}

Result<Said> stored(const store::Txn& txn, std::string_view resource, std::string_view subject) {
  Said said;
  const auto graph = QP_TRY(txn.find_iri(resource)), id = QP_TRY(txn.find_iri(subject));
  if (!graph || !id) return said;
  std::vector<store::QuadIds> quads;
  QP_TRY(txn.scan({*graph, *id, {}, {}}, {}, [&](const store::OrderedQuad& quad) {
    quads.push_back(quad.quad);
    return true;
  }));
  for (const store::QuadIds& quad : quads) {
    std::string property(QP_TRY(txn.resolve(quad.p)).value);
    said.emplace(std::move(property), value_text(QP_TRY(txn.resolve(quad.o))));
  }
  return said;
}

Said only(Said said, std::span<const Word> words) {
  std::erase_if(said, [&](const auto& one) {
    return std::ranges::none_of(words, [&](const Word& word) { return word.iri == one.first; });
  });
  return said;
}

Error kept(std::string_view property) {
  const std::size_t end = property.find_last_of("#/");
  return error(Code::BadInput,
               "\"" + std::string(property.substr(end + 1)) + "\" is kept by the server");
}

std::vector<std::string> types_in(const Said& said) {
  std::vector<std::string> types;
  for (const auto& [property, value] : said) {
    if (property == rdf::type.iri) types.push_back(value);
  }
  return types;
}

template <std::size_t N>
bool is_any_of(const std::vector<std::string>& types, const std::array<Word, N>& words) {
  return std::ranges::any_of(words, [&](const Word& word) { return contains(types, word.iri); });
}

/// What a resource is to ActivityPub. An actor may have a type that nobody knows, but then what
/// it is does not change.
enum class Kind { Unknown, Actor, Activity, Collection, Object };

Kind kind_of(const std::vector<std::string>& types) {
  if (is_any_of(types, vocab::kActorTypes)) return Kind::Actor;
  if (is_any_of(types, vocab::kActivityTypes)) return Kind::Activity;
  if (is_any_of(types, vocab::kCollectionTypes)) return Kind::Collection;
  if (is_any_of(types, kObjectTypes)) return Kind::Object;
  return Kind::Unknown;
}

/// An activity happened; an actor or a collection stays one, and nothing becomes one of these.
Result<void> check_kind(const Said& before, const Said& now) {
  const Kind was = kind_of(types_in(before)), is = kind_of(types_in(now));
  const bool has_actor =
      std::ranges::any_of(before, [](const auto& one) { return one.first == as::actor.iri; });
  if (was == Kind::Activity || (has_actor && was == Kind::Unknown)) {
    return error(Code::BadInput, "what was done is not changed by an Update: Undo or Delete it");
  }
  const auto is_loose = [](Kind kind) { return kind == Kind::Object || kind == Kind::Unknown; };
  const bool stays =
      was == is || (is_loose(was) && is_loose(is)) || (was == Kind::Actor && is == Kind::Unknown);
  if (!stays) return error(Code::BadInput, "an Update does not make another kind of thing of it");
  return {};
}

}  // namespace

bool is_plain_object(const std::vector<std::string>& types) {
  const Kind kind = kind_of(types);
  return kind != Kind::Unknown && kind != Kind::Activity;
}

Result<void> check_created(json::Value object) {
  if (is_collection(object)) {
    for (const Word& word : std::span(kKeptOfCollection).subspan(2)) {
      if (!object.get(word.iri).empty()) return kept(word.iri);
    }
    return {};
  }
  constexpr std::array kListed = {std::pair(as::likes, Role::Likes),
                                  std::pair(as::shares, Role::Shares),
                                  std::pair(as::replies, Role::Replies)};
  const std::string_view iri = object.get("@id").text();
  for (const auto& [word, role] : kListed) {
    const auto said = object.get(word.iri).items();
    const std::string listing = collection_of(iri, role);
    const bool is_ours = std::ranges::all_of(
        said, [&](json::Value one) { return one.size() == 1 && one.get("@id").text() == listing; });
    if (said.size() > 1 || !is_ours) return kept(word.iri);
  }
  return {};
}

bool is_kept(TermId property) {
  const auto is_it = [property](const Word& word) { return property == word; };
  return std::any_of(kKeptOfObject.begin(), kKeptOfObject.end(), is_it) ||
         std::any_of(kKeptOfActor.begin(), kKeptOfActor.end(), is_it);
}

Result<void> check_kept(const store::Txn& txn, const std::string& iri,
                        const jsonld::StoredForm& form, const Actor& actor) {
  const bool is_profile = iri == actor.iri;
  const Said before = QP_TRY(stored(txn, iri, iri)), now = said_in(form, iri);
  const bool is_listing = kind_of(types_in(before)) == Kind::Collection;
  const auto words = is_profile   ? std::span<const Word>(kKeptOfActor)
                     : is_listing ? std::span<const Word>(kKeptOfCollection)
                                  : kKeptOfObject;
  QP_TRY(check_kind(before, now));
  const Said was = only(before, words), is = only(now, words);
  Said changed;
  std::ranges::set_symmetric_difference(was, is, std::inserter(changed, changed.end()));
  if (!changed.empty()) return kept(changed.begin()->first);
  if (!is_profile) return {};
  // Whoever could say more of a key could sign as the actor.
  for (const auto& [property, key] : only(before, kKeys)) {
    const Said known = QP_TRY(stored(txn, iri, key));
    for (const auto& one : said_in(form, key)) {
      if (!known.contains(one)) return kept(property);
    }
  }
  return {};
}

}  // namespace qp::ap
