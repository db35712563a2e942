#include "ap/actor.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "ap/activity.hpp"
#include "ap/ids.hpp"
#include "ap/ingest.hpp"
#include "ap/publish.hpp"
#include "ap/tables.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "net/peer.hpp"
#include "vocab/terms.hpp"

namespace qp::ap {

namespace {

using nlohmann::json;
using store::Txn;
using store::WriteTxn;

constexpr std::array<std::string_view, 5> kActorTypes = {"Person", "Service", "Application",
                                                         "Group", "Organization"};
constexpr std::size_t kMaxName = 500;
constexpr std::array<std::string_view, 6> kReservedNames = {"admin",   "root", "system",
                                                            "quadpub", "api",  "inbox"};

json to_json(const Actor& actor) {
  return {{"number", actor.number},       {"iri", actor.iri},
          {"username", actor.username},   {"name", actor.name},
          {"type", actor.type},           {"user", actor.user},
          {"domain", actor.domain},       {"inbox", actor.inbox},
          {"outbox", actor.outbox},       {"followers", actor.followers},
          {"following", actor.following}, {"liked", actor.liked},
          {"created", actor.created},     {"manual_follows", actor.manual_follows},
          {"deleted", actor.deleted}};
}

Result<Actor> to_actor(std::string_view text) {
  const json record = json::parse(text, nullptr, false);
  if (record.is_discarded()) return Error{Code::Storage, "an actor's record is damaged", {}};
  Actor actor;
  actor.number = record.value("number", std::uint64_t{0});
  actor.iri = record.value("iri", "");
  actor.username = record.value("username", "");
  actor.name = record.value("name", "");
  actor.type = record.value("type", "");
  actor.user = record.value("user", "");
  actor.domain = record.value("domain", "");
  actor.inbox = record.value("inbox", "");
  actor.outbox = record.value("outbox", "");
  actor.followers = record.value("followers", "");
  actor.following = record.value("following", "");
  actor.liked = record.value("liked", "");
  actor.created = record.value("created", std::int64_t{0});
  actor.manual_follows = record.value("manual_follows", false);
  actor.deleted = record.value("deleted", false);
  return actor;
}

std::string name_key(std::string_view host, std::string_view username) {
  return fmt::format("{} {}", host, text::lower(username));
}

Actor with_addresses(const NewActor& wanted, Millis now) {
  Actor actor;
  const auto address = [&](std::string_view folder) {
    return fmt::format("{}/{}/{}", wanted.domain.url, folder, random::uuid_v7(now));
  };
  actor.iri = address("actors");
  actor.username = wanted.username;
  actor.name = wanted.name.empty() ? wanted.username : wanted.name;
  actor.type = wanted.type;
  actor.user = wanted.user;
  actor.domain = wanted.domain.host;
  for (std::string* collection :
       {&actor.inbox, &actor.outbox, &actor.followers, &actor.following, &actor.liked}) {
    *collection = address("collections");
  }
  actor.created = now.count();
  return actor;
}

std::string actor_document(const Actor& actor, const std::string& url, const sig::PrivateKey& key,
                           const sig::PrivateKey& ed25519) {
  const nlohmann::ordered_json document = {
      {"@context",
       {"https://www.w3.org/ns/activitystreams",
        "https://w3id.org/security/v1",
        "https://w3id.org/security/multikey/v1",
        {{"manuallyApprovesFollowers", "as:manuallyApprovesFollowers"},
         {"webfinger", "https://purl.archive.org/socialweb/webfinger#webfinger"},
         {"assertionMethod",
          {{"@id", "https://w3id.org/security#assertionMethod"},
           {"@type", "@id"},
           {"@container", "@set"}}},
         {"movedTo", {{"@id", "as:movedTo"}, {"@type", "@id"}}},
         {"featured", {{"@id", "http://joinmastodon.org/ns#featured"}, {"@type", "@id"}}},
         {"blocked",
          {{"@id", "https://purl.archive.org/socialweb/blocked#blocked"}, {"@type", "@id"}}},
         {"pendingFollowers",
          {{"@id", "https://purl.archive.org/socialweb/pending#pendingFollowers"},
           {"@type", "@id"}}},
         {"pendingFollowing",
          {{"@id", "https://purl.archive.org/socialweb/pending#pendingFollowing"},
           {"@type", "@id"}}}}}},
      {"id", actor.iri},
      {"type", actor.type},
      {"preferredUsername", actor.username},
      {"webfinger", actor.username + "@" + actor.domain},
      {"name", actor.name},
      {"inbox", actor.inbox},
      {"outbox", actor.outbox},
      {"followers", actor.followers},
      {"following", actor.following},
      {"liked", actor.liked},
      {"featured", collection_of(actor.iri, Role::Featured)},
      {"streams", nlohmann::ordered_json::array({collection_of(actor.iri, Role::Streams)})},
      {"blocked", collection_of(actor.iri, Role::Blocked)},
      {"pendingFollowers", collection_of(actor.iri, Role::PendingFollowers)},
      {"pendingFollowing", collection_of(actor.iri, Role::PendingFollowing)},
      {"manuallyApprovesFollowers", actor.manual_follows},
      {"published", time::rfc3339(Millis(actor.created))},
      {"endpoints",
       {{"sharedInbox", url + "/inbox"},
        {"proxyUrl", url + "/proxy"},
        {"uploadMedia", url + "/media"},
        {"oauthAuthorizationEndpoint", url + "/o/authorize/"},
        {"oauthTokenEndpoint", url + "/o/token/"}}},
      {"publicKey",
       {{"id", main_key_of(actor.iri)},
        {"owner", actor.iri},
        {"publicKeyPem", key.public_key().pem()}}},
      {"assertionMethod", nlohmann::ordered_json::array(
                              {{{"id", ed25519_key_of(actor.iri)},
                                {"type", "Multikey"},
                                {"controller", actor.iri},
                                {"publicKeyMultibase", ed25519.public_key().multibase()}}})}};
  return document.dump();
}

std::string collection_document(std::string_view iri, std::string_view owner) {
  return json{{"@context", "https://www.w3.org/ns/activitystreams"},
              {"id", iri},
              {"type", "OrderedCollection"},
              {"attributedTo", owner}}
      .dump();
}

}  // namespace

Result<Domain> parse_domain(std::string_view url, bool insecure) {
  while (url.ends_with('/')) url.remove_suffix(1);
  const bool https = url.starts_with("https://");
  if (!https && !url.starts_with("http://")) {
    return bad_input("the URL must begin with https:// (or http:// on loopback)");
  }
  std::string host = text::lower(url.substr(https ? 8 : 7));
  // RFC 9110 4.2.3: the scheme's own port is not said.
  const std::string_view port = https ? ":443" : ":80";
  if (host.ends_with(port)) host.resize(host.size() - port.size());
  if (host.empty() || host.find_first_of("/?#@ \t\\") != std::string::npos) {
    return bad_input("the URL must be scheme://host[:port], without path or user");
  }
  if (!https && !net::names_this_machine(host) && !insecure) {
    return bad_input(
        "plain http is refused for other hosts than loopback: ids are permanent and peers ask for "
        "https (--insecure to do it all the same)");
  }
  return Domain{(https ? "https://" : "http://") + host, host};
}

Result<bool> add_domain(WriteTxn& txn, const Domain& domain) {
  if (QP_TRY(txn.get(kDomains, domain.host))) return false;
  QP_TRY(txn.put(kDomains, domain.host, json{{"url", domain.url}}.dump()));
  return true;
}

Result<std::vector<Domain>> domains(const Txn& txn) {
  std::vector<Domain> all;
  QP_TRY(txn.each(kDomains, "", [&](std::string_view host, std::string_view value) {
    const json record = json::parse(value, nullptr, false);
    if (record.is_object()) all.push_back({record.value("url", ""), std::string(host)});
    return true;
  }));
  return all;
}

Result<void> check_new_actor(const NewActor& actor) {
  if (actor.username.empty()) return bad_input("preferred_username is required");
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  if (actor.username.size() > 64 ||
      !std::all_of(actor.username.begin(), actor.username.end(), allowed) ||
      actor.username.front() == '.' || actor.username.back() == '.') {
    return bad_input("preferred_username may have 1 to 64 of the characters a-z 0-9 _ - .");
  }
  const std::string folded = text::lower(actor.username);
  const bool is_reserved =
      std::find(kReservedNames.begin(), kReservedNames.end(), folded) != kReservedNames.end();
  if (is_reserved && !actor.user.empty()) {
    return bad_input("preferred_username is reserved");
  }
  if (std::find(kActorTypes.begin(), kActorTypes.end(), actor.type) == kActorTypes.end()) {
    return bad_input("type is one of Person, Service, Application, Group, Organization");
  }
  if (actor.name.size() > kMaxName) return bad_input("display_name is longer than 500 bytes");
  return {};
}

Result<Actor> create_actor(WriteTxn& txn, const NewActor& wanted, const sig::PrivateKey& key,
                           const sig::PrivateKey& ed25519, Millis now, const Services& services) {
  QP_TRY(check_new_actor(wanted));
  const std::string name = name_key(wanted.domain.host, wanted.username);
  if (QP_TRY(txn.get(kActorNames, name))) return error(Code::Conflict, "Username already taken");

  Actor actor = with_addresses(wanted, now);
  const bool is_of_server = actor.user.empty();
  if (!is_of_server) actor.number = QP_TRY(next_number(txn, "actors"));
  const jsonld::ContextSource contexts{services.contexts, services.loader};
  const Provenance provenance{wanted.domain.url, "user " + wanted.user, "created", {}, now.count()};
  const auto write = [&](const std::string& iri, const std::string& text,
                         store::AudienceId audience) -> Result<void> {
    qp::json::Arena arena;
    const auto parsed = QP_TRY(qp::json::parse(text, arena));
    const auto form = QP_TRY(jsonld::read_for_storage(parsed, contexts, arena));
    const std::array owned{Owned{iri, audience}};
    QP_TRY(write_document(txn, form, text, owned, provenance));
    return {};
  };
  QP_TRY(write(actor.iri, actor_document(actor, wanted.domain.url, key, ed25519),
               store::AudienceId::Public));
  const std::array self{actor.iri};
  const auto own = QP_TRY(audience_of(txn, self));
  const std::array<std::pair<std::string*, Role>, 5> collections{
      {{&actor.inbox, Role::Inbox},
       {&actor.outbox, Role::Outbox},
       {&actor.followers, Role::Followers},
       {&actor.following, Role::Following},
       {&actor.liked, Role::Liked}}};
  for (const auto& [iri, role] : collections) {
    QP_TRY(write(*iri, collection_document(*iri, actor.iri),
                 role == Role::Inbox ? own : store::AudienceId::Public));
    QP_TRY(put_collection(txn, *iri, {actor.iri, {}, role, now.count()}));
  }
  QP_TRY(txn.put(kActors, actor.iri, to_json(actor).dump()));
  QP_TRY(txn.put(kActorNames, name, actor.iri));
  if (!is_of_server) {
    QP_TRY(txn.put(kActorsByUser, fmt::format("{} {:020}", actor.user, actor.number), actor.iri));
  }
  QP_TRY(txn.put(kPrivateKeys, actor.iri, key.pem()));
  QP_TRY(txn.put(kPrivateKeys, ed25519_key_of(actor.iri), ed25519.pem()));
  QP_TRY(refresh_rendered(txn, actor.iri, services));
  return actor;
}

Result<void> take_over_profile(WriteTxn& txn, Actor actor, qp::json::Value profile) {
  const auto names = values_of(profile, as::name.iri);
  if (!names.empty() && names.front().size() <= kMaxName) actor.name = names.front();
  const qp::json::Value manual = profile.get(as::manuallyApprovesFollowers.iri);
  actor.manual_follows = !manual.empty() && manual.items()[0].get("@value").is_true();
  return txn.put(kActors, actor.iri, to_json(actor).dump());
}

Result<void> mark_deleted(WriteTxn& txn, Actor actor) {
  actor.deleted = true;
  return txn.put(kActors, actor.iri, to_json(actor).dump());
}

Result<std::optional<Actor>> find_actor(const Txn& txn, std::string_view iri) {
  if (iri.size() > kMaxKey) return std::optional<Actor>();
  const auto record = QP_TRY(txn.get(kActors, iri));
  if (!record) return std::optional<Actor>();
  return std::optional<Actor>(QP_TRY(to_actor(*record)));
}

Result<std::optional<Actor>> find_actor_named(const Txn& txn, std::string_view host,
                                              std::string_view username) {
  const auto iri = QP_TRY(txn.get(kActorNames, name_key(host, username)));
  if (!iri) return std::optional<Actor>();
  auto actor = QP_TRY(find_actor(txn, std::string(*iri)));
  if (actor && actor->deleted) actor.reset();
  return actor;
}

Result<std::vector<Actor>> actors_of(const Txn& txn, std::string_view user) {
  std::vector<std::string> iris;
  QP_TRY(
      txn.each(kActorsByUser, std::string(user) + ' ', [&](std::string_view, std::string_view iri) {
        iris.emplace_back(iri);
        return true;
      }));
  std::vector<Actor> actors;
  for (const std::string& iri : iris) {
    auto actor = QP_TRY(find_actor(txn, iri));
    if (actor && !actor->deleted) actors.push_back(*std::move(actor));
  }
  return actors;
}

Result<std::string> actor_called(const Txn& txn, std::string_view text) {
  std::string_view name = text;
  if (name.starts_with("acct:")) name.remove_prefix(5);
  if (name.find(':') != name.npos && name.find('@') == name.npos) return std::string(text);
  if (name.find('/') != name.npos) return std::string(text);
  if (name.starts_with('@')) name.remove_prefix(1);
  const auto at = name.find('@');
  const std::string_view host = at == name.npos ? std::string_view() : name.substr(at + 1);
  name = name.substr(0, at);
  std::vector<std::string> found;
  for (const Domain& domain : QP_TRY(domains(txn))) {
    if (!host.empty() && domain.host != host) continue;
    const auto actor = QP_TRY(find_actor_named(txn, domain.host, name));
    if (actor) found.push_back(actor->iri);
  }
  if (found.empty() && host.empty()) {
    for (const Actor& actor : QP_TRY(actors_of(txn, name))) found.push_back(actor.iri);
  }
  if (found.empty()) return error(Code::NotFound, "no actor " + std::string(text) + " lives here");
  if (found.size() == 1) return found.front();
  std::string several = "several actors are called " + std::string(text) + ":";
  for (const std::string& one : found) several += " " + one;
  return bad_input(std::move(several));
}

Result<void> each_actor(const Txn& txn, const std::function<bool(const Actor&)>& each) {
  Result<void> problem;
  QP_TRY(txn.each(kActors, "", [&](std::string_view, std::string_view record) {
    const auto actor = to_actor(record);
    if (!actor) problem = actor.error();
    return actor && each(*actor);
  }));
  return problem;
}

Result<std::vector<Actor>> all_actors(const Txn& txn) {
  std::vector<Actor> actors;
  QP_TRY(each_actor(txn, [&](const Actor& actor) {
    actors.push_back(actor);
    return true;
  }));
  return actors;
}

Result<std::uint64_t> next_number(WriteTxn& txn, std::string_view counter) {
  const auto kept = QP_TRY(txn.get(kCounters, counter));
  const std::uint64_t number = (kept ? text::to_uint(*kept).value_or(0) : 0) + 1;
  QP_TRY(txn.put(kCounters, counter, std::to_string(number)));
  return number;
}

Result<sig::PrivateKey> private_key(const Txn& txn, std::string_view actor_iri) {
  const auto pem = QP_TRY(txn.get(kPrivateKeys, actor_iri));
  if (!pem) return Error{Code::NotFound, "no private key for " + std::string(actor_iri), {}};
  return sig::PrivateKey::from_pem(*pem);
}

}  // namespace qp::ap
