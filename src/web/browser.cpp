#include "web/browser.hpp"

#include <algorithm>

#include "net/peer.hpp"
#include "oauth/limits.hpp"
#include "oauth/sessions.hpp"
#include "web/html.hpp"
#include "web/negotiate.hpp"

namespace qp::web {

namespace {

constexpr std::string_view kTokenField = "form_token";
constexpr std::string_view kAccountPath = "/o/account";

bool is_https(const Exchange& exchange) { return exchange.domain.url.starts_with("https://"); }

std::string cookie_name(const Exchange& exchange) {
  return is_https(exchange) ? "__Host-quadpub" : "quadpub";
}

/// "" where there is none, or more than one: then one of them is not ours.
std::string read_cookie(const Exchange& exchange) {
  const std::string name = cookie_name(exchange);
  std::string found;
  int count = 0;
  for (const auto& [field, value] : exchange.request.headers.lines()) {
    if (!text::equals_ignoring_case(field, "Cookie")) continue;
    for (const std::string_view pair : text::split(value, ';')) {
      const auto [key, text] = text::split_once(text::trim(pair), '=');
      if (key != name || !text) continue;
      found = *text;
      ++count;
    }
  }
  return count == 1 ? found : std::string();
}

std::string cookie_line(const Exchange& exchange, std::string_view value) {
  std::string line = cookie_name(exchange) + "=" + std::string(value);
  line += "; Path=/; HttpOnly; SameSite=Lax";
  if (is_https(exchange)) line += "; Secure";
  return line;
}

}  // namespace

Result<Browser> find_browser(const store::Txn& txn, const Exchange& exchange, Millis now) {
  Browser browser;
  browser.secret = read_cookie(exchange);
  if (browser.secret.starts_with("qpv_")) return browser;
  if (!browser.secret.empty()) {
    browser.user = QP_TRY(oauth::find_session(txn, browser.secret, now));
  }
  if (!browser.user) browser.secret.clear();
  return browser;
}

void begin_visit(Browser& browser) {
  if (browser.secret.empty()) browser.secret = oauth::new_visitor();
}

void set_cookie(net::Response& response, const Exchange& exchange, const Browser& browser) {
  std::string line = cookie_line(exchange, browser.secret);
  if (browser.user) {
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(limits::kSessionTime);
    line += "; Max-Age=" + std::to_string(age.count());
  }
  response.headers.add("Set-Cookie", std::move(line));
}

void clear_cookie(net::Response& response, const Exchange& exchange) {
  response.headers.add("Set-Cookie", cookie_line(exchange, "") + "; Max-Age=0");
}

std::string form_token_field(const Browser& browser) {
  return hidden_field(kTokenField, oauth::form_token(browser.secret));
}

Result<void> check_form(const Exchange& exchange, const Browser& browser, const text::Form& form) {
  const net::Headers& headers = exchange.request.headers;
  const std::optional<std::string_view> origin = headers.get("Origin");
  const std::optional<std::string_view> site = headers.get("Sec-Fetch-Site");
  if ((origin && *origin != exchange.domain.url) || (site && *site != "same-origin")) {
    return error(Code::Forbidden, "The form was sent from another site");
  }
  const std::string_view token = text::find(form, kTokenField).value_or("");
  const bool holds = !browser.secret.empty() &&
                     text::equals_in_constant_time(token, oauth::form_token(browser.secret));
  if (holds) return {};
  return error(Code::Forbidden,
               "The form is too old, or was made for another browser. Go back, "
               "reload the page and try again");
}

Result<text::Form> read_form(const net::Request& request) {
  if (!is_form_type(request.headers.get("Content-Type").value_or(""))) {
    return bad_input("The body is to be application/x-www-form-urlencoded");
  }
  if (request.body.size() > limits::kFormBytes) {
    return error(Code::TooLarge, "The form is too large");
  }
  return text::parse_form(request.body);
}

std::string counted_peer(const Context& context, const net::Request& request) {
  // The guard knows the names and ports in that list; a public address in it is only its text.
  const std::vector<std::string>& exempt = context.config.allow_private;
  const auto address = net::Address::from_text(request.peer);
  if (address && context.config.allowed.judge(*address) == net::Reach::Allowed) return {};
  if (std::find(exempt.begin(), exempt.end(), request.peer) != exempt.end()) return {};
  return net::address_group(request.peer);
}

std::string sending_peer(const Context& context, const net::Request& request) {
  return request.loopback ? std::string() : counted_peer(context, request);
}

std::string safe_next(std::string_view next) {
  const bool printable =
      std::ranges::all_of(next, [](char c) { return c > ' ' && c < 0x7F && c != '\\'; });
  for (const std::string_view begin : {"/o/authorize", "/o/account", "/admin"}) {
    if (printable && next.starts_with(begin)) return std::string(next);
  }
  return std::string(kAccountPath);
}

std::string shown(std::string_view text) { return "<bdi>" + escape_html(text) + "</bdi>"; }

}  // namespace qp::web
