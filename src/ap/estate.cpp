#include "ap/estate.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "ap/admit.hpp"
#include "ap/effects.hpp"
#include "ap/import_document.hpp"
#include "ap/ingest.hpp"
#include "ap/media.hpp"
#include "ap/publish.hpp"
#include "ap/tables.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "rdf/iri.hpp"
#include "sig/digest.hpp"
#include "view/project.hpp"
#include "view/serve.hpp"

namespace qp::ap {

namespace {

using json::Arena;
using json::Value;
using store::Txn;
using store::WriteTxn;

std::string text_of(Value node, std::string_view key) {
  const Value value = node.get(key);
  if (value.is_object()) return std::string(value.get("id").text());
  if (value.size() == 1) {
    const Value one = value.items().front();
    return std::string(one.is_object() ? one.get("id").text() : one.text());
  }
  return std::string(value.is_string() ? value.text() : std::string_view());
}

/// Of actors with one name, those that are looked at.
constexpr std::size_t kMostNamesakes = 10'000;

bool is_absolute(std::string_view text) {
  const auto colon = text.find(':');
  return colon != std::string_view::npos && text.substr(0, colon).find('/') == text.npos;
}

/// Names of collections in an actor, and what they are here.
struct Kept {
  std::string_view name;
  std::string Estate::* address;
  Role role;
  bool for_all;  ///< who is not their owner may know what is in them
  bool is_told;  ///< and that they are there, as of every actor here
};
constexpr std::array kKept = {
    Kept{"inbox", &Estate::inbox, Role::Inbox, false, false},
    Kept{"blocked", &Estate::blocked, Role::Blocked, false, false},
    Kept{"outbox", &Estate::outbox, Role::Outbox, true, true},
    Kept{"liked", &Estate::liked, Role::Liked, false, true},
    Kept{"followers", &Estate::followers, Role::Followers, false, true},
    Kept{"following", &Estate::following, Role::Following, false, true},
    Kept{"bookmarks", &Estate::bookmarks, Role::Bookmarks, false, false},
    Kept{"featured", &Estate::featured, Role::Featured, true, true},
    Kept{"streams", &Estate::streams, Role::Streams, true, true},
    Kept{"pending-followers", &Estate::pending_followers, Role::PendingFollowers, false, false},
    Kept{"pending-following", &Estate::pending_following, Role::PendingFollowing, false, false},
};

const Kept* find_kept(std::string_view name) {
  if (name == "likes") name = "liked";  // as Mastodon's archives call it
  const auto found =
      std::find_if(kKept.begin(), kKept.end(), [&](const Kept& one) { return one.name == name; });
  return found == kKept.end() ? nullptr : &*found;
}

/// A collection's address where the archive says it, else where it would be.
std::string address_of(Value document, std::string_view name, const std::string& actor) {
  std::string address = text_of(document, name);
  return rdf::is_absolute_iri(address) ? address : fmt::format("{}/{}", actor, name);
}

std::string media_key(const Estate& estate, std::string_view name) {
  return pair_key("file", estate.keeper, name);
}
std::string alias_key(const Estate& estate, std::string_view iri) {
  return pair_key("id", estate.actor, iri);
}

Result<std::string> find_alias(const Txn& txn, const std::string& key) {
  const auto found = QP_TRY(txn.get(kAliases, key));
  return std::string(found.value_or(std::string_view()));
}

/// Who wrote it; of several the archive's actor, if it is one of them.
std::string author_of(const Estate& estate, Value node) {
  const Value authors = node.get("attributedTo");
  for (const Value one : authors.items()) {
    if (one.is(estate.former) || one.get("id").is(estate.former)) return estate.former;
  }
  return text_of(node, "attributedTo");
}

std::string list_address(const Estate& estate, const std::string& key) {
  return fmt::format("{}/collections/{}", estate.base, random::named_uuid(sig::sha256_text(key)));
}

bool is_own(const Estate& estate, std::string_view actor, std::string_view id) {
  return actor == estate.former && !id.empty() && origin_of(id) == origin_of(estate.former);
}

std::string id_in(Value value) {
  return std::string(value.is_object() ? value.get("id").text() : value.text());
}

}  // namespace

Result<Estate> open_estate(const Txn& txn, Value document, std::string_view rehome_to) {
  Estate estate;
  estate.former = text_of(document, "id");
  if (!rdf::is_absolute_iri(estate.former) || origin_of(estate.former).empty() ||
      estate.former.size() > kMaxKey || !document.contains("inbox")) {
    return bad_input("the archive's actor has no id or no inbox");
  }
  estate.actor = rehome_to.empty() ? estate.former : std::string(rehome_to);
  estate.keeper = estate.actor;
  estate.local = QP_TRY(find_actor(txn, estate.actor));
  if (!rehome_to.empty() && !estate.local) {
    return error(Code::NotFound, "no actor " + estate.actor + " lives here");
  }
  for (const Kept& kept : kKept) {
    estate.*kept.address = address_of(document, kept.name, estate.former);
  }
  estate.former_followers = estate.followers;
  estate.former_following = estate.following;
  if (estate.local) {
    const Actor& actor = *estate.local;
    estate.outbox = actor.outbox;
    estate.liked = actor.liked;
    estate.bookmarks = collection_of(actor.iri, Role::Bookmarks);
    estate.featured = collection_of(actor.iri, Role::Featured);
    estate.inbox = actor.inbox;
    estate.blocked = collection_of(actor.iri, Role::Blocked);
    estate.streams = collection_of(actor.iri, Role::Streams);
    estate.user = actor.user;
    if (!estate.is_rehomed()) {
      estate.followers = actor.followers;
      estate.following = actor.following;
    }
  }
  const std::string origin = origin_of(estate.actor);
  for (const Domain& domain : QP_TRY(domains(txn))) {
    if (estate.base.empty() || domain.url == origin) estate.base = domain.url;
  }
  if (estate.is_rehomed()) {
    // Who followed the former actor has not asked to follow this one: a list, and no more.
    for (std::string* list : {&estate.followers, &estate.following, &estate.pending_followers,
                              &estate.pending_following}) {
      *list = list_address(estate, pair_key("list", estate.actor, *list));
    }
  }
  return estate;
}

Result<Estate> open_lists(const Txn& txn, std::string_view actor) {
  // As of an actor that it was before: who was followed is a list, until it is asked again.
  Arena arena;
  const Value before = Value::object(arena, 2);
  const std::string former = std::string(actor) + "#before";
  before.set(arena, "id", Value::string(former));
  before.set(arena, "inbox", Value::string(former));
  return open_estate(txn, before, actor);
}

namespace {

Provenance provenance_of(const Estate& estate, std::string_view via, std::string document,
                         const Services& services) {
  return {estate.former,      "operator", "import", std::string(via), services.clock().count(),
          std::move(document)};
}

Result<bool> is_here(const Txn& txn, std::string_view document) {
  const auto id = QP_TRY(txn.find_iri(document));
  return id && QP_TRY(txn.document(*id)).has_value();
}

Result<void> write_text(WriteTxn& txn, const Estate& estate, Value document,
                        std::span<const Owned> owned, const Services& services, Arena& arena) {
  const std::string name = document_name(document);
  if (QP_TRY(is_here(txn, name))) return {};
  const auto form = QP_TRY(jsonld::read_for_storage(document, {services.contexts, services.loader},
                                                    arena, jsonld::Sender::Operator));
  QP_TRY(write_document(txn, form, json::to_text(document), owned,
                        provenance_of(estate, {}, name, services)));
  for (const Owned& one : owned) QP_TRY(refresh_rendered(txn, one.iri, services));
  return {};
}

/// Of who follows whom, or would like to.
bool is_of_follows(Role role) {
  return role == Role::Followers || role == Role::Following || role == Role::PendingFollowers ||
         role == Role::PendingFollowing;
}

/// Who followed the former actor does not follow the new one; founded when somebody is in it.
bool is_mere_list(const Estate& estate, const Kept& kept) {
  return estate.is_rehomed() && is_of_follows(kept.role);
}

/// Writes what a collection says of itself.
Result<void> describe_collection(WriteTxn& txn, const Estate& estate, const std::string& iri,
                                 std::string_view name, std::string_view reader,
                                 const Services& services) {
  if (!QP_TRY(may_replace(txn, iri))) return {};
  Arena arena;
  const Value document = Value::object(arena, 6);
  document.set(arena, "@context", Value::string("https://www.w3.org/ns/activitystreams"));
  document.set(arena, "id", Value::string(iri));
  document.set(arena, "type", Value::string("OrderedCollection"));
  document.set(arena, "attributedTo", Value::string(estate.actor));
  if (!name.empty()) document.set(arena, "name", Value::string(name));
  const std::array readers{std::string(reader)};
  const std::array owned{Owned{iri, QP_TRY(audience_of(txn, readers))}};
  return write_text(txn, estate, document, owned, services, arena);
}

/// One of the actor's own, for nobody else.
Result<void> found_list(WriteTxn& txn, const Estate& estate, const std::string& iri,
                        std::string_view name, const Services& services) {
  if (QP_TRY(find_collection(txn, iri))) return {};
  QP_TRY(put_collection(txn, iri, {estate.actor, {}, Role::Other, services.clock().count()}));
  return describe_collection(txn, estate, iri, name, estate.actor, services);
}

Result<void> found_collection(WriteTxn& txn, const Estate& estate, const Kept& kept,
                              const Services& services) {
  const std::string& iri = estate.*kept.address;
  if (iri.size() > kMaxKey || QP_TRY(find_collection(txn, iri))) return {};
  if (is_mere_list(estate, kept)) {
    const std::string name = fmt::format("{} of {}", kept.name, estate.former);
    return found_list(txn, estate, iri, name, services);
  }
  QP_TRY(put_collection(txn, iri, {estate.actor, {}, kept.role, services.clock().count()}));
  // Those have no graph of their own.
  if (iri == collection_of(estate.actor, kept.role)) return {};
  const std::string_view reader = kept.is_told ? as::Public.iri : std::string_view(estate.actor);
  return describe_collection(txn, estate, iri, {}, reader, services);
}

std::string media_address(const Estate& estate) { return estate.base + "/media/"; }

/// Addresses of this server's files in what a post says of its files.
void find_files(Value value, const std::string& address, std::vector<std::string>& names) {
  if (value.is_string() && value.text().starts_with(address)) {
    names.emplace_back(value.text().substr(address.size()));
  }
  for (const Value item : value.items()) find_files(item, address, names);
  for (const json::Member& member : value.members()) find_files(member.value, address, names);
}

/// Pictures that came along, and words, where the actor shows none of its own.
void take_profile(const Estate& estate, Value former, Value actor, Arena& arena) {
  for (const std::string_view key : {"icon", "image", "summary"}) {
    const Value value = former.get(key);
    std::vector<std::string> files;
    find_files(value, media_address(estate), files);
    const bool is_taken = key == "summary" ? value.is_string() : !files.empty();
    if (is_taken && actor.get(key).is_null()) actor.set(arena, key, value);
  }
}

/// So that those who knew the former actor (whose document that is) can believe it when it says
/// that it has moved.
Result<void> add_former_id(WriteTxn& txn, const Estate& estate, Value former,
                           const Services& services) {
  if (contains(QP_TRY(values_of(txn, estate.actor, as::alsoKnownAs)), estate.former)) return {};
  const auto served =
      QP_TRY(view::serve(txn, estate.actor, estate.actor, {services.contexts, services.loader}));
  Arena arena;
  const Value document = QP_TRY(json::parse(served.body, arena));
  const Value ids = Value::array(arena);
  const Value before = document.get("alsoKnownAs");
  if (before.is_string()) ids.push_back(arena, before);
  for (const Value one : before.items()) ids.push_back(arena, one);
  ids.push_back(arena, Value::string(estate.former));
  document.set(arena, "alsoKnownAs", ids);
  take_profile(estate, former, document, arena);
  const std::array owned{Owned{estate.actor, store::AudienceId::Public}};
  return write_text(txn, estate, document, owned, services, arena);
}

}  // namespace

Result<void> found_estate(WriteTxn& txn, const Estate& estate, std::string_view bytes,
                          const Services& services) {
  Arena arena;
  json::ParseLimits limits;
  limits.allow_duplicate_keys = true;
  Value document = QP_TRY(json::parse(bytes, arena, limits));
  // The former actor says what it said; it is not made over into the new one.
  Estate as_it_was = estate;
  as_it_was.actor = estate.former;
  for (const Kept& kept : kKept) {
    as_it_was.*kept.address = address_of(document, kept.name, estate.former);
  }
  document = QP_TRY(adapted(txn, as_it_was, document, arena));
  std::vector<Owned> owned;
  const bool lives_here = QP_TRY(find_actor(txn, estate.former)).has_value();
  if (!lives_here && QP_TRY(may_replace(txn, estate.former))) {
    owned.push_back({estate.former, store::AudienceId::Public});
  }
  QP_TRY(write_text(txn, estate, document, owned, services, arena));
  for (const Kept& kept : kKept) {
    if (!is_mere_list(estate, kept)) QP_TRY(found_collection(txn, estate, kept, services));
  }
  if (!estate.is_rehomed()) return {};
  QP_TRY(txn.put(kAliases, pair_key("iri", "", estate.former), estate.actor));
  return add_former_id(txn, estate, document, services);
}

Result<std::vector<std::string>> owners_of_outboxes(const Txn& txn) {
  std::vector<std::string> owners;
  std::unordered_set<std::string> known;
  QP_TRY(txn.each(kCollections, "", [&](std::string_view, std::string_view value) {
    const auto record = nlohmann::json::parse(value, nullptr, false);
    if (!record.is_object() || record.value("role", "") != "outbox") return true;
    std::string owner = record.value("owner", "");
    if (known.insert(owner).second) owners.push_back(std::move(owner));
    return true;
  }));
  return owners;
}

Result<std::vector<std::string>> collections_made_by(const Txn& txn, std::string_view actor) {
  std::vector<std::string> made;
  QP_TRY(txn.each(kCollections, "", [&](std::string_view key, std::string_view value) {
    const auto record = nlohmann::json::parse(value, nullptr, false);
    if (!record.is_object() || record.value("role", "") != "other") return true;
    if (record.value("owner", "") == actor) made.emplace_back(key);
    return true;
  }));
  return made;
}

Result<std::string> actor_at(const Txn& txn, const std::string& address) {
  const auto at = address.find('@', 1);
  const std::string name = address.substr(1, at - 1), host = address.substr(at + 1);
  if (const auto local = QP_TRY(find_actor_named(txn, host, name))) return local->iri;
  const auto literal = QP_TRY(txn.find({rdf::TermKind::Literal, name, xsd::string.iri, {}}));
  std::vector<TermId> named;
  if (literal) {
    QP_TRY(txn.scan({{}, {}, as::preferredUsername, *literal}, {}, [&](const auto& quad) {
      if (quad.quad.s == quad.quad.g) named.push_back(quad.quad.s);
      return named.size() < kMostNamesakes;
    }));
  }
  for (const TermId one : named) {
    const std::string iri(QP_TRY(txn.resolve(one)).value);
    if (host_of(iri) == host) return iri;
  }
  return "acct:" + address.substr(1);
}

Result<std::string> current_id(const Txn& txn, std::string_view former) {
  return find_alias(txn, pair_key("iri", "", former));
}

// Files.

namespace {

constexpr std::size_t kNameBytes = 18;
/// The operator brings them: they are not counted among what somebody uploaded.
constexpr std::string_view kNobody{};
constexpr std::string_view kBySeveral = "*";

std::string name_of_media(const Estate& estate, const std::string& address) {
  const std::string folder = media_address(estate);
  return address.starts_with(folder) ? address.substr(folder.size()) : std::string();
}
/// Of a file that the archive brought: the post that shows it.
std::string shown_key(const Estate& estate, std::string_view name) {
  return pair_key("shown", estate.actor, name);
}

/// `media/NAME` of our own archives is asked for by that name for ever.
std::string_view own_name(std::string_view path) {
  constexpr std::string_view kFolder = "media/";
  if (!path.starts_with(kFolder)) return {};
  path.remove_prefix(kFolder.size());
  const bool is_plain = std::all_of(path.begin(), path.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
  const bool is_name = is_plain && path.find('.') == 24 && path.size() <= 32;
  return is_name ? path : std::string_view();
}

}  // namespace

Result<void> import_file(WriteTxn& txn, const Estate& estate, std::string_view name,
                         std::string_view bytes) {
  const std::string key = media_key(estate, name);
  std::string kept(own_name(name));
  if (!kept.empty() && QP_TRY(txn.get(kAliases, key))) return {};
  // A later archive has another picture under that name; an older one has the former again.
  const std::string version =
      pair_key("version", estate.actor, std::string(name) + "\n" + sig::sha256_text(bytes));
  if (const std::string known = QP_TRY(find_alias(txn, version)); !known.empty()) {
    return txn.put(kAliases, key, known);
  }
  if (kept.empty()) {
    if (const std::string before = QP_TRY(find_alias(txn, key)); !before.empty()) {
      const auto media = QP_TRY(find_media(txn, name_of_media(estate, before)));
      if (media && media->bytes == bytes) return txn.put(kAliases, version, before);
    }
    kept = random::token(kNameBytes) + "." + std::string(sniff_media(bytes).extension);
  }
  // What is there under its name already is somebody's.
  const bool is_new = !QP_TRY(find_media(txn, kept));
  QP_TRY(put_media(txn, kNobody, kept, sniff_media(bytes), bytes));
  if (is_new) QP_TRY(txn.put(kAliases, shown_key(estate, kept), kNobody));
  const std::string address = media_address(estate) + kept;
  QP_TRY(txn.put(kAliases, version, address));
  return txn.put(kAliases, key, address);
}

namespace {

/// A file that came along is the post's that shows it, and goes with it; one that several show
/// stays.
Result<void> attach_files(WriteTxn& txn, const Estate& estate, const std::string& iri, Value node) {
  if (iri.size() > kMaxKey) return {};
  std::vector<std::string> names;
  for (const Word& word : {as::attachment, as::url, as::image}) {
    find_files(node.get(word.iri), media_address(estate), names);
  }
  for (const std::string& name : names) {
    const std::string key = shown_key(estate, name);
    const auto shown = QP_TRY(txn.get(kAliases, key));
    if (!shown) continue;
    const std::string by(*shown);
    if (by == iri || by == kBySeveral) continue;
    QP_TRY(txn.put(kAliases, key, by.empty() ? iri : kBySeveral));
    if (!by.empty()) QP_TRY(detach_media(txn, by, name));
    if (by.empty()) QP_TRY(attach_media(txn, iri, kNobody, name));
  }
  return {};
}

}  // namespace

// Ids.

namespace {

Result<void> rename_id(WriteTxn& txn, const Estate& estate, const std::string& former,
                       std::string_view folder, Value node) {
  if (former.empty() || former == estate.former) return {};
  const std::string key = alias_key(estate, former);
  if (QP_TRY(txn.get(kAliases, key))) return {};
  const auto published = time::from_rfc3339(node.get("published").text());
  const Millis when = published.value_or(Millis(estate.local ? estate.local->created : 0));
  const std::string iri = fmt::format("{}/{}/{}", estate.base, folder,
                                      random::named_uuid_v7(when, sig::sha256_text(key)));
  QP_TRY(txn.put(kAliases, key, iri));
  return txn.put(kAliases, pair_key("iri", "", former), iri);
}

/// Where things of that kind are here.
std::string_view folder_of(Value object) {
  const Value type = object.get("type");
  const auto is_collection = [](Value one) {
    return one.is("Collection") || one.is("OrderedCollection");
  };
  const auto types = type.items();
  const bool is_one = is_collection(type) || std::any_of(types.begin(), types.end(), is_collection);
  return is_one ? "collections" : "objects";
}

}  // namespace

Result<void> rename_ids(WriteTxn& txn, const Estate& estate, Value document) {
  if (!estate.is_rehomed()) return {};
  const std::string actor = text_of(document, "actor");
  const std::string author = author_of(estate, document);
  const std::string id = text_of(document, "id");
  if (is_own(estate, actor, id)) {
    QP_TRY(rename_id(txn, estate, id, "activities", document));
    const Value object = document.get("object");
    const bool is_new = object.is_object() && document.get("type").is("Create") &&
                        is_own(estate, author_of(estate, object), text_of(object, "id"));
    if (is_new) QP_TRY(rename_id(txn, estate, text_of(object, "id"), folder_of(object), object));
  } else if (is_own(estate, author, id)) {
    QP_TRY(rename_id(txn, estate, id, folder_of(document), document));
  }
  return {};
}

namespace {

/// Text that people wrote, and what else is no reference.
constexpr std::array<std::string_view, 12> kWords = {
    "content", "contentMap", "summary",           "summaryMap", "name",  "nameMap",
    "source",  "@context",   "preferredUsername", "publicKey",  "value", "mediaType"};

class Adapter {
 public:
  Adapter(const Txn& txn, const Estate& estate, Arena& arena)
      : txn_(txn), estate_(estate), arena_(arena), origin_(origin_of(estate.former)) {}

