#include <fmt/core.h>

#include <algorithm>

#include "web/admin_page.hpp"
#include "web/html.hpp"
#include "web/limits.hpp"

/// Other servers: domains, deliveries, reports.
namespace qp::web::admin {

namespace {

constexpr std::string_view kDomains = "/admin/domains";
constexpr std::string_view kQueue = "/admin/queue";
constexpr std::string_view kReports = "/admin/reports";

std::string block_form(const Visit& visit) {
  return fmt::format(
      "<form method=\"post\" action=\"{}\" class=\"row\">{}"
      "<label>Host, and all hosts below it <input name=\"host\" required autocapitalize=\"none\">"
      "</label><button name=\"action\" value=\"block\" class=\"danger\">Block</button></form>",
      kDomains, form_token_field(visit.browser));
}

/// As much of a text as is shown, cut between characters.
std::string beginning(std::string_view text) {
  if (text.size() <= limits::kReportBytes) return std::string(text);
  std::size_t end = limits::kReportBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string report_card(const Visit& visit, const ap::Report& report) {
  std::string card = "<div class=\"card\"><p>" + link_html(report.actor, report.actor) +
                     " <span class=\"quiet\">" + time_text(Millis(report.received)) + "</span></p>";
  if (!report.content.empty()) card += "<p>" + shown(beginning(report.content)) + "</p>";
  card += "<ul>";
  for (const std::string& object : report.objects) {
    card += "<li>" + link_html(object, object) + "</li>";
  }
  card += "</ul><p class=\"quiet\">" + shown(report.iri) + "</p>";
  if (report.closed_by.empty()) {
    return card + button(visit, kReports, "close", "Close", "report", report.iri) + "</div>";
  }
  return card + "<p class=\"quiet\">Closed by " + shown(report.closed_by) + "</p></div>";
}

}  // namespace

Result<std::string> domains_body(const Visit& visit) {
  std::string body = "<h2>Served here</h2><ul>";
  for (const ap::Domain& domain : QP_TRY(ap::domains(visit.txn))) {
    body += "<li>" + link_html(domain.url, domain.url) + "</li>";
  }
  const auto blocked = QP_TRY(ap::blocked_hosts(visit.txn));
  body += "</ul><h2>Blocked</h2>" + block_form(visit);
  Table refused({"Host", ""});
  for (const std::string& host : blocked) {
    refused.row({shown(host), button(visit, kDomains, "unblock", "Unblock", "host", host)});
  }
  if (!blocked.empty()) body += refused.html();
  Table table({"Host", "#Actors known", ""});
  const auto known = QP_TRY(ap::known_hosts(visit.txn));
  const ap::Slice slice = visit.slice();
  for (std::size_t i = slice.offset; i < std::min(slice.offset + slice.limit, known.size()); ++i) {
    const bool is_blocked = std::ranges::find(blocked, known[i].host) != blocked.end();
    table.row({shown(known[i].host), std::to_string(known[i].actors),
               is_blocked
                   ? "blocked"
                   : button(visit, kDomains, "block", "Block", "host", known[i].host, "danger")});
  }
  return body + "<h2>Known</h2>" + table.html() + pager(visit, known.size());
}

Result<std::string> queue_body(const Visit& visit) {
  const auto queues = QP_TRY(ap::queue_by_host(visit.txn));
  Table table({"Host", "#Waiting", "#Attempts", "Next attempt", "Last result", "", ""});
  const ap::Slice slice = visit.slice();
  for (std::size_t i = slice.offset; i < std::min(slice.offset + slice.limit, queues.size()); ++i) {
    const ap::HostQueue& queue = queues[i];
    table.row({shown(queue.host), std::to_string(queue.waiting), std::to_string(queue.attempts),
               time_text(Millis(queue.next_due)), shown(beginning(queue.last_result)),
               button(visit, kQueue, "retry", "Try now", "host", queue.host),
               button(visit, kQueue, "drop", "Give up", "host", queue.host, "danger")});
  }
  return table.html() + pager(visit, queues.size());
}

Result<std::string> reports_body(const Visit& visit) {
  const bool is_closed = visit.value("state") == "closed";
  const auto list = QP_TRY(ap::list_reports(
      visit.txn, is_closed ? ap::Reports::Closed : ap::Reports::Open, visit.slice()));
  std::string body = is_closed ? "<p><a href=\"/admin/reports\">Open ones</a></p>"
                               : "<p><a href=\"/admin/reports?state=closed\">Closed ones</a></p>";
  for (const ap::Report& report : list.reports) body += report_card(visit, report);
  return body + pager(visit, list.matching);
}

Result<Done> act_on_domains(const Asked& visit) {
  const std::string host(text::trim(visit.value("host")));
  const bool blocks = visit.value("action") == "block";
  if (!blocks && visit.value("action") != "unblock") return bad_input("There is no such action");
  QP_TRY(write(visit, [&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(blocks ? ap::block_host(txn, host) : ap::unblock_host(txn, host));
    return {};
  }));
  return Done{};
}

Result<Done> act_on_queue(const Asked& visit) {
  const std::string host(visit.value("host"));
  const bool retries = visit.value("action") == "retry";
  if (!retries && visit.value("action") != "drop") return bad_input("There is no such action");
  QP_TRY(write(visit, [&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(retries ? ap::retry_host(txn, host, visit.context.clock()) : ap::drop_host(txn, host));
    return {};
  }));
  return Done{};
}

Result<Done> act_on_reports(const Asked& visit) {
  if (visit.value("action") != "close") return bad_input("There is no such action");
  const std::string iri(visit.value("report"));
  QP_TRY(write(visit, [&](store::WriteTxn& txn) {
    return ap::close_report(txn, iri, visit.browser.user->name);
  }));
  return Done{};
}

}  // namespace qp::web::admin
