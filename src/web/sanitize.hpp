#pragma once

#include <string>
#include <string_view>

/// Markup of others, made safe to stand in a page of ours.
namespace qp::web {

/// HTML in which only the tags and attributes of a short list are left: paragraphs, emphasis,
/// lists, quotations, code, headings (one level down and lower), links to http and https. What is
/// not on the list loses its tag and keeps its text; scripts, styles and everything embedded lose
/// that too. Every tag is closed. Too much of it (limits::kHtmlBytes, kHtmlTags) comes back as
/// text.
std::string sanitize_html(std::string_view html);

/// Its words alone, escaped.
std::string text_of_html(std::string_view html);

}  // namespace qp::web
