#pragma once

#include <string>
#include <string_view>

#include "ap/overview.hpp"
#include "base/text.hpp"
#include "web/browser.hpp"
#include "web/context.hpp"

/// What the pages of /admin/ are made of; admin.cpp says who gets them.
namespace qp::web::admin {

/// What an administrator asks.
struct Asked {
  Context& context;
  const Exchange& exchange;
  const Browser& browser;
  const text::Form& form;  ///< of the query, or of the body for an action

  std::string_view value(std::string_view name) const {
    return text::find(form, name).value_or("");
  }
  std::size_t page() const;  ///< counts from 0
  ap::Slice slice() const;
};
/// The same, to be answered from one picture of the store.
struct Visit : Asked {
  const store::Txn& txn;
};

/// HTML for <main>, without the <h1>.
using Body = Result<std::string> (*)(const Visit&);
/// What an action did. `body` not empty: shown instead of going back to the page; it may hold what
/// is shown once.
struct Done {
  std::string body = {};
};
/// No transaction is open meanwhile: actions write.
using Act = Result<Done> (*)(const Asked&);

Result<std::string> overview_body(const Visit& visit);
Result<std::string> actors_body(const Visit& visit);
Result<std::string> users_body(const Visit& visit);
Result<std::string> clients_body(const Visit& visit);
Result<std::string> domains_body(const Visit& visit);
Result<std::string> queue_body(const Visit& visit);
Result<std::string> reports_body(const Visit& visit);

Result<Done> act_on_users(const Asked& visit);
Result<Done> act_on_clients(const Asked& visit);
Result<Done> act_on_domains(const Asked& visit);
Result<Done> act_on_queue(const Asked& visit);
Result<Done> act_on_reports(const Asked& visit);

/// "2026-11-26 07:02", UTC.
std::string time_text(Millis time);
/// A form of one button: hidden fields, and `action` as the button's value.
std::string button(const Visit& visit, std::string_view path, std::string_view action,
                   std::string_view label, std::string_view field, std::string_view value,
                   std::string_view style = "second");
/// "1-50 of 321", and links to the pages before and behind; the query's other fields stay.
std::string pager(const Visit& visit, std::size_t matching);

/// Asks `txn` in a write for what changes something.
Result<void> write(const Asked& visit, const store::Store::Write& work);

}  // namespace qp::web::admin
