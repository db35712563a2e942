#include "web/nodeinfo.hpp"

#include <nlohmann/json.hpp>

#include "ap/application.hpp"
#include "ap/tables.hpp"
#include "oauth/users.hpp"
#include "vocab/terms.hpp"
#include "web/reply.hpp"

namespace qp::web {

namespace {

using nlohmann::ordered_json;

constexpr std::string_view kSchema = "http://nodeinfo.diaspora.software/ns/schema/";
constexpr std::string_view kDiscoveryCache = "public, max-age=300";

struct Usage {
  std::uint64_t users = 0;
  std::uint64_t local_posts = 0;
};

Result<Usage> count(const store::Txn& txn) {
  Usage usage;
  usage.users = QP_TRY(oauth::count_users(txn));
  const std::optional<std::string_view> posts = QP_TRY(txn.get(ap::kCounters, "local_posts"));
  usage.local_posts = posts ? text::to_uint(*posts).value_or(0) : 0;
  return usage;
}

Result<net::Response> get_nodeinfo(Context& context, std::string_view version) {
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  const Usage usage = QP_TRY(count(*txn));
  const ordered_json body = {
      {"version", version},
      {"software",
       {{"name", nodeinfo_name(context.config.software_name)},
        {"version", context.config.software_version}}},
      {"protocols", {"activitypub"}},
      {"services", {{"inbound", ordered_json::array()}, {"outbound", ordered_json::array()}}},
      {"openRegistrations", false},
      {"usage", {{"users", {{"total", usage.users}}}, {"localPosts", usage.local_posts}}},
      {"metadata", {{"nodeName", context.config.software_name}}}};
  const std::string schema = std::string(kSchema) + std::string(version);
  net::Response response = json_reply(200, body, "application/json; profile=\"" + schema + "#\"");
  response.headers.set("Cache-Control", std::string(kDiscoveryCache));
  return response;
}

}  // namespace

std::string nodeinfo_name(std::string_view software) {
  std::string name = text::lower(software);
  for (char& c : name) {
    const bool is_allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!is_allowed) c = '-';
  }
  return name;
}

Result<net::Response> get_nodeinfo_links(Context& context, const Exchange& exchange) {
  ordered_json links = ordered_json::array();
  // Some peers take the first link, whatever it is, and some the last that they know.
  for (const std::string_view version : {"2.0", "2.1"}) {
    links.push_back({{"rel", std::string(kSchema) + std::string(version)},
                     {"href", exchange.domain.url + "/nodeinfo/" + std::string(version)}});
  }
  // FEP-2677: who signs what this server fetches.
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  if (const auto application = QP_TRY(ap::find_application(*txn, exchange.domain.host))) {
    links.push_back({{"rel", as::Application.iri}, {"href", *application}});
  }
  net::Response response = json_reply(200, {{"links", links}});
  response.headers.set("Cache-Control", std::string(kDiscoveryCache));
  return response;
}

Result<net::Response> get_nodeinfo_20(Context& context, const Exchange&) {
  return get_nodeinfo(context, "2.0");
}
Result<net::Response> get_nodeinfo_21(Context& context, const Exchange&) {
  return get_nodeinfo(context, "2.1");
}

}  // namespace qp::web
