#pragma once

#include "web/browser.hpp"
#include "web/context.hpp"

/// Pages for whoever has an account here: signing in and out, and which apps may act for them.
namespace qp::web {

/// The form that asks who it is. `next`: where to go on (safe_next); `reason`: HTML that says what
/// for; `complaint`: text, what was wrong before.
net::Response sign_in_page(const Exchange& exchange, Browser browser, std::string_view next,
                           std::string_view reason, std::string_view complaint = {});

/// Where the answer to a request may take the browser, as a source of the policy; empty for what is
/// no address. A whole scheme, because it holds for every redirect that the client adds.
std::string form_target(std::string_view redirect_uri);

Result<net::Response> get_sign_in(Context& context, const Exchange& exchange);
Result<net::Response> post_sign_in(Context& context, const Exchange& exchange);
/// Ends this browser's session, or all of the user's with `everywhere`.
Result<net::Response> post_sign_out(Context& context, const Exchange& exchange);
Result<net::Response> get_account(Context& context, const Exchange& exchange);
/// Takes back what an app was given.
Result<net::Response> post_account(Context& context, const Exchange& exchange);

}  // namespace qp::web