  Result<void> object(Value node) {
    for (json::Member& member : node.members()) {
      if (std::find(kWords.begin(), kWords.end(), member.key) != kWords.end()) continue;
      QP_TRY(value(member.value, member.key));
    }
    return {};
  }

 private:
  Result<void> value(Value& value, std::string_view key) {
    if (value.is_object()) return object(value);
    for (Value& item : value.items()) QP_TRY(this->value(item, key));
    if (!value.is_string()) return {};
    const bool is_address = key == "url" || key == "href";
    if (is_address && !is_absolute(value.text())) return file(value);
    if (estate_.is_rehomed() && !is_address) return reference(value);
    // The page of a mention is its actor's id.
    if (estate_.is_rehomed() && key == "href" && value.text() == estate_.former) {
      value = Value::string(estate_.actor);
    }
    return {};
  }

  Result<std::string> file_named(std::string_view path) {
    std::string found = QP_TRY(find_alias(txn_, media_key(estate_, path)));
    const auto folder = path.find("media_attachments/");
    if (!found.empty() || folder == path.npos) return found;
    return find_alias(txn_, media_key(estate_, path.substr(folder)));
  }

  Result<void> file(Value& value) {
    std::string_view path = value.text();
    while (path.starts_with('/')) path.remove_prefix(1);
    if (path.empty() || path.front() == '#') return {};
    std::string found = QP_TRY(file_named(path));
    if (const auto plain = text::percent_decode(path); found.empty() && plain) {
      found = QP_TRY(file_named(*plain));
    }
    // Where Mastodon has it, unless it keeps its files elsewhere.
    if (found.empty()) found = fmt::format("{}/system/{}", origin_, path);
    value = Value::string(arena_.copy(found));
    return {};
  }

