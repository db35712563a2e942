#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oauth/users.hpp"
#include "web/context.hpp"

/// Somebody in front of a browser: the cookie that says who, and the forms that only our own pages
/// can send.
namespace qp::web {

struct Browser {
  std::string secret;               ///< of its session or visit, from its cookie; empty: none yet
  std::optional<oauth::User> user;  ///< who signed in
};

Result<Browser> find_browser(const store::Txn& txn, const Exchange& exchange, Millis now);

/// Gives the browser a cookie for its visit where it has none, so that a form can be bound to it.
/// To be called before the page is made; the cookie goes with `set_cookie`.
void begin_visit(Browser& browser);
/// Sets the cookie to the browser's secret. Its name is `__Host-quadpub` where the domain is https;
/// a browser takes no such name over plain http, where it is `quadpub`.
void set_cookie(net::Response& response, const Exchange& exchange, const Browser& browser);
void clear_cookie(net::Response& response, const Exchange& exchange);

/// The hidden field that `check_form` looks for.
std::string form_token_field(const Browser& browser);
/// Forbidden unless the form was sent by a page that was made for this browser: its Origin (and
/// Sec-Fetch-Site), where the browser says it, and its token.
Result<void> check_form(const Exchange& exchange, const Browser& browser, const text::Form& form);

/// The body of a posted form: its type and size are checked.
Result<text::Form> read_form(const net::Request& request);

/// By what limits per address count the client: its address, or the /64 of IPv6 that it is in
/// (net::address_group). Empty for those in `--allow-private`, whom they do not count.
std::string counted_peer(const Context& context, const net::Request& request);
/// The same of a server that sends or signs; empty for this machine too.
std::string sending_peer(const Context& context, const net::Request& request);

/// `next` where it is a page of ours that somebody may be sent on to, else the account page.
std::string safe_next(std::string_view next);

/// A text of somebody else's for people to see, set apart from ours (also from right to left).
std::string shown(std::string_view text);

}  // namespace qp::web
