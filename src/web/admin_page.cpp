#include "web/admin_page.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "oauth/accounts.hpp"
#include "oauth/clients.hpp"
#include "web/housekeeper.hpp"
#include "web/html.hpp"
#include "web/limits.hpp"
#include "web/plot.hpp"

namespace qp::web::admin {

namespace {

std::vector<Point> points(const std::vector<Figures>& figures, std::uint64_t Figures::* member) {
  std::vector<Point> all;
  all.reserve(figures.size());
  for (const Figures& one : figures) all.push_back({one.at, static_cast<double>(one.*member)});
  return all;
}

std::string plots(const std::vector<Figures>& figures) {
  const auto held = [&](std::uint64_t Figures::* member) { return points(figures, member); };
  const auto grown = [&](std::uint64_t Figures::* member) {
    return per_minute(points(figures, member));
  };
  return "<h2>Traffic</h2><div class=\"plots\">" +
         plot_card("Requests", grown(&Figures::requests), " a minute") +
         plot_card("Refused before a handler", grown(&Figures::rejected), " a minute") +
         plot_card("Delivered", grown(&Figures::delivered), " a minute") +
         plot_card("Deliveries that failed", grown(&Figures::failed), " a minute") +
         plot_card("Deliveries that wait", held(&Figures::queued)) +
         "</div><h2>Store</h2><div class=\"plots\">" + plot_card("Quads", held(&Figures::quads)) +
         plot_card("Documents", held(&Figures::documents)) +
         plot_card("File", held(&Figures::file_bytes), "B") + "</div>";
}

std::string page_link(const Visit& visit, std::size_t page, std::string_view label) {
  std::string query = "page=" + std::to_string(page);
  for (const auto& [name, value] : visit.form) {
    if (name == "page" || value.empty()) continue;
    query += "&" + text::percent_encode(name) + "=" + text::percent_encode(value);
  }
  return "<a href=\"" + escape_html(visit.exchange.request.path + "?" + query) + "\">" +
         std::string(label) + "</a>";
}

}  // namespace

std::size_t Asked::page() const {
  return std::min<std::size_t>(text::to_uint(value("page")).value_or(0), limits::kAdminPages);
}

ap::Slice Asked::slice() const { return {page() * limits::kAdminRows, limits::kAdminRows}; }

Result<std::string> overview_body(const Visit& visit) {
  std::vector<Figures> figures = visit.context.history.all();
  figures.push_back(QP_TRY(current_figures(visit.context)));
  const auto users = QP_TRY(oauth::list_users(visit.txn));
  const auto clients = QP_TRY(oauth::list_clients(visit.txn));
  const auto actors = QP_TRY(ap::list_actors(visit.txn, {}, {0, 0}));
  const auto reports = QP_TRY(ap::list_reports(visit.txn, ap::Reports::Open, {0, 0}));
  std::string body = fmt::format(
      "<dl><dt>Users</dt><dd><a href=\"/admin/users\">{}</a></dd>"
      "<dt>Actors</dt><dd><a href=\"/admin/actors\">{}</a></dd>"
      "<dt>OAuth clients</dt><dd><a href=\"/admin/clients\">{}</a></dd>"
      "<dt>Open reports</dt><dd><a href=\"/admin/reports\">{}</a></dd></dl>",
      users.size(), actors.matching, clients.size(), reports.matching);
  return body + plots(figures);
}

std::string time_text(Millis time) {
  if (time == Millis(0)) return "";
  // 2026-11-26T07:02:24.000Z
  std::string text = time::rfc3339(time).substr(0, 16);
  std::ranges::replace(text, 'T', ' ');
  return text;
}

std::string button(const Visit& visit, std::string_view path, std::string_view action,
                   std::string_view label, std::string_view field, std::string_view value,
                   std::string_view style) {
  return fmt::format(
      "<form method=\"post\" action=\"{}\">{}{}<button name=\"action\" value=\"{}\""
      " class=\"{}\">{}</button></form>",
      path, form_token_field(visit.browser), hidden_field(field, value), action, style, label);
}

std::string pager(const Visit& visit, std::size_t matching) {
  const ap::Slice slice = visit.slice();
  if (matching == 0) return "<p class=\"quiet\">None</p>";
  if (slice.offset >= matching) return "<p>" + page_link(visit, 0, "To the first page") + "</p>";
  std::string line =
      fmt::format("<p class=\"row quiet\"><span>{}-{} of {}</span>", slice.offset + 1,
                  std::min(slice.offset + slice.limit, matching), matching);
  if (visit.page() > 0) line += page_link(visit, visit.page() - 1, "Back");
  if (slice.offset + slice.limit < matching) line += page_link(visit, visit.page() + 1, "Further");
  return line + "</p>";
}

Result<void> write(const Asked& visit, const store::Store::Write& work) {
  return visit.context.store.write(work);
}

}  // namespace qp::web::admin
