#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "net/message.hpp"

/// Pages for people: plain HTML that loads nothing from elsewhere and runs nothing. One style sheet
/// stands in the page itself, light and dark, for a phone and a desk; its hash is in the policy.
namespace qp::web {

/// Text as it may stand between tags and in quoted attributes.
std::string escape_html(std::string_view text);

/// `<a href="...">...</a>`, or the text alone unless `href` is http, https or a path of ours.
std::string link_html(std::string_view href, std::string_view text);

struct Page {
  int status = 200;
  std::string_view title;       ///< text
  std::string_view body;        ///< HTML for <main>
  std::string_view navigation;  ///< HTML for <nav>; empty: none
  std::string_view head;        ///< more HTML for <head>: links to other forms of the same
  /// Where forms and the redirects that answer them may go besides this server, as sources of the
  /// policy (`https:`). Browsers apply it to the whole chain of redirects.
  std::string_view form_targets;
  /// Where pictures and media may come from, as sources of the policy (`'self'`); empty: nowhere.
  std::string_view media_sources;
};

/// Classes of the style sheet: `card` (a box), `quiet` (small print), `warning`, `row` (things
/// beside each other), `table` (around a <table>, see Table), `number` (a cell), `plain` (a list
/// without dots), `danger` (a button).
///
/// Content-Security-Policy, nosniff, no framing, no referrer to others. What a cache may do is the
/// caller's to say.
net::Response page_reply(const Page& page);

/// A page with only a title and a body.
net::Response html_reply(int status, std::string_view title, std::string_view body);

/// Rows and columns; on a phone each row is a block of its own, with the columns' names in it.
class Table {
 public:
  /// Names of the columns, as text; one that begins with '#' is of numbers.
  explicit Table(std::initializer_list<std::string_view> head);
  /// Cells as HTML, as many as there are columns.
  void row(std::initializer_list<std::string> cells);
  std::string html() const;

 private:
  std::vector<std::string_view> head_;
  std::string rows_;
};

/// `<input type="hidden">`.
std::string hidden_field(std::string_view name, std::string_view value);

}  // namespace qp::web