  Result<void> reference(Value& value) {
    const std::string_view iri = value.text();
    if (iri == estate_.former) {
      value = Value::string(estate_.actor);
    } else if (iri == estate_.former_followers) {
      value = Value::string(estate_.local->followers);
    } else if (iri == estate_.former_following) {
      value = Value::string(estate_.local->following);
    } else if (iri.starts_with(origin_)) {
      return former_id(value, iri);
    }
    return {};
  }

  /// One of the actor's own, or what lies below one: its `replies`.
  Result<void> former_id(Value& value, std::string_view iri) {
    std::string found = QP_TRY(find_alias(txn_, alias_key(estate_, iri)));
    for (auto end = iri.size(); found.empty();) {
      end = iri.find_last_of("/?#", end - 1);
      if (end == iri.npos || end <= origin_.size()) return {};
      if (iri.size() - end > kLongestTail) return {};
      found = QP_TRY(find_alias(txn_, alias_key(estate_, iri.substr(0, end))));
      if (!found.empty()) found.append(iri.substr(end));
    }
    value = Value::string(arena_.copy(found));
    return {};
  }

  static constexpr std::size_t kLongestTail = 48;
  const Txn& txn_;
  const Estate& estate_;
  Arena& arena_;
  std::string origin_;
};

/// What an archive names by its own files.
void set_collections(const Estate& estate, Value document, Arena& arena) {
  const Value likes = document.get("likes");
  if (likes.is_string() && !is_absolute(likes.text())) {
    document.erase("likes");
    document.set(arena, "liked", Value::string(estate.liked));
  }
  for (const Kept& kept : kKept) {
    const Value value = document.get(kept.name);
    if (value.is_string() && !is_absolute(value.text())) {
      document.set(arena, kept.name, Value::string(estate.*kept.address));
    }
  }
}

/// What has a new id has its reactions and answers here.
void name_listings(Value node, const std::string& before, Arena& arena) {
  const std::string now = id_in(node.get("id"));
  if (before.empty() || now == before || node.get("type").is("Tombstone")) return;
  if (folder_of(node) != "objects") return;
  for (const std::string_view key : {"likes", "shares", "replies"}) {
    node.set(arena, key, Value::string(arena.copy(fmt::format("{}/{}", now, key))));
  }
}

}  // namespace

Result<Value> adapted(const Txn& txn, const Estate& estate, Value document, Arena& arena) {
  const std::string former = text_of(document, "id");
  const bool is_own_thing = is_own(estate, text_of(document, "actor"), former) ||
                            is_own(estate, author_of(estate, document), former);
  const Value object = document.get("object");
  const std::string former_object = object.is_object() ? text_of(object, "id") : std::string();
  QP_TRY(Adapter(txn, estate, arena).object(document));
  if (former == estate.former) set_collections(estate, document, arena);
  if (!estate.is_rehomed() || !is_own_thing) return document;
  const auto also_known_as = [&](Value node, const std::string& before) {
    const std::string now = id_in(node.get("id"));
    if (before.empty() || now == before || node.contains("alsoKnownAs")) return;
    node.set(arena, "alsoKnownAs", Value::string(arena.copy(before)));
  };
  also_known_as(document, former);
  if (document.get("actor").is_null()) name_listings(document, former, arena);
  if (object.is_object()) {
    also_known_as(document.get("object"), former_object);
    name_listings(document.get("object"), former_object, arena);
  }
  return document;
}

// Items.

namespace {

/// To something that can be listed.
bool is_reaction(const Activity& activity) {
  if (!activity.is(as::Announce) && !activity.is(as::Like) && !activity.is(as::Dislike)) {
    return false;
  }
  return std::all_of(activity.objects.begin(), activity.objects.end(), rdf::is_absolute_iri);
}

/// The actor's own: by its id, and by whose it says it is.
bool is_vouched_for(const Estate& estate, const Activity& activity, Value node) {
  if (!rdf::is_absolute_iri(activity.id)) return false;
  const bool is_here = origin_of(activity.id) == origin_of(estate.actor);
  if (!activity.actors.empty()) return is_here && activity.actor() == estate.actor;
  const auto authors = values_of(node, as::attributedTo.iri);
  return is_here && authors.size() == 1 && authors.front() == estate.actor;
}

Result<store::AudienceId> audience_for(WriteTxn& txn, const Estate& estate,
                                       const std::vector<std::string>& readers) {
  if (readers.empty()) return store::AudienceId::Nobody;
  const std::string blocked =
      estate.local ? collection_of(estate.actor, Role::Blocked) : std::string();
  return audience_of(txn, readers, blocked);
}

Result<bool> is_actors_own(const Txn& txn, const Estate& estate, const std::string& iri) {
  return contains(QP_TRY(owners_of(txn, iri)), estate.actor);
}

/// Later than what is here, or the first that is heard of it; only what an import wrote gives way,
/// and nothing of somebody else's.
Result<bool> is_news(const Txn& txn, const Estate& estate, const std::string& iri, Value node) {
  if (!QP_TRY(may_replace(txn, iri))) return false;
  const auto id = QP_TRY(txn.find_iri(iri));
  const auto record = id ? QP_TRY(txn.graph(*id)) : std::nullopt;
  if (!record || record->kind == store::GraphKind::Claims) return true;
  if (!QP_TRY(is_actors_own(txn, estate, iri))) return false;
  const auto before = QP_TRY(values_of(txn, iri, as::updated));
  if (before.empty()) return true;
  const auto says = values_of(node, as::updated.iri);
  const auto kept = time::from_rfc3339(before.front());
  const auto now = says.empty() ? std::nullopt : time::from_rfc3339(says.front());
  return !kept || (now && *now > *kept);
}

/// By the actor; besides it by groups of its server only, as a video is by a channel too.
bool is_written_by(const Estate& estate, Value object) {
  bool is_by_actor = false;
  for (const Value author : object.get(as::attributedTo.iri).items()) {
    const std::string_view id = author.get("@id").text();
    const bool is_group = has_type(author, as::Group) && origin_of(id) == origin_of(estate.former);
    if (id != estate.actor && !is_group) return false;
    is_by_actor = is_by_actor || id == estate.actor;
  }
  return is_by_actor;
}

Result<std::string> object_to_write(const Txn& txn, const Estate& estate,
                                    const Activity& activity) {
  if (!activity.object.is_object() || !(activity.is(as::Create) || activity.is(as::Update))) {
    return std::string();
  }
  const std::string object(activity.object.get("@id").text());
  const bool by_actor = is_written_by(estate, activity.object);
  if (!rdf::is_absolute_iri(object) || object == activity.id || object.find('#') != object.npos ||
      !by_actor || origin_of(object) != origin_of(estate.actor)) {
    return std::string();
  }
  return QP_TRY(is_news(txn, estate, object, activity.object)) ? object : std::string();
}

/// Newest last; what says no date stands behind what was listed before it.
Result<void> list(WriteTxn& txn, const std::string& collection, const std::string& member,
                  store::AudienceId audience, std::uint64_t key) {
  const TermId sequence = QP_TRY(txn.intern_iri(collection));
  const TermId id = QP_TRY(txn.intern_iri(member));
  QP_TRY(txn.sequence_append(sequence, id, audience, key));
  return {};
}

std::uint64_t key_of(Value node) {
  const auto dates = values_of(node, as::published.iri);
  const auto published = dates.empty() ? std::nullopt : time::from_rfc3339(dates.front());
  return published && published->count() > 0 ? static_cast<std::uint64_t>(published->count()) : 0;
}

Result<bool> is_deleted(const Txn& txn, const std::string& iri) {
  const auto id = QP_TRY(txn.find_iri(iri));
  return id && QP_TRY(view::is_tombstone(txn, *id));
}

/// A collection that the actor made is one here too.
Result<void> found_made(WriteTxn& txn, const Estate& estate, const std::string& iri,
                        store::AudienceId audience, const Services& services) {
  if (iri.size() > kMaxKey) return bad_input("a collection's id is too long");
  if (QP_TRY(find_collection(txn, iri))) return {};
  QP_TRY(put_collection(txn, iri, {estate.actor, {}, Role::Other, services.clock().count()}));
  return estate.local ? list(txn, estate.streams, iri, audience, 0) : Result<void>();
}

/// Deletes what an import brought of the actor, or notes of what is not here that it was deleted.
/// False: it is neither.
Result<bool> may_entomb(WriteTxn& txn, const Estate& estate, const std::string& iri,
                        const Services& services) {
  if (estate.is_rehomed() || !rdf::is_absolute_iri(iri) || iri == estate.actor ||
      origin_of(iri) != origin_of(estate.actor)) {
    return false;
  }
  const auto id = QP_TRY(txn.find_iri(iri));
  const auto record = id ? QP_TRY(txn.graph(*id)) : std::nullopt;
  if (!record || record->kind == store::GraphKind::Claims) return true;
  if (!QP_TRY(may_replace(txn, iri)) || !QP_TRY(is_actors_own(txn, estate, iri))) return false;
  QP_TRY(entomb(txn, iri, services));
  return true;
}

/// What the actor deleted itself, of what an import brought.
Result<void> delete_own(WriteTxn& txn, const Estate& estate, const Activity& activity,
                        const Services& services) {
  for (const std::string& iri : activity.objects) {
    const bool is_there = iri != estate.actor && QP_TRY(is_actors_own(txn, estate, iri));
    if (is_there && QP_TRY(may_replace(txn, iri))) QP_TRY(entomb(txn, iri, services));
  }
  return {};
}

Result<TermId> import_tombstone(WriteTxn& txn, const Estate& estate, std::string_view collection,
                                const jsonld::StoredForm& form, std::string_view bytes,
                                const Services& services) {
  Arena arena;
  json::ParseLimits limits;
  limits.allow_duplicate_keys = true;
  const Value document = QP_TRY(json::parse(bytes, arena, limits));
  document.erase("to");
  const std::string iri = text_of(document, "id"), name = document_name(document);
  if (const auto known = QP_TRY(txn.find_iri(name)); known && QP_TRY(txn.document(*known))) {
    return *known;
  }
  std::vector<Owned> owned;
  auto audience = store::AudienceId::Nobody;
  if (QP_TRY(may_entomb(txn, estate, iri, services))) {
    const auto readers = values_of(form.expanded, as::to.iri);
    audience = readers.empty() ? QP_TRY(audience_of_tombstone(txn, iri))
                               : QP_TRY(audience_for(txn, estate, readers));
    owned.push_back({iri, audience});
  }
  const auto bare = QP_TRY(jsonld::read_for_storage(document, {services.contexts, services.loader},
                                                    arena, jsonld::Sender::Operator));
  const Kept* kept = find_kept(collection);
  const std::string address = kept ? estate.*kept->address : std::string();
  const TermId id = QP_TRY(write_document(txn, bare, json::to_text(document), owned,
                                          provenance_of(estate, address, name, services)));
  if (kept && kept->role == Role::Outbox && !owned.empty()) {
    QP_TRY(list(txn, address, iri, audience, 0));
  }
  for (const Owned& one : owned) QP_TRY(txn.erase_rendered(one.iri));
  return id;
}

}  // namespace

Result<TermId> import_item(WriteTxn& txn, const Estate& estate, std::string_view collection,
                           const jsonld::StoredForm& form, std::string_view bytes,
                           const Services& services) {
  if (has_type(form.expanded, as::Tombstone)) {
    return import_tombstone(txn, estate, collection, form, bytes, services);
  }
  const std::string name = document_name(form.json);
  const auto known = QP_TRY(txn.find_iri(name));
  if (known && QP_TRY(txn.document(*known))) return *known;

  const Activity activity = read_activity(form.expanded);
  if (QP_TRY(comes_after_its_delete(txn, activity)) || QP_TRY(is_deleted(txn, activity.id))) {
    return error(Code::Gone, "it was deleted here");
  }
  const bool is_vouched = is_vouched_for(estate, activity, form.expanded);
  std::vector<Owned> owned;
  std::string object;
  auto audience = store::AudienceId::Nobody;
  if (is_vouched) {
    audience = QP_TRY(audience_for(txn, estate, readers_of(form.expanded)));
    if (QP_TRY(is_news(txn, estate, activity.id, form.expanded)))
      owned.push_back({activity.id, audience});
    object = QP_TRY(object_to_write(txn, estate, activity));
    if (!object.empty()) {
      const auto readers = QP_TRY(audience_for(txn, estate, readers_of(activity.object)));
      owned.push_back({object, readers});
    }
  }
  const Kept* kept = find_kept(collection);
  const std::string address = kept ? estate.*kept->address : std::string();
  const TermId document = QP_TRY(
      write_document(txn, form, bytes, owned, provenance_of(estate, address, name, services)));
  for (const Owned& one : owned) {
    const Value node = one.iri == object ? activity.object : form.expanded;
    QP_TRY(attach_files(txn, estate, one.iri, node));
  }
  if (kept && kept->role == Role::Outbox && is_vouched) {
    QP_TRY(list(txn, address, activity.id, audience, key_of(form.expanded)));
  } else if (kept && kept->role == Role::Liked && activity.is(as::Like)) {
    for (const std::string& liked : activity.objects) {
      QP_TRY(import_member(txn, estate, {collection, liked}, services));
    }
  } else if (kept && kept->role != Role::Outbox && !activity.id.empty()) {
    QP_TRY(import_member(txn, estate, {collection, activity.id}, services));
  } else if (is_absolute(collection) && is_vouched && is_collection(form.expanded) &&
             QP_TRY(is_actors_own(txn, estate, activity.id))) {
    QP_TRY(found_made(txn, estate, activity.id, audience, services));
  }
  if (is_vouched && ((activity.is(as::Create) && !object.empty()) || is_reaction(activity))) {
    const Actor* sender = estate.local ? &*estate.local : nullptr;
    Happening happening{txn, activity, services, audience, object, sender};
    happening.is_from_archive = true;
    QP_TRY(apply_effects(happening));
  }
  if (is_vouched && activity.is(as::Delete)) QP_TRY(delete_own(txn, estate, activity, services));
  // Rendered when somebody changes it: of years of posts few are ever asked for.
  for (const Owned& one : owned) QP_TRY(txn.erase_rendered(one.iri));
  return document;
}

namespace {

Result<void> check_made(WriteTxn& txn, const Estate& estate, const std::string& iri,
                        const Services& services) {
  const auto kept = QP_TRY(find_collection(txn, iri));
  if (kept && kept->owner == estate.actor && kept->role == Role::Other) return {};
  const auto id = QP_TRY(txn.find_iri(iri));
  const bool is_there = id && QP_TRY(txn.graph(*id)).has_value();
  const bool may_be = origin_of(iri) == origin_of(estate.actor) &&
                      (!is_there || QP_TRY(is_actors_own(txn, estate, iri)));
  if (kept || !may_be) return error(Code::Forbidden, iri + " is no collection of the actor's");
  return found_made(txn, estate, iri, store::AudienceId::Nobody, services);
}

}  // namespace

Result<void> check_own(const Txn& txn, const Estate& estate, const std::string& iri) {
  const auto collection = QP_TRY(find_collection(txn, iri));
  const std::string& of = collection && !collection->of.empty() ? collection->of : iri;
  if (of == estate.actor || QP_TRY(is_actors_own(txn, estate, of))) return {};
  return error(Code::Forbidden, iri + " is not the actor's");
}

Result<void> import_member(WriteTxn& txn, const Estate& estate, const Named& named,
                           const Services& services) {
  const Kept* kept = find_kept(named.collection);
  const bool is_made = !kept && is_absolute(named.collection);
  const bool is_named = !named.list.empty();
  if (!kept && !is_made && !is_named) {
    return bad_input("no collection that is kept here: " + std::string(named.collection));
  }
  const auto here = [&](std::string iri) -> Result<std::string> {
    if (!estate.is_rehomed()) return iri;
    const std::string now = QP_TRY(find_alias(txn, alias_key(estate, iri)));
    return now.empty() ? iri : now;
  };
  std::string iri(named.member);
  if (iri.starts_with('@') && iri.find('@', 1) != iri.npos) iri = QP_TRY(actor_at(txn, iri));
  // A block is of an IRI; one that does nothing must not look like one.
  if (kept && kept->role == Role::Blocked && iri.starts_with("acct:")) {
    return error(Code::NotFound,
                 "nobody is known here as " + std::string(named.member) + ": block it by its IRI");
  }
  if (!rdf::is_absolute_iri(iri) || iri.size() > limits::kIriBytes) {
    return bad_input("a member that is no IRI");
  }
  if (is_made && !rdf::is_absolute_iri(named.collection)) {
    return bad_input("a collection whose id is no IRI");
  }
  // Who follows whom is known here better than an older archive knows it.
  const bool is_live = estate.local && !estate.is_rehomed();
  if (kept && is_live && is_of_follows(kept->role)) return {};
  iri = QP_TRY(here(iri));
  std::string address = kept ? estate.*kept->address : std::string();
  if (is_made) {
    address = QP_TRY(here(std::string(named.collection)));
    QP_TRY(check_made(txn, estate, address, services));
  }
  if (is_named) {
    address = list_address(estate, pair_key("named list", estate.actor, named.list));
    QP_TRY(found_list(txn, estate, address, named.list, services));
  }
  if (kept && is_mere_list(estate, *kept)) {
    QP_TRY(found_collection(txn, estate, *kept, services));
  }
  auto readers = store::AudienceId::Public;
  if (named.readers != nullptr) {
    std::vector<std::string> names = *named.readers;
    if (estate.is_rehomed()) {
      for (std::string& name : names) {
        if (name == estate.former) name = estate.actor;
        if (name == estate.former_followers) name = estate.local->followers;
      }
    }
    readers = QP_TRY(audience_for(txn, estate, names));
  } else if (is_named || (kept && !kept->for_all)) {
    readers = QP_TRY(audience_of(txn, std::array{estate.actor}));
  }
  return list(txn, address, iri, readers, 0);
}

}  // namespace qp::ap
