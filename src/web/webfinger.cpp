#include "web/webfinger.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ap/estate.hpp"
#include "ap/gone.hpp"
#include "web/html.hpp"
#include "web/reply.hpp"

namespace qp::web {

namespace {

using nlohmann::ordered_json;

constexpr std::string_view kDiscoveryCache = "public, max-age=300";

Result<std::optional<ap::Actor>> find_named(Context& context, const store::Txn& txn,
                                            const Account& account) {
  // The host is one of ours, whichever the request came to (tutorial-acceptance T22).
  const ap::Domain* domain = context.domains.find(account.host);
  if (!domain) return std::optional<ap::Actor>();
  return ap::find_actor_named(txn, domain->host, account.username);
}

/// Who was known by the address on another server, which now is a domain of this one, and brought
/// its archive here.
Result<std::optional<ap::Actor>> find_former(Context& context, const store::Txn& txn,
                                             const std::variant<Account, Address>& named) {
  std::string former;
  if (const auto* account = std::get_if<Account>(&named)) {
    if (!context.domains.find(account->host)) return std::optional<ap::Actor>();
    former = QP_TRY(ap::actor_at(txn, "@" + account->username + "@" + account->host));
  } else {
    former = std::get<Address>(named).iri;
    if (!context.domains.find(ap::host_of(former))) return std::optional<ap::Actor>();
  }
  const std::string now = QP_TRY(ap::current_id(txn, former));
  return now.empty() ? std::optional<ap::Actor>() : QP_TRY(ap::find_actor(txn, now));
}

/// RFC 7033 4.3: with `rel` parameters only links of those relations are given.
ordered_json links_of(const ap::Actor& actor, const std::vector<std::string>& relations) {
  ordered_json links = ordered_json::array();
  const auto add = [&](std::string_view relation, std::string_view type) {
    const bool is_wanted = relations.empty() || std::find(relations.begin(), relations.end(),
                                                          relation) != relations.end();
    if (is_wanted) links.push_back({{"rel", relation}, {"type", type}, {"href", actor.iri}});
  };
  add("self", "application/activity+json");
  add("http://webfinger.net/rel/profile-page", "text/html");
  return links;
}

net::Response describe(const ap::Actor& actor, const std::vector<std::string>& relations) {
  const ordered_json body = {{"subject", "acct:" + actor.username + "@" + actor.domain},
                             {"aliases", {actor.iri}},
                             {"links", links_of(actor, relations)}};
  net::Response response = json_reply(200, body, "application/jrd+json");
  response.headers.set("Cache-Control", std::string(kDiscoveryCache));
  return response;
}

std::string template_of(const ap::Domain& domain) {
  return domain.url + "/.well-known/webfinger?resource={uri}";
}

}  // namespace

Result<std::variant<Account, Address>> parse_resource(std::string_view resource) {
  using Named = std::variant<Account, Address>;
  if (resource.starts_with("https://") || resource.starts_with("http://")) {
    return Named(Address{std::string(resource)});
  }
  std::string_view name = resource;
  if (text::lower(resource.substr(0, 5)).starts_with("acct:")) {
    name.remove_prefix(5);
  } else if (const auto at = resource.find('@', 1);  // some leave the scheme out
             at == std::string_view::npos || resource.substr(0, at).find(':') < at) {
    return bad_input("resource is neither an acct: nor an https: URI");
  }
  if (name.starts_with('@')) name.remove_prefix(1);
  const auto [username, host] = text::split_once(name, '@');
  if (username.empty() || !host || host->empty() || host->find('@') != std::string_view::npos) {
    return error(Code::NotFound, "No such account");
  }
  return Named(Account{std::string(username), std::string(*host)});
}

Result<net::Response> get_webfinger(Context& context, const Exchange& exchange) {
  const text::Form query = QP_TRY(text::parse_form(exchange.request.query));
  const std::optional<std::string_view> resource = text::find(query, "resource");
  if (!resource || resource->empty()) return bad_input("resource is required");
  const auto named = QP_TRY(parse_resource(*resource));
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  const auto* account = std::get_if<Account>(&named);
  std::optional<ap::Actor> actor = account
                                       ? QP_TRY(find_named(context, *txn, *account))
                                       : QP_TRY(ap::find_actor(*txn, std::get<Address>(named).iri));
  if (!actor) actor = QP_TRY(find_former(context, *txn, named));
  if (!actor || QP_TRY(ap::is_gone(*txn, *actor))) {
    return error(Code::NotFound, "No such account");
  }
  std::vector<std::string> relations;
  for (const auto& [name, value] : query) {
    if (name == "rel") relations.push_back(value);
  }
  return describe(*actor, relations);
}

Result<net::Response> get_host_meta(Context&, const Exchange& exchange) {
  const std::string body = R"(<?xml version="1.0" encoding="UTF-8"?>)"
                           "\n"
                           R"(<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">)"
                           "\n"
                           R"(  <Link rel="lrdd" template=")" +
                           escape_html(template_of(exchange.domain)) + "\"/>\n</XRD>\n";
  net::Response response = reply(200, body, "application/xrd+xml; charset=utf-8");
  response.headers.set("Cache-Control", std::string(kDiscoveryCache));
  return response;
}

Result<net::Response> get_host_meta_json(Context&, const Exchange& exchange) {
  const ordered_json link = {{"rel", "lrdd"},
                             {"type", "application/jrd+json"},
                             {"template", template_of(exchange.domain)}};
  net::Response response = json_reply(200, {{"links", ordered_json::array({link})}});
  response.headers.set("Cache-Control", std::string(kDiscoveryCache));
  return response;
}

}  // namespace qp::web
