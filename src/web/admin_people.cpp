#include <fmt/core.h>

#include <algorithm>

#include "oauth/accounts.hpp"
#include "oauth/clients.hpp"
#include "oauth/sessions.hpp"
#include "oauth/tokens.hpp"
#include "web/admin.hpp"
#include "web/admin_page.hpp"
#include "web/html.hpp"

/// Actors, users and OAuth clients.
namespace qp::web::admin {

namespace {

constexpr std::string_view kUsers = "/admin/users";
constexpr std::string_view kClients = "/admin/clients";

std::string text_input(std::string_view label, std::string_view name, std::string_view value,
                       std::string_view more = {}) {
  return fmt::format("<label>{} <input name=\"{}\" value=\"{}\"{}></label>", label, name,
                     escape_html(value), more);
}

std::string type_choice(std::string_view chosen) {
  std::string options = "<option value=\"\">Any</option>";
  for (const std::string_view type :
       {"Person", "Service", "Application", "Group", "Organization"}) {
    options += fmt::format("<option{}>{}</option>", type == chosen ? " selected" : "", type);
  }
  return "<label>Type <select name=\"type\">" + options + "</select></label>";
}

/// The part of a list in memory that the page shows.
template <class T>
std::vector<T> cut(std::vector<T> all, ap::Slice slice) {
  const std::size_t begin = std::min(slice.offset, all.size());
  const std::size_t end = std::min(begin + slice.limit, all.size());
  return {std::make_move_iterator(all.begin() + static_cast<std::ptrdiff_t>(begin)),
          std::make_move_iterator(all.begin() + static_cast<std::ptrdiff_t>(end))};
}

std::string search_form(const Visit& visit, std::string_view path, const std::string& more = {}) {
  return fmt::format(
      "<form method=\"get\" action=\"{}\" class=\"row\">{}{}<button>Search</button>"
      "</form>",
      path, text_input("Search", "q", visit.value("q"), " type=\"search\""), more);
}

std::string user_state(const oauth::User& user) {
  if (user.disabled) return "disabled";
  return user.role == oauth::Role::Admin ? "administrator" : "";
}

std::string new_user_form(const Visit& visit) {
  return fmt::format(
      "<h2>Add a user</h2><form method=\"post\" action=\"{}\" class=\"row\">{}{}{}"
      "<label><input type=\"checkbox\" name=\"admin\" value=\"1\"> administrator</label>"
      "<button name=\"action\" value=\"add\">Add</button></form>",
      kUsers, form_token_field(visit.browser),
      text_input("Name", "name", "", " required autocapitalize=\"none\" autocomplete=\"off\""),
      text_input("Password", "password", "",
                 " type=\"password\" required autocomplete=\"new-password\""));
}

Result<Done> add_user(const Asked& visit) {
  std::string hash = QP_TRY(oauth::hash_password(visit.value("password")));
  const auto role = visit.value("admin").empty() ? oauth::Role::Member : oauth::Role::Admin;
  const std::string name(visit.value("name"));
  QP_TRY(write(visit, [&](store::WriteTxn& txn) {
    return oauth::add_user(txn, name, hash, role, visit.context.clock());
  }));
  return Done{};
}

Result<Done> disable(const Asked& visit) {
  const std::string name = QP_TRY(oauth::user_name(visit.value("user")));
  if (name == visit.browser.user->name) {
    return error(Code::Conflict, "You would lock yourself out");
  }
  QP_TRY(write(visit, [&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(disable_account(txn, name));
    QP_TRY(oauth::revoke_all(txn, name));
    QP_TRY(oauth::end_sessions(txn, name));
    return {};
  }));
  return Done{};
}

Result<Done> sign_out(const Asked& visit) {
  const std::string name(visit.value("user"));
  QP_TRY(write(visit, [&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(oauth::revoke_all(txn, name));
    QP_TRY(oauth::end_sessions(txn, name));
    return {};
  }));
  return Done{};
}

std::string new_client_form(const Visit& visit) {
  return fmt::format(
      "<h2>Add a client</h2><form method=\"post\" action=\"{}\" class=\"wide\">{}<p>{}</p>"
      "<p><label>Redirect URIs, one a line<br>"
      "<textarea name=\"redirect_uris\" rows=\"2\" cols=\"60\"></textarea></label></p>"
      "<p><label><input type=\"radio\" name=\"kind\" value=\"confidential\" checked> "
      "confidential: keeps a secret, on a server of its own</label>"
      "<label><input type=\"radio\" name=\"kind\" value=\"public\"> "
      "public: runs in a browser or on a phone</label></p>"
      "<p><label><input type=\"checkbox\" name=\"password\" value=\"1\"> "
      "may use the password grant</label></p>"
      "<p><button name=\"action\" value=\"add\">Add</button></p></form>",
      kClients, form_token_field(visit.browser), text_input("Name", "name", "", " required"));
}

std::vector<std::string> lines(std::string_view text) {
  std::vector<std::string> found;
  for (const std::string_view line : text::split(text, '\n')) {
    if (!text::trim(line).empty()) found.emplace_back(text::trim(line));
  }
  return found;
}

Result<Done> add_client(const Asked& visit) {
  oauth::NewClient wanted;
  wanted.name = visit.value("name");
  wanted.type =
      visit.value("kind") == "public" ? oauth::ClientType::Public : oauth::ClientType::Confidential;
  if (!visit.value("password").empty()) wanted.grants.emplace_back(oauth::grant::kPassword);
  wanted.redirect_uris = lines(visit.value("redirect_uris"));
  wanted.user = visit.browser.user->name;
  oauth::AddedClient added;
  QP_TRY(write(visit, [&](store::WriteTxn& txn) -> Result<void> {
    added = QP_TRY(oauth::add_client(txn, wanted, visit.context.clock()));
    return {};
  }));
  std::string body = "<div class=\"card\"><p>" + shown(added.client.name) +
                     " was added.</p><dl><dt>client_id</dt><dd><code>" + added.client.id +
                     "</code></dd>";
  if (!added.secret.empty()) {
    body += "<dt>client_secret</dt><dd><code>" + added.secret +
            "</code></dd></dl>"
            "<p class=\"warning\">The secret is shown this once. Only its hash is kept.</p>";
  } else {
    body += "</dl>";
  }
  return Done{body + "<p><a href=\"/admin/clients\">Back to the list</a></p></div>"};
}

std::string client_kind(const oauth::Client& client) {
  if (client.fetched != Millis(0)) return "by its document";
  return client.type == oauth::ClientType::Public ? "public" : "confidential";
}

std::string client_cells(const oauth::Client& client) {
  std::string grants;
  for (const std::string& grant : client.grants) grants += escape_html(grant) + "<br>";
  for (const std::string& uri : client.redirect_uris) {
    grants += "<span class=\"quiet\">" + shown(uri) + "</span><br>";
  }
  return grants;
}

}  // namespace

Result<std::string> actors_body(const Visit& visit) {
  ap::ActorFilter filter;
  filter.text = visit.value("q");
  filter.user = visit.value("user");
  filter.type = visit.value("type");
  const ap::ActorList list = QP_TRY(ap::list_actors(visit.txn, filter, visit.slice()));
  std::string body = search_form(
      visit, "/admin/actors", text_input("User", "user", filter.user) + type_choice(filter.type));
  if (!list.looked_at_all) {
    body += "<p class=\"warning\">There are too many actors to look through them all.</p>";
  }
  Table table({"Display name", "Username", "User", "Type", "Created"});
  for (const ap::Actor& actor : list.actors) {
    table.row({shown(actor.name), link_html(actor.iri, "@" + actor.username + "@" + actor.domain),
               "<a href=\"/admin/actors?user=" + text::percent_encode(actor.user) + "\">" +
                   escape_html(actor.user) + "</a>",
               escape_html(actor.type) + (actor.deleted ? " <strong>deleted</strong>" : ""),
               time_text(Millis(actor.created))});
  }
  return body + table.html() + pager(visit, list.matching);
}

Result<std::string> users_body(const Visit& visit) {
  std::vector<oauth::User> users = QP_TRY(oauth::list_users(visit.txn));
  const std::string wanted = text::lower(visit.value("q"));
  std::erase_if(
      users, [&](const oauth::User& user) { return user.name.find(wanted) == std::string::npos; });
  const std::size_t matching = users.size();
  Table table({"User", "", "#Actors", "Created", "", ""});
  for (const oauth::User& user : cut(std::move(users), visit.slice())) {
    const auto actors = QP_TRY(oauth::actors_of(visit.txn, user.name));
    const bool is_self = user.name == visit.browser.user->name;
    table.row(
        {escape_html(user.name), user_state(user), std::to_string(actors.size()),
         time_text(user.created),
         user.disabled ? "" : button(visit, kUsers, "sign_out", "End sign-ins", "user", user.name),
         user.disabled || is_self
             ? ""
             : button(visit, kUsers, "disable", "Disable", "user", user.name, "danger")});
  }
  return search_form(visit, kUsers) + table.html() + pager(visit, matching) + new_user_form(visit);
}

Result<std::string> clients_body(const Visit& visit) {
  std::vector<oauth::Client> clients = QP_TRY(oauth::list_clients(visit.txn));
  const std::string wanted = text::lower(visit.value("q"));
  std::erase_if(clients, [&](const oauth::Client& client) {
    return text::lower(client.name + " " + client.id + " " + client.user).find(wanted) ==
           std::string::npos;
  });
  std::ranges::stable_sort(clients, std::greater<>(), &oauth::Client::created);
  const std::size_t matching = clients.size();
  Table table({"Client", "Kind", "Grants and redirects", "Made by", "Created", ""});
  for (const oauth::Client& client : cut(std::move(clients), visit.slice())) {
    table.row({shown(client.title()) + "<br><code>" + escape_html(client.id) + "</code>",
               client_kind(client), client_cells(client), escape_html(client.user),
               time_text(client.created),
               button(visit, kClients, "remove", "Remove", "client", client.id, "danger")});
  }
  return search_form(visit, kClients) + table.html() + pager(visit, matching) +
         new_client_form(visit);
}

Result<Done> act_on_users(const Asked& visit) {
  if (visit.value("action") == "add") return add_user(visit);
  if (visit.value("action") == "disable") return disable(visit);
  if (visit.value("action") == "sign_out") return sign_out(visit);
  return bad_input("There is no such action");
}

Result<Done> act_on_clients(const Asked& visit) {
  if (visit.value("action") == "add") return add_client(visit);
  if (visit.value("action") != "remove") return bad_input("There is no such action");
  const std::string id(visit.value("client"));
  QP_TRY(write(visit, [&](store::WriteTxn& txn) -> Result<void> {
    if (QP_TRY(oauth::remove_client(txn, id))) return {};
    return error(Code::NotFound, "There is no such client");
  }));
  return Done{};
}

}  // namespace qp::web::admin
