#pragma once

#include "web/context.hpp"

/// /admin/: pages for users who are administrators, behind the session of the sign-in page. Plain
/// HTML, no script; what changes something is a form with the token of the session.
namespace qp::web {

/// GET of a page. Who has not signed in is sent to do so; who is no administrator gets 403.
Result<net::Response> get_admin(Context& context, const Exchange& exchange);
/// What a form of a page does; then the browser is sent back to the page.
Result<net::Response> post_admin(Context& context, const Exchange& exchange);

/// Disables a user for good: no sign-in holds any more, and its actors answer 410. For without
/// their finished bytes every read of them asks for the user (object_handler.cpp).
Result<void> disable_account(store::WriteTxn& txn, std::string_view name);

}  // namespace qp::web
