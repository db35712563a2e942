#include "web/account_handler.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/log.hpp"
#include "oauth/clients.hpp"
#include "oauth/sessions.hpp"
#include "oauth/sign_in.hpp"
#include "oauth/tokens.hpp"
#include "web/html.hpp"
#include "web/reply.hpp"

namespace qp::web {

namespace {

constexpr std::string_view kSignInPath = "/o/sign_in";
constexpr std::string_view kNoStore = "private, no-store";

net::Response private_page(const Page& page) {
  net::Response response = page_reply(page);
  response.headers.set("Cache-Control", std::string(kNoStore));
  return response;
}

net::Response to_sign_in() { return redirect(303, std::string(kSignInPath)); }

std::string too_many(std::chrono::seconds wait) {
  return "Too many attempts. Try again in " + std::to_string(wait.count()) + " seconds";
}

struct Posted {
  text::Form form;  ///< not checked yet
  Browser browser;
};

Result<Posted> read_posted(Context& context, const Exchange& exchange) {
  Posted posted;
  posted.form = QP_TRY(read_form(exchange.request));
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  posted.browser = QP_TRY(find_browser(*txn, exchange, context.clock()));
  return posted;
}

/// The session replaces what the browser had, so that nobody can have given it to the browser.
Result<net::Response> begin_session(Context& context, const Exchange& exchange,
                                    const oauth::User& user, std::string_view next) {
  const Millis now = context.clock();
  Browser browser;
  browser.user = user;
  QP_TRY(context.store.write([&](store::WriteTxn& txn) -> Result<void> {
    browser.secret = QP_TRY(oauth::start_session(txn, user, now));
    return {};
  }));
  log::info("signed_in", {log::field("user", user.name)});
  net::Response response = redirect(303, safe_next(next));
  set_cookie(response, exchange, browser);
  response.headers.set("Cache-Control", std::string(kNoStore));
  return response;
}

struct App {
  std::string name;
  std::set<std::string> actors;
  std::size_t sign_ins = 0;
};

/// By client id.
Result<std::map<std::string, App>> apps_of(const store::Txn& txn, std::string_view user,
                                           Millis now) {
  std::map<std::string, App> apps;
  for (const oauth::Granted& granted : QP_TRY(oauth::granted_by(txn, user, now))) {
    App& app = apps[granted.client];
    if (app.sign_ins++ == 0) {
      const auto client = QP_TRY(oauth::find_client(txn, granted.client));
      app.name = client ? client->title() : "made on the command line";
    }
    app.actors.insert(granted.actor.empty() ? "all of your actors" : granted.actor);
  }
  return apps;
}

std::string apps_table(const std::map<std::string, App>& apps, const Browser& browser) {
  if (apps.empty()) return "<p>No app may act for you.</p>";
  Table table({"App", "Acts as", "#Sign-ins", ""});
  for (const auto& [id, app] : apps) {
    std::string actors;
    for (const std::string& actor : app.actors) actors += shown(actor) + "<br>";
    table.row({shown(app.name) + "<br><span class=\"quiet\">" + shown(id) + "</span>", actors,
               std::to_string(app.sign_ins),
               "<form method=\"post\" action=\"/o/account\">" + form_token_field(browser) +
                   hidden_field("client", id) +
                   "<button class=\"danger\">Take back</button></form>"});
  }
  return table.html();
}

/// After the sign-in a request that does not hold goes on to its client at once.
std::string targets_after(std::string_view next) {
  if (!next.starts_with("/o/authorize")) return {};
  const auto query = text::parse_form(text::split_once(next, '?').second.value_or(""));
  return query ? form_target(text::find(*query, "redirect_uri").value_or("")) : std::string();
}

}  // namespace

std::string form_target(std::string_view redirect_uri) {
  const auto [scheme, rest] = text::split_once(redirect_uri, ':');
  const bool is_scheme =
      rest && !scheme.empty() && std::ranges::all_of(scheme, [](char c) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return is_letter || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
      });
  return is_scheme ? std::string(scheme) + ":" : std::string();
}

