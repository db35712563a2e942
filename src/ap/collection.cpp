#include "ap/collection.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "ap/activity.hpp"
#include "ap/tables.hpp"
#include "vocab/terms.hpp"

namespace qp::ap {

namespace {

using nlohmann::json;
using store::Txn;

constexpr std::array<std::string_view, 17> kRoleNames = {"inbox",
                                                         "outbox",
                                                         "followers",
                                                         "following",
                                                         "liked",
                                                         "likes",
                                                         "shares",
                                                         "replies",
                                                         "other",
                                                         "dislikes",
                                                         "blocked",
                                                         "pending-followers",
                                                         "pending-following",
                                                         "featured",
                                                         "streams",
                                                         "shared-inbox",
                                                         "bookmarks"};

constexpr std::string_view kSharedInbox = "/inbox";

enum class Of { Any, Actor };
struct Derived {
  Role role;
  std::string_view suffix;
  Of of;
  bool for_owner_only = false;
};
constexpr std::array kDerived = {
    Derived{Role::Likes, "/likes", Of::Any},
    Derived{Role::Shares, "/shares", Of::Any},
    Derived{Role::Replies, "/replies", Of::Any},
    Derived{Role::Dislikes, "/dislikes", Of::Any},
    Derived{Role::Blocked, "/blocked", Of::Actor, true},
    Derived{Role::PendingFollowers, "/pending-followers", Of::Actor, true},
    Derived{Role::PendingFollowing, "/pending-following", Of::Actor, true},
    Derived{Role::Featured, "/featured", Of::Actor},
    Derived{Role::Streams, "/streams", Of::Actor},
    Derived{Role::Bookmarks, "/bookmarks", Of::Actor, true},
};

/// Where `iri` has the address of a collection that has no record.
Result<std::optional<CollectionRecord>> derived(const Txn& txn, std::string_view iri) {
  const auto slash = iri.rfind('/');
  if (slash == std::string_view::npos) return std::optional<CollectionRecord>();
  const auto row = std::find_if(kDerived.begin(), kDerived.end(), [&](const Derived& one) {
    return one.suffix == iri.substr(slash);
  });
  const std::string_view resource = iri.substr(0, slash);
  if (iri.substr(slash) == kSharedInbox && resource == origin_of(iri) &&
      QP_TRY(is_local(txn, iri))) {
    CollectionRecord shared;
    shared.role = Role::SharedInbox;
    return std::optional(shared);
  }
  if (row == kDerived.end() || !QP_TRY(is_local(txn, resource))) {
    return std::optional<CollectionRecord>();
  }
  const bool is_actor = QP_TRY(txn.get(kActors, resource)).has_value();
  const auto id = QP_TRY(txn.find_iri(resource));
  if (!id || !QP_TRY(txn.graph(*id)) || (row->of == Of::Actor && !is_actor)) {
    return std::optional<CollectionRecord>();
  }
  CollectionRecord record;
  record.role = row->role;
  record.of = resource;
  const auto owners = QP_TRY(owners_of(txn, resource));
  if (!owners.empty()) record.owner = owners.front();
  // Of an actor that does not live here any more, too.
  if (owners.empty() && QP_TRY(txn.probe({*id, *id, ldp::inbox, {}}, {}))) record.owner = resource;
  return std::optional(record);
}

}  // namespace

std::string collection_of(std::string_view resource, Role role) {
  const auto row = std::find_if(kDerived.begin(), kDerived.end(),
                                [&](const Derived& one) { return one.role == role; });
  return row == kDerived.end() ? std::string() : std::string(resource).append(row->suffix);
}

std::string shared_inbox_of(std::string_view domain_url) {
  return std::string(domain_url).append(kSharedInbox);
}

bool is_for_owner_only(Role role) {
  return std::any_of(kDerived.begin(), kDerived.end(),
                     [&](const Derived& one) { return one.role == role && one.for_owner_only; });
}

bool is_collection(qp::json::Value node) {
  return has_type(node, as::Collection) || has_type(node, as::OrderedCollection);
}

bool is_curated(Role role) { return role == Role::Featured || role == Role::Other; }

Result<std::optional<CollectionRecord>> find_collection(const Txn& txn, std::string_view iri) {
  if (iri.empty() || iri.size() > kMaxKey) return std::optional<CollectionRecord>();
  const auto value = QP_TRY(txn.get(kCollections, iri));
  if (!value) return derived(txn, iri);
  const json record = json::parse(*value, nullptr, false);
  if (!record.is_object()) return Error{Code::Storage, "a collection's record is damaged", {}};
  CollectionRecord collection;
  collection.owner = record.value("owner", "");
  collection.of = record.value("of", "");
  collection.created = record.value("created", std::int64_t{0});
  const std::string role = record.value("role", "other");
  const auto found = std::find(kRoleNames.begin(), kRoleNames.end(), role);
  if (found != kRoleNames.end()) {
    collection.role = static_cast<Role>(found - kRoleNames.begin());
  }
  return std::optional<CollectionRecord>(collection);
}

Result<void> put_collection(store::WriteTxn& txn, std::string_view iri,
                            const CollectionRecord& record) {
  return txn.put(kCollections, iri,
                 json{{"owner", record.owner},
                      {"of", record.of},
                      {"role", kRoleNames[static_cast<std::size_t>(record.role)]},
                      {"created", record.created}}
                     .dump());
}

Result<bool> add_member(store::WriteTxn& txn, std::string_view collection, std::string_view member,
                        store::AudienceId audience) {
  const TermId sequence = QP_TRY(txn.intern_iri(collection));
  const TermId id = QP_TRY(txn.intern_iri(member));
  return txn.sequence_append(sequence, id, audience);
}

Result<bool> remove_member(store::WriteTxn& txn, std::string_view collection,
                           std::string_view member) {
  const auto sequence = QP_TRY(txn.find_iri(collection));
  const auto id = QP_TRY(txn.find_iri(member));
  if (!sequence || !id) return false;
  return txn.sequence_remove(*sequence, *id);
}

Result<bool> is_member(const Txn& txn, std::string_view collection, std::string_view member) {
  const auto sequence = QP_TRY(txn.find_iri(collection));
  const auto id = QP_TRY(txn.find_iri(member));
  if (!sequence || !id) return false;
  return txn.sequence_contains(*sequence, *id);
}

Result<void> each_member(const Txn& txn, std::string_view collection,
                         const std::function<Result<void>(const std::string& member)>& each) {
  const auto sequence = QP_TRY(txn.find_iri(collection));
  if (!sequence) return {};
  std::uint64_t before = 0;
  while (true) {
    const auto items =
        QP_TRY(txn.sequence_before(*sequence, before, 1000, store::Visible::everything()));
    if (items.empty()) return {};
    for (const auto& item : items) {
      const std::string member(QP_TRY(txn.resolve(item.member)).value);
      QP_TRY(each(member));
    }
    before = items.back().key;
  }
}

Result<std::vector<std::string>> collections_with(const Txn& txn, std::string_view member) {
  std::vector<std::string> collections;
  const auto id = QP_TRY(txn.find_iri(member));
  if (!id) return collections;
  for (const TermId sequence : QP_TRY(txn.sequences_of(*id))) {
    collections.emplace_back(QP_TRY(txn.resolve(sequence)).value);
  }
  return collections;
}

Result<bool> is_local(const Txn& txn, std::string_view iri) {
  const std::string host = host_of(iri);
  if (host.empty() || host.size() > kMaxKey) return false;
  return QP_TRY(txn.get(kDomains, host)).has_value();
}

Result<std::vector<std::string>> values_of(const Txn& txn, std::string_view resource,
                                           const Word& property) {
  std::vector<std::string> texts;
  const auto id = QP_TRY(txn.find_iri(resource));
  if (!id) return texts;
  std::vector<TermId> ids;
  QP_TRY(txn.scan({*id, *id, property, {}}, {}, [&](const store::OrderedQuad& quad) {
    ids.push_back(quad.quad.o);
    return true;
  }));
  for (const TermId value : ids) texts.emplace_back(QP_TRY(txn.resolve(value)).value);
  return texts;
}

Result<std::vector<TermId>> resources_with(const Txn& txn, TermId property, TermId object) {
  std::vector<TermId> resources;
  QP_TRY(txn.scan({{}, {}, property, object}, {}, [&](const store::OrderedQuad& quad) {
    if (quad.quad.s == quad.quad.g) resources.push_back(quad.quad.s);
    return true;
  }));
  return resources;
}

Result<std::vector<std::string>> owners_of(const Txn& txn, std::string_view resource) {
  if (QP_TRY(txn.get(kActors, resource.substr(0, kMaxKey)))) {
    return std::vector{std::string(resource)};
  }
  auto owners = QP_TRY(values_of(txn, resource, as::attributedTo));
  for (auto& actor : QP_TRY(values_of(txn, resource, as::actor))) {
    if (!contains(owners, actor)) owners.push_back(std::move(actor));
  }
  return owners;
}

Result<bool> has_blocked(const Txn& txn, std::string_view owner, std::string_view actor) {
  return is_member(txn, collection_of(owner, Role::Blocked), actor);
}

}  // namespace qp::ap
