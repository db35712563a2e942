#include "ap/synchronize.hpp"

#include <algorithm>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "ap/addressing.hpp"
#include "ap/application.hpp"
#include "ap/collection.hpp"
#include "ap/fetch.hpp"
#include "ap/follow.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "sig/digest.hpp"

namespace qp::ap {

namespace {

constexpr std::string_view kSuffix = "/synchronization";
/// Of one server; ids of usual length stay below what a response may have (limits::kResponseBytes).
constexpr std::size_t kListedMost = 10'000;
constexpr std::size_t kPages = 10;
/// Requests to part that one list may cause: it may name anybody.
constexpr std::size_t kUnexpectedMost = 20;
constexpr std::size_t kWaiting = 256;

/// Parameters `name="value"`, with commas between them.
std::optional<std::string> parameter(std::string_view field, std::string_view name) {
  while (!field.empty()) {
    const auto equals = field.find("=\"");
    if (equals == std::string_view::npos) return std::nullopt;
    const auto end = field.find('"', equals + 2);
    if (end == std::string_view::npos) return std::nullopt;
    if (text::trim(field.substr(0, equals)) == name) {
      return std::string(field.substr(equals + 2, end - equals - 2));
    }
    field.remove_prefix(end + 1);
    field.remove_prefix(std::min(field.find(',') + 1, field.size()));
  }
  return std::nullopt;
}

bool is_digest(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_address(std::string_view iri) {
  return !origin_of(iri).empty() && iri.size() <= limits::kIriBytes && text::is_utf8(iri) &&
         std::none_of(iri.begin(), iri.end(),
                      [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

/// Who of `origin`, which is one of ours, follows `actor`.
Result<std::vector<std::string>> local_followers(const store::Txn& txn, std::string_view actor,
                                                 std::string_view origin) {
  std::vector<std::string> followers;
  for (const std::string& iri : QP_TRY(collections_with(txn, actor))) {
    const auto collection = QP_TRY(find_collection(txn, iri));
    if (!collection || collection->role != Role::Following) continue;
    if (origin_of(collection->owner) == origin) followers.push_back(collection->owner);
  }
  return followers;
}

std::string digest_of(const std::vector<std::string>& ids) {
  IdsDigest digest;
  for (const std::string& id : ids) digest.add(id);
  return digest.text();
}

/// What the collection at `url` has in it, to its last page. Each page is of one origin.
Result<std::vector<std::string>> fetch_members(std::string url, const Services& services) {
  const std::string origin = origin_of(url);
  std::vector<std::string> members;
  for (std::size_t page = 0; page < kPages; ++page) {
    json::Arena arena;
    const Fetched fetched = QP_TRY(fetch_document(url, services, arena, Freshness::Own));
    if (origin_of(fetched.url) != origin) {
      return error(Code::Unauthenticated, url + " leads to another origin");
    }
    const json::Value node = fetched.form.expanded;
    if (!is_collection(node) && !has_type(node, as::CollectionPage) &&
        !has_type(node, as::OrderedCollectionPage)) {
      return error(Code::Network, url + " is not a collection");
    }
    const auto take = [&](json::Value from) {
      for (std::string& one : values_of(from, as::items.iri)) members.push_back(std::move(one));
    };
    take(node);
    const json::Value first = node.get(as::first.iri);
    auto next = values_of(node, as::next.iri);
    if (!first.empty() && members.empty()) {
      const json::Value embedded = first.items()[0];
      take(embedded);
      next = values_of(embedded, as::next.iri);
      if (!embedded.contains(as::items.iri)) next = values_of(node, as::first.iri);
    }
    if (next.empty()) return members;
    url = std::move(next.front());
    if (origin_of(url) != origin) {
      return error(Code::Unauthenticated, "a page of the collection is of another origin");
    }
  }
  return error(Code::TooLarge, "the collection has too many pages");
}

}  // namespace

std::string to_text(const Synchronization& synchronization) {
  return "collectionId=\"" + synchronization.collection + "\", url=\"" + synchronization.url +
         "\", digest=\"" + synchronization.digest + "\"";
}

std::optional<Synchronization> read_synchronization(std::string_view field) {
  const auto collection = parameter(field, "collectionId");
  const auto url = parameter(field, "url");
  auto digest = parameter(field, "digest");
  if (!collection || !url || !digest) return std::nullopt;
  *digest = text::lower(*digest);
  if (!is_digest(*digest) || !is_address(*collection) || !is_address(*url)) return std::nullopt;
  if (origin_of(*collection) != origin_of(*url)) return std::nullopt;
  return Synchronization{*collection, *url, *digest};
}

void IdsDigest::add(std::string_view id) {
  const std::string hash = sig::sha256_text(id);
  for (std::size_t i = 0; i < bits_.size(); ++i) bits_[i] ^= static_cast<std::uint8_t>(hash[i]);
  ++count_;
}

std::string IdsDigest::text() const {
  return text::hex({reinterpret_cast<const char*>(bits_.data()), bits_.size()});
}

Result<std::map<std::string, std::string>> follower_digests(const store::Txn& txn,
                                                            const Actor& actor) {
  std::map<std::string, IdsDigest> by_origin;
  QP_TRY(each_member(txn, actor.followers, [&](const std::string& id) -> Result<void> {
    by_origin[origin_of(id)].add(id);
    return {};
  }));
  std::map<std::string, std::string> digests;
  for (const auto& [origin, digest] : by_origin) {
    if (digest.count() <= kListedMost) digests.emplace(origin, digest.text());
  }
  return digests;
}

std::string partial_followers(std::string_view followers) {
  return std::string(followers).append(kSuffix);
}

Result<std::optional<Actor>> find_partial_followers(const store::Txn& txn, std::string_view iri) {
  if (!iri.ends_with(kSuffix)) return std::optional<Actor>();
  const auto collection = QP_TRY(find_collection(txn, iri.substr(0, iri.size() - kSuffix.size())));
  if (!collection || collection->role != Role::Followers) return std::optional<Actor>();
  return find_actor(txn, collection->owner);
}

Result<std::string> partial_followers_document(const store::Txn& txn, const Actor& actor,
                                               std::string_view iri, std::string_view origin) {
  std::vector<std::string> members;
  QP_TRY(each_member(txn, actor.followers, [&](const std::string& id) -> Result<void> {
    if (origin_of(id) != origin) return {};
    if (members.size() == kListedMost) {
      return error(Code::TooLarge, "Too many of that server follow to be listed here");
    }
    members.push_back(id);
    return {};
  }));
  nlohmann::ordered_json document = {{"@context", "https://www.w3.org/ns/activitystreams"},
                                     {"id", iri},
                                     {"type", "OrderedCollection"},
                                     {"totalItems", members.size()}};
  // A list that is empty is said to be: whoever asks has to know that it is all of it.
  document["orderedItems"] = members;
  return document.dump();
}

Synchronizer::Synchronizer(Services& services, std::function<void()> wake_delivery)
    : services_(services),
      wake_delivery_(std::move(wake_delivery)),
      by_host_({limits::kFetchesPerHost, std::chrono::hours(1)}),
      errands_({"synchronize", 1, kWaiting}, [this](const std::string& task) { run(task); }) {}

void Synchronizer::heed(std::string_view field, const std::string& actor, const Domain& domain) {
  const auto said = read_synchronization(field);
  if (!said || origin_of(said->collection) != origin_of(actor)) return;
  const nlohmann::json task = {{"actor", actor},           {"collection", said->collection},
                               {"url", said->url},         {"digest", said->digest},
                               {"domain_url", domain.url}, {"domain_host", domain.host}};
  if (!errands_.add(task.dump())) log::info("synchronization_skipped", {{"actor", actor}});
}

void Synchronizer::run(const std::string& text) {
  const auto record = nlohmann::json::parse(text);
  const Task task{{record["collection"], record["url"], record["digest"]},
                  record["actor"],
                  {record["domain_url"], record["domain_host"]}};
  if (const auto done = compare(task); !done) {
    log::info("not_synchronized", {{"actor", task.actor}, {"problem", done.error().detail}});
  }
}

Result<void> Synchronizer::compare(const Task& task) {
  std::vector<std::string> followers;
  {
    const auto txn = QP_TRY(services_.store.read());
    const auto known = QP_TRY(find_remote_actor(*txn, task.actor));
    if (!known || known->followers != task.said.collection) {
      return error(Code::Forbidden, "that is not the collection of the sender's followers");
    }
    followers = QP_TRY(local_followers(*txn, task.actor, task.domain.url));
  }
  if (digest_of(followers) == task.said.digest) return {};
  if (by_host_.take(host_of(task.actor), services_.clock())) {
    return error(Code::Unavailable, "too much was fetched from there");
  }
  // As somebody of the domain whose part it is.
  Services as_domain = services_;
  as_domain.sign_fetch = application_signer(task.domain, services_);
  const auto listed = QP_TRY(fetch_members(task.said.url, as_domain));
  return set_right(task, followers, listed);
}

using Names = std::unordered_set<std::string_view>;

/// `before` is from before the list was asked for: who began to follow since is not missing in it.
Result<void> Synchronizer::set_right(const Task& task, const std::vector<std::string>& before,
                                     const std::vector<std::string>& listed) {
  const Names followed_before(before.begin(), before.end());
  const Names is_listed(listed.begin(), listed.end());
  std::size_t stale = 0, unexpected = 0;
  QP_TRY(services_.store.write([&](store::WriteTxn& txn) -> Result<void> {
    stale = unexpected = 0;
    Activity nothing;
    nothing.actors = {task.actor};
    const Happening happening{txn, nothing, services_, store::AudienceId::Nobody,
                              {},  nullptr, {},        nullptr};
    const auto followers = QP_TRY(local_followers(txn, task.actor, task.domain.url));
    for (const std::string& follower : followers) {
      if (!followed_before.contains(follower) || is_listed.contains(follower)) continue;
      QP_TRY(end_following(happening, follower, task.actor));
      ++stale;
    }
    const Names follows(followers.begin(), followers.end());
    for (const std::string& one : listed) {
      if (unexpected == kUnexpectedMost) break;
      if (origin_of(one) != task.domain.url || follows.contains(one)) continue;
      const auto follower = QP_TRY(find_actor(txn, one));
      if (!follower || follower->deleted) continue;
      QP_TRY(settle_following(happening, *follower, task.actor));
      ++unexpected;
    }
    return {};
  }));
  log::info("synchronized", {log::field("actor", task.actor), log::field("stale", stale),
                             log::field("unexpected", unexpected)});
  if (unexpected > 0) wake_delivery_();
  return {};
}

}  // namespace qp::ap
