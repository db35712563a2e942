#include "web/authorize_handler.hpp"

#include <algorithm>
#include <array>

#include "base/log.hpp"
#include "oauth/accounts.hpp"
#include "oauth/answer.hpp"
#include "oauth/authorize.hpp"
#include "oauth/client_document.hpp"
#include "web/account_handler.hpp"
#include "web/browser.hpp"
#include "web/client_documents.hpp"
#include "web/html.hpp"
#include "web/local_client.hpp"
#include "web/reply.hpp"

namespace qp::web {

namespace {

/// What the request was made of; the consent form sends it back as it came.
constexpr std::array<std::string_view, 8> kParameters = {
    "response_type",  "client_id", "redirect_uri",          "scope",
    "code_challenge", "state",     "code_challenge_method", "login_hint"};

net::Response no_store(net::Response response) {
  response.headers.set("Cache-Control", "private, no-store");
  return response;
}

net::Response refusal_page(const oauth::AuthorizationRefusal& refusal) {
  if (!refusal.location.empty()) return no_store(redirect(303, refusal.location));
  return no_store(html_reply(400, "This request does not hold",
                             "<h1>This request does not hold</h1><p>" +
                                 escape_html(refusal.description) +
                                 "</p><p>Go back to the app that sent you here.</p>"));
}

std::string_view host_of(std::string_view uri) {
  const auto [scheme, rest] = text::split_once(uri, ':');
  if (!rest || !rest->starts_with("//")) return scheme;
  return rest->substr(2, rest->substr(2).find_first_of("/?"));
}

/// Who asks, as far as it is known, for the page that signs in.
Result<std::string> reason_to_sign_in(Context& context, const store::Txn& txn,
                                      const text::Form& query) {
  const std::string_view id = oauth::parameter(query, "client_id").value_or("");
  if (is_local_client(context, id))
    return std::string("to go on to an app that somebody made here");
  const auto client = QP_TRY(oauth::find_client(txn, id));
  if (client) return "to go on to " + shown(client->title());
  if (oauth::names_document(id)) return "to go on to an app of " + shown(host_of(id));
  return std::string();
}

/// Who asks; or a Response that has to be sent first: the request is parked, or was refused.
struct Asking {
  std::optional<oauth::Client> client;
  std::string maker;  ///< of an app that is an object here
  std::optional<net::Response> instead;
};

Result<Asking> find_asking_here(const Context& context, const store::Txn& txn,
                                const std::string& id) {
  Asking asking;
  auto found = read_local_client(context, txn, id);
  if (found) {
    asking.client = std::move(found->client);
    asking.maker = std::move(found->maker);
    return asking;
  }
  if (found.error().message.empty()) return found.error();
  asking.instead = refusal_page({"invalid_request", found.error().message, ""});
  return asking;
}

Result<Asking> find_asking(Context& context, const Exchange& exchange, const store::Txn& txn,
                           const text::Form& query) {
  const std::string id(oauth::parameter(query, "client_id").value_or(""));
  if (!oauth::names_document(id)) {
    Asking asking;
    asking.client = QP_TRY(oauth::find_client(txn, id));
    return asking;
  }
  if (is_local_client(context, id)) return find_asking_here(context, txn, id);
  ClientDocuments::Lookup found = context.client_documents.find(id);
  Asking asking;
  if (found.state == ClientDocuments::State::Known) {
    asking.client = std::move(found.client);
  } else if (found.state == ClientDocuments::State::Fetching && exchange.attempt == 0) {
    asking.instead.emplace();
    asking.instead->wait_for = id;
  } else {
    const std::string why =
        found.problem.empty() ? "the app's document does not arrive" : found.problem;
    asking.instead = refusal_page({"invalid_request", why, ""});
  }
  return asking;
}

std::string scope_list(oauth::Scopes scopes) {
  std::string list = "<ul>";
  for (const oauth::Scope scope : scopes.list()) {
    list += "<li>" + escape_html(oauth::scope_title(scope)) + "</li>";
  }
  return list + "</ul>";
}

std::string choice(std::string_view value, const std::string& label, bool is_chosen) {
  return "<li><label><input type=\"radio\" name=\"actor\" value=\"" + escape_html(value) + "\"" +
         (is_chosen ? " checked" : "") + " required><span>" + label + "</span></label></li>";
}

/// `hint`: an actor that the client would like (login_hint), by its address or name.
std::string actor_choices(const std::vector<ap::Actor>& actors, std::string_view hint) {
  const auto hinted = std::ranges::find_if(actors, [&](const ap::Actor& actor) {
    return !hint.empty() && (actor.iri == hint || actor.username == hint ||
                             actor.username + "@" + actor.domain == hint);
  });
  const auto chosen = hinted == actors.end() ? actors.begin() : hinted;
  std::string list = "<fieldset><legend>Act as</legend><ul class=\"plain\">";
  for (auto actor = actors.begin(); actor != actors.end(); ++actor) {
    list += choice(actor->iri,
                   shown(actor->name) + " <span class=\"quiet\">@" + escape_html(actor->username) +
                       "@" + escape_html(actor->domain) + "</span>",
                   actor == chosen);
  }
  list += choice(
      "", actors.empty() ? "Any actor that you will make" : "All of your actors, later ones too",
      actors.empty());
  return list + "</ul></fieldset>";
}

std::string who_asks(const oauth::Client& client, std::string_view maker) {
  std::string text = "<h1>" + shown(client.title()) + "</h1><p>";
  if (!maker.empty()) {
    // Its address begins like this server's own; that says nothing about who is behind it.
    text += "This app, made by <strong>" + shown(maker) + "</strong>, ";
  } else if (client.fetched != Millis(0)) {
    text += "This app of <strong>" + shown(host_of(client.id)) + "</strong> ";
  } else {
    text += "This app ";
  }
  return text + "asks to act for you:</p>";
}

net::Response consent_page(const Exchange& exchange, const Browser& browser,
                           const oauth::Authorization& request, std::string_view maker,
                           const text::Form& query, const std::vector<ap::Actor>& actors) {
  std::string body = "<div class=\"card narrow\">" + who_asks(request.client, maker) +
                     scope_list(request.scopes) +
                     "<form method=\"post\" action=\"/o/authorize/\">" + form_token_field(browser);
  for (const std::string_view name : kParameters) {
    if (const auto value = text::find(query, name)) body += hidden_field(name, *value);
  }
  body += actor_choices(actors, text::find(query, "login_hint").value_or("")) +
          "<p class=\"row\"><button name=\"decision\" value=\"allow\">Allow</button>"
          "<button name=\"decision\" value=\"deny\" class=\"second\" formnovalidate>Deny</button>"
          "</p></form><p class=\"quiet\">You go back to " +
          shown(host_of(request.redirect_uri)) + ". You can take this back at any time: " +
          link_html(exchange.domain.url + "/o/account", "your account") + ".</p></div>";
  body += "<form method=\"post\" action=\"/o/sign_out\" class=\"narrow quiet\">" +
          form_token_field(browser) + "<p>You are signed in as " + shown(browser.user->name) +
          ". <button class=\"second\">Sign out</button></p></form>";
  Page page;
  page.title = "Allow an app to act for you";
  page.body = body;
  const std::string target = form_target(request.redirect_uri);
  page.form_targets = target;
  return no_store(page_reply(page));
}

/// The actor chosen: one of the user's, or "" for all.
Result<std::string> chosen_actor(const store::Txn& txn, const text::Form& form,
                                 std::string_view user) {
  const auto actor = text::find(form, "actor");
  if (!actor) return bad_input("No actor was chosen");
  if (actor->empty()) return std::string();
  const auto owned = QP_TRY(oauth::find_actor(txn, *actor));
  if (!owned || owned->user != user) return error(Code::Forbidden, "That actor is not yours");
  return owned->actor;
}

/// An actor may be deleted while its owner reads the page.
Result<void> check_actor(const store::Txn& txn, const std::string& iri) {
  const auto actor = QP_TRY(ap::find_actor(txn, iri));
  if (!actor || actor->deleted) return error(Code::Gone, "That actor is deleted");
  return {};
}

Result<net::Response> grant_code(Context& context, const Exchange& exchange,
                                 const oauth::Authorization& request, const oauth::User& user,
                                 const std::string& actor) {
  oauth::CodeRequest wanted;
  wanted.user = user.name;
  wanted.client = request.client.id;
  wanted.redirect_uri = request.redirect_uri;
  wanted.code_challenge = request.code_challenge;
  wanted.scopes = request.scopes;
  wanted.actor = actor;
  const Millis now = context.clock();
  std::string code;
  QP_TRY(context.store.write([&](store::WriteTxn& txn) -> Result<void> {
    if (!actor.empty()) QP_TRY(check_actor(txn, actor));
    if (request.client.fetched != Millis(0)) QP_TRY(oauth::keep_client(txn, request.client));
    code = QP_TRY(oauth::issue_code(txn, wanted, now));
    return {};
  }));
  log::info("consented", {log::field("user", user.name), log::field("client", wanted.client)});
  return no_store(redirect(303, oauth::consent_location(request, code, exchange.domain.url)));
}

}  // namespace

Result<net::Response> get_authorize(Context& context, const Exchange& exchange) {
  const text::Form query = QP_TRY(text::parse_form(exchange.request.query));
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  const Browser browser = QP_TRY(find_browser(*txn, exchange, context.clock()));
  const bool is_document = oauth::names_document(oauth::parameter(query, "client_id").value_or(""));
  const std::string here = "/o/authorize/?" + exchange.request.query;
  if (!browser.user && is_document) {
    return sign_in_page(exchange, browser, here, QP_TRY(reason_to_sign_in(context, *txn, query)));
  }
  Asking asking = QP_TRY(find_asking(context, exchange, *txn, query));
  if (asking.instead) return std::move(*asking.instead);
  const auto checked =
      oauth::check_authorization(std::move(asking.client), query, exchange.domain.url);
  const auto* refusal = std::get_if<oauth::AuthorizationRefusal>(&checked);
  if (refusal) return refusal_page(*refusal);
  if (!browser.user) {
    return sign_in_page(exchange, browser, here, QP_TRY(reason_to_sign_in(context, *txn, query)));
  }
  const auto actors = QP_TRY(ap::actors_of(*txn, browser.user->name));
  return consent_page(exchange, browser, std::get<oauth::Authorization>(checked), asking.maker,
                      query, actors);
}

Result<net::Response> post_authorize(Context& context, const Exchange& exchange) {
  const text::Form form = QP_TRY(read_form(exchange.request));
  Browser browser;
  std::variant<oauth::Authorization, oauth::AuthorizationRefusal> checked;
  std::string actor;
  const bool is_denied = text::find(form, "decision") != "allow";
  {
    const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
    browser = QP_TRY(find_browser(*txn, exchange, context.clock()));
    QP_TRY(check_form(exchange, browser, form));
    if (!browser.user) return error(Code::Forbidden, "You are signed out; begin again");
    Asking asking = QP_TRY(find_asking(context, exchange, *txn, form));
    if (asking.instead) return std::move(*asking.instead);
    checked = oauth::check_authorization(std::move(asking.client), form, exchange.domain.url);
    if (!is_denied) actor = QP_TRY(chosen_actor(*txn, form, browser.user->name));
  }
  const auto* refusal = std::get_if<oauth::AuthorizationRefusal>(&checked);
  if (refusal) return refusal_page(*refusal);
  const auto& request = std::get<oauth::Authorization>(checked);
  if (is_denied) {
    return no_store(redirect(303, oauth::denial_location(request, exchange.domain.url)));
  }
  return grant_code(context, exchange, request, *browser.user, actor);
}

}  // namespace qp::web
