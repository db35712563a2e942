#include "web/admin.hpp"

#include <fmt/core.h>

#include <array>

#include "base/log.hpp"
#include "oauth/users.hpp"
#include "web/admin_page.hpp"
#include "web/html.hpp"
#include "web/reply.hpp"

namespace qp::web {

namespace {

struct AdminPage {
  std::string_view path, title;
  admin::Body body;
  admin::Act act;  ///< nullptr: changes nothing
};
constexpr std::array kPages{
    AdminPage{"/admin/", "Overview", admin::overview_body, nullptr},
    AdminPage{"/admin/actors", "Actors", admin::actors_body, nullptr},
    AdminPage{"/admin/users", "Users", admin::users_body, admin::act_on_users},
    AdminPage{"/admin/clients", "OAuth clients", admin::clients_body, admin::act_on_clients},
    AdminPage{"/admin/domains", "Domains", admin::domains_body, admin::act_on_domains},
    AdminPage{"/admin/queue", "Deliveries", admin::queue_body, admin::act_on_queue},
    AdminPage{"/admin/reports", "Reports", admin::reports_body, admin::act_on_reports},
};

const AdminPage* find_page(std::string_view path) {
  const std::string_view bare =
      path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
  for (const AdminPage& page : kPages) {
    if (page.path == path || page.path == bare || (bare == "/admin" && page.path == "/admin/")) {
      return &page;
    }
  }
  return nullptr;
}

std::string navigation(const AdminPage& here) {
  std::string links;
  for (const AdminPage& page : kPages) {
    links += fmt::format("<a href=\"{}\"{}>{}</a>", page.path,
                         page.path == here.path ? " aria-current=\"page\"" : "", page.title);
  }
  return links + "<a href=\"/o/account\">Account</a>";
}

net::Response show(const AdminPage& page, const std::string& body) {
  const std::string links = navigation(page);
  const std::string whole = "<h1>" + std::string(page.title) + "</h1>" + body;
  Page shown;
  shown.title = page.title;
  shown.body = whole;
  shown.navigation = links;
  net::Response response = page_reply(shown);
  response.headers.set("Cache-Control", "private, no-store");
  return response;
}

/// The administrator in front of the browser, or what is answered to somebody else.
struct Entry {
  Browser browser;
  std::optional<net::Response> instead;
};

Result<Entry> enter(Context& context, const Exchange& exchange, const store::Txn& txn) {
  Entry entry{QP_TRY(find_browser(txn, exchange, context.clock())), {}};
  if (!entry.browser.user) {
    entry.instead =
        redirect(303, "/o/sign_in?next=" + text::percent_encode(exchange.request.target));
    return entry;
  }
  if (entry.browser.user->role != oauth::Role::Admin) {
    return error(Code::Forbidden, "These pages are for administrators");
  }
  return entry;
}

}  // namespace

Result<net::Response> get_admin(Context& context, const Exchange& exchange) {
  const AdminPage* page = find_page(exchange.request.path);
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  Entry entry = QP_TRY(enter(context, exchange, *txn));
  if (entry.instead) return std::move(*entry.instead);
  if (!page) return error(Code::NotFound, "There is no such page");
  const text::Form query = QP_TRY(text::parse_form(exchange.request.query));
  return show(*page, QP_TRY(page->body({{context, exchange, entry.browser, query}, *txn})));
}

Result<net::Response> post_admin(Context& context, const Exchange& exchange) {
  const AdminPage* page = find_page(exchange.request.path);
  const text::Form form = QP_TRY(read_form(exchange.request));
  Entry entry;
  {
    const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
    entry = QP_TRY(enter(context, exchange, *txn));
  }
  if (entry.instead) return std::move(*entry.instead);
  if (!page || !page->act) return error(Code::NotFound, "Nothing is done at this address");
  QP_TRY(check_form(exchange, entry.browser, form));
  const admin::Done done = QP_TRY(page->act({context, exchange, entry.browser, form}));
  log::info("administered",
            {log::field("user", entry.browser.user->name), log::field("page", page->path),
             log::field("action", text::find(form, "action").value_or(""))});
  if (!done.body.empty()) return show(*page, done.body);
  return redirect(303, std::string(page->path));
}

Result<void> disable_account(store::WriteTxn& txn, std::string_view name) {
  QP_TRY(oauth::disable_user(txn, name));
  const std::string user = QP_TRY(oauth::user_name(name));
  for (const ap::Actor& actor : QP_TRY(ap::actors_of(txn, user))) {
    QP_TRY(txn.erase_rendered(actor.iri));
  }
  return {};
}

}  // namespace qp::web
