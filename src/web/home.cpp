#include "web/home.hpp"

#include "web/html.hpp"

namespace qp::web {

namespace {

constexpr std::string_view kText = R"(
<p>An ActivityPub server for clients of any kind. Programs find out about it at
<a href="/.well-known/nodeinfo">NodeInfo</a> and
<a href="/.well-known/oauth-authorization-server">its OAuth metadata</a>.</p>
<h2>What it keeps of people</h2>
<div class="card">
<p>Of who has an account here: a name, a password that is kept as a hash only, the clients that were
allowed in, and the actors with what they posted, uploaded and received.</p>
<p>Of people on other servers: what was sent to an actor here or fetched for one, with the signature
that it came with, and the address of the actor that sent it.</p>
<p>Nothing is shown to anybody but those that its author addressed; what is addressed to nobody, only
its author sees. What was sent to other servers is theirs to keep.</p>
<p>What is deleted is deleted with all its words. A mark stays that something was there, of what kind,
and when.</p>
<p>No address of a visitor is kept but in the log of the operator. The only cookie is that of the page
to sign in, and of who signed in there.</p>
</div>)";

}  // namespace

Result<net::Response> get_home(Context& context, const Exchange& exchange) {
  std::string body = "<h1>" + escape_html(exchange.domain.host) + "</h1><p class=\"quiet\">" +
                     escape_html(context.config.software_name) + " " +
                     escape_html(context.config.software_version) + "</p>";
  body += kText;
  net::Response response = html_reply(200, exchange.domain.host, body);
  response.headers.set("Cache-Control", "public, max-age=300");
  return response;
}

}  // namespace qp::web