net::Response sign_in_page(const Exchange& exchange, Browser browser, std::string_view next,
                           std::string_view reason, std::string_view complaint) {
  browser.user.reset();
  begin_visit(browser);
  std::string body = "<div class=\"card narrow\"><h1>Sign in</h1>";
  if (!reason.empty()) body.append("<p>").append(reason).append("</p>");
  if (!complaint.empty()) {
    body += "<p class=\"warning\" role=\"alert\">" + escape_html(complaint) + "</p>";
  }
  body +=
      "<form method=\"post\" action=\"/o/sign_in\" class=\"wide\">" + form_token_field(browser) +
      hidden_field("next", next) +
      "<p><label>Name <input name=\"username\" autocomplete=\"username\" autocapitalize=\"none\""
      " required autofocus></label></p>"
      "<p><label>Password <input name=\"password\" type=\"password\""
      " autocomplete=\"current-password\" required></label></p>"
      "<p><button>Sign in</button></p></form><p class=\"quiet\">You are at " +
      escape_html(exchange.domain.url) + ". Give your password to no other page.</p></div>";
  Page page;
  page.status = complaint.empty() ? 200 : 401;
  page.title = "Sign in";
  page.body = body;
  const std::string targets = targets_after(next);
  page.form_targets = targets;
  net::Response response = private_page(page);
  set_cookie(response, exchange, browser);
  return response;
}

Result<net::Response> get_sign_in(Context& context, const Exchange& exchange) {
  const text::Form query = QP_TRY(text::parse_form(exchange.request.query));
  const std::string next = safe_next(text::find(query, "next").value_or(""));
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  const Browser browser = QP_TRY(find_browser(*txn, exchange, context.clock()));
  if (browser.user) return redirect(303, next);
  return sign_in_page(exchange, browser, next, {});
}

Result<net::Response> post_sign_in(Context& context, const Exchange& exchange) {
  const auto [form, browser] = QP_TRY(read_posted(context, exchange));
  QP_TRY(check_form(exchange, browser, form));
  const std::string next = safe_next(text::find(form, "next").value_or(""));
  const oauth::SignIn outcome =
      QP_TRY(oauth::sign_in(context.oauth, text::find(form, "username").value_or(""),
                            text::find(form, "password").value_or(""),
                            counted_peer(context, exchange.request), context.clock()));
  if (outcome.user) return begin_session(context, exchange, *outcome.user, next);
  log::warning("sign_in_refused", {log::field("peer", exchange.request.peer)});
  if (!outcome.wait) {
    return sign_in_page(exchange, browser, next, {}, "Name or password do not hold");
  }
  net::Response response = sign_in_page(exchange, browser, next, {}, too_many(*outcome.wait));
  response.status = 429;
  response.headers.set("Retry-After", std::to_string(outcome.wait->count()));
  return response;
}

Result<net::Response> post_sign_out(Context& context, const Exchange& exchange) {
  const auto [form, browser] = QP_TRY(read_posted(context, exchange));
  if (!browser.user) return to_sign_in();
  QP_TRY(check_form(exchange, browser, form));
  const bool everywhere = text::find(form, "everywhere").has_value();
  QP_TRY(context.store.write([&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(oauth::end_session(txn, browser.secret));
    if (!everywhere) return {};
    QP_TRY(oauth::end_sessions(txn, browser.user->name));
    QP_TRY(oauth::revoke_all(txn, browser.user->name));
    return {};
  }));
  log::info("signed_out", {log::field("user", browser.user->name)});
  net::Response response = to_sign_in();
  clear_cookie(response, exchange);
  response.headers.set("Cache-Control", std::string(kNoStore));
  return response;
}

Result<net::Response> get_account(Context& context, const Exchange& exchange) {
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  const Browser browser = QP_TRY(find_browser(*txn, exchange, context.clock()));
  if (!browser.user) return to_sign_in();
  const auto apps = QP_TRY(apps_of(*txn, browser.user->name, context.clock()));
  const bool is_admin = browser.user->role == oauth::Role::Admin;
  const std::string body =
      "<h1>" + shown(browser.user->name) + "</h1><h2>Apps that may act for you</h2>" +
      apps_table(apps, browser) +
      "<h2>This browser</h2><form method=\"post\" action=\"/o/sign_out\" class=\"row\">" +
      form_token_field(browser) +
      "<button>Sign out</button><button name=\"everywhere\" value=\"1\" class=\"danger\">"
      "Sign out everywhere, apps too</button></form>";
  Page page;
  page.title = "Your account";
  page.body = body;
  page.navigation = is_admin ? "<a href=\"/o/account\" aria-current=\"page\">Account</a>"
                               "<a href=\"/admin/\">Administration</a>"
                             : "";
  return private_page(page);
}

Result<net::Response> post_account(Context& context, const Exchange& exchange) {
  const auto [form, browser] = QP_TRY(read_posted(context, exchange));
  if (!browser.user) return to_sign_in();
  QP_TRY(check_form(exchange, browser, form));
  const std::string client(text::find(form, "client").value_or(""));
  QP_TRY(context.store.write([&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(oauth::revoke_client(txn, client, browser.user->name));
    return {};
  }));
  return redirect(303, "/o/account");
}

}  // namespace qp::web
