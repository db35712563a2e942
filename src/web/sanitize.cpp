#include "web/sanitize.hpp"

#include <gumbo.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "web/html.hpp"
#include "web/limits.hpp"

namespace qp::web {

namespace {

/// A tag that stays, and what it is called here: pages have headings of their own above.
struct Allowed {
  GumboTag tag;
  std::string_view name;
};
constexpr std::array kAllowed = {
    Allowed{GUMBO_TAG_P, "p"},
    Allowed{GUMBO_TAG_BR, "br"},
    Allowed{GUMBO_TAG_HR, "hr"},
    Allowed{GUMBO_TAG_SPAN, "span"},
    Allowed{GUMBO_TAG_EM, "em"},
    Allowed{GUMBO_TAG_STRONG, "strong"},
    Allowed{GUMBO_TAG_B, "b"},
    Allowed{GUMBO_TAG_I, "i"},
    Allowed{GUMBO_TAG_U, "u"},
    Allowed{GUMBO_TAG_S, "s"},
    Allowed{GUMBO_TAG_DEL, "del"},
    Allowed{GUMBO_TAG_INS, "ins"},
    Allowed{GUMBO_TAG_SUB, "sub"},
    Allowed{GUMBO_TAG_SUP, "sup"},
    Allowed{GUMBO_TAG_SMALL, "small"},
    Allowed{GUMBO_TAG_MARK, "mark"},
    Allowed{GUMBO_TAG_CITE, "cite"},
    Allowed{GUMBO_TAG_Q, "q"},
    Allowed{GUMBO_TAG_ABBR, "abbr"},
    Allowed{GUMBO_TAG_KBD, "kbd"},
    Allowed{GUMBO_TAG_CODE, "code"},
    Allowed{GUMBO_TAG_PRE, "pre"},
    Allowed{GUMBO_TAG_BLOCKQUOTE, "blockquote"},
    Allowed{GUMBO_TAG_UL, "ul"},
    Allowed{GUMBO_TAG_OL, "ol"},
    Allowed{GUMBO_TAG_LI, "li"},
    Allowed{GUMBO_TAG_DL, "dl"},
    Allowed{GUMBO_TAG_DT, "dt"},
    Allowed{GUMBO_TAG_DD, "dd"},
    Allowed{GUMBO_TAG_H1, "h3"},
    Allowed{GUMBO_TAG_H2, "h3"},
    Allowed{GUMBO_TAG_H3, "h4"},
    Allowed{GUMBO_TAG_H4, "h5"},
    Allowed{GUMBO_TAG_H5, "h6"},
    Allowed{GUMBO_TAG_H6, "h6"},
    Allowed{GUMBO_TAG_A, "a"},
};
constexpr std::array kVoid = {GUMBO_TAG_BR, GUMBO_TAG_HR};
/// Nothing inside of these is text for people.
constexpr std::array kDropped = {
    GUMBO_TAG_SCRIPT,   GUMBO_TAG_STYLE,    GUMBO_TAG_HEAD,     GUMBO_TAG_IFRAME,
    GUMBO_TAG_OBJECT,   GUMBO_TAG_EMBED,    GUMBO_TAG_APPLET,   GUMBO_TAG_SVG,
    GUMBO_TAG_MATH,     GUMBO_TAG_TEMPLATE, GUMBO_TAG_NOSCRIPT, GUMBO_TAG_SELECT,
    GUMBO_TAG_TEXTAREA, GUMBO_TAG_NOFRAMES, GUMBO_TAG_NOEMBED,  GUMBO_TAG_TITLE,
    GUMBO_TAG_CANVAS,   GUMBO_TAG_AUDIO,    GUMBO_TAG_VIDEO,    GUMBO_TAG_FRAMESET,
    GUMBO_TAG_XMP,      GUMBO_TAG_PLAINTEXT};

template <class List>
bool holds(const List& list, GumboTag tag) {
  return std::find(list.begin(), list.end(), tag) != list.end();
}

std::string_view allowed_name(GumboTag tag) {
  for (const Allowed& one : kAllowed) {
    if (one.tag == tag) return one.name;
  }
  return {};
}

bool is_web_address(std::string_view href) {
  const std::string start = text::lower(href.substr(0, 8));
  return start.starts_with("http://") || start.starts_with("https://");
}

class Cleaner {
 public:
  explicit Cleaner(bool keep_tags) : keep_tags_(keep_tags) {}

  void visit(const GumboNode& node, std::size_t depth) {
    if (depth > limits::kHtmlDepth || out_.size() > 2 * limits::kHtmlBytes) return;
    switch (node.type) {
      case GUMBO_NODE_TEXT:
      case GUMBO_NODE_WHITESPACE:
      case GUMBO_NODE_CDATA:
        out_ += escape_html(node.v.text.text);
        return;
      case GUMBO_NODE_ELEMENT:
        element(node.v.element, depth);
        return;
      case GUMBO_NODE_DOCUMENT:
      case GUMBO_NODE_COMMENT:
      case GUMBO_NODE_TEMPLATE:
        return;
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void element(const GumboElement& element, std::size_t depth) {
    if (element.tag_namespace != GUMBO_NAMESPACE_HTML || holds(kDropped, element.tag)) return;
    const std::string_view name = keep_tags_ ? allowed_name(element.tag) : std::string_view();
    if (!name.empty()) open(name, element);
    for (unsigned i = 0; i < element.children.length; ++i) {
      visit(*static_cast<const GumboNode*>(element.children.data[i]), depth + 1);
    }
    if (name.empty()) {
      out_ += ' ';
    } else if (!holds(kVoid, element.tag)) {
      out_.append("</").append(name).append(">");
    }
  }

  void open(std::string_view name, const GumboElement& element) {
    out_.append("<").append(name);
    if (element.tag == GUMBO_TAG_A) {
      const GumboAttribute* href = gumbo_get_attribute(&element.attributes, "href");
      if (href && is_web_address(href->value)) {
        out_.append(" href=\"").append(escape_html(href->value));
        out_ += "\" rel=\"noopener nofollow ugc\"";
      }
    }
    out_ += '>';
  }

  bool keep_tags_;
  std::string out_;
};

GumboOptions quiet_options() {
  GumboOptions options = kGumboDefaultOptions;
  options.max_errors = 0;  // it would collect them
  return options;
}

struct Destroy {
  void operator()(GumboOutput* output) const {
    const GumboOptions options = quiet_options();
    gumbo_destroy_output(&options, output);
  }
};

/// Attributes of the tag whose name begins at `at`, as HTML 13.2.5.32-39 reads them; `at` is then
/// where it ends.
std::size_t count_attributes(std::string_view html, std::size_t& at) {
  constexpr std::string_view kBlanks = " \t\n\f\r";
  const auto skip = [&](std::string_view these) {
    at = std::min(html.find_first_not_of(these, at), html.size());
  };
  const auto skip_to = [&](std::string_view one_of) {
    at = std::min(html.find_first_of(one_of, at), html.size());
  };
  skip_to(" \t\n\f\r/>");
  for (std::size_t count = 0;; ++count) {
    skip(" \t\n\f\r/");
    if (at == html.size() || html[at] == '>' || count > limits::kHtmlAttributes) return count;
    ++at;  // whatever it is: a name may begin with '='
    skip_to(" \t\n\f\r/>=");
    skip(kBlanks);
    if (at == html.size() || html[at] != '=') continue;
    ++at;
    skip(kBlanks);
    if (at < html.size() && (html[at] == '"' || html[at] == '\'')) {
      const std::size_t end = html.find(html[at], at + 1);
      at = end == std::string_view::npos ? html.size() : end + 1;
    } else {
      skip_to(" \t\n\f\r>");
    }
  }
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Each place is looked at where a tag might begin, whatever comes before it: what is a comment or
/// a quoted value there is the parser's to say. So a byte may be looked at more than once, and the
/// sum is bounded too.
bool has_many_attributes(std::string_view html) {
  std::size_t looked_at = 0;
  for (std::size_t at = html.find('<'); at != html.npos; at = html.find('<', at + 1)) {
    std::size_t end = at + 1;
    if (end < html.size() && html[end] == '/') ++end;
    if (end == html.size() || !is_letter(html[end])) continue;
    if (count_attributes(html, end) > limits::kHtmlAttributes) return true;
    looked_at += end - at;
    if (looked_at > 8 * limits::kHtmlBytes) return true;
  }
  return false;
}

/// The parser takes time and memory that grow with the square of the tags, and of the attributes of
/// one; and it frees its tree by recursion.
bool is_too_much(std::string_view html) {
  return html.size() > limits::kHtmlBytes ||
         std::count(html.begin(), html.end(), '<') >
             static_cast<std::ptrdiff_t>(limits::kHtmlTags) ||
         has_many_attributes(html);
}

std::string clean(std::string_view html, bool keep_tags) {
  if (is_too_much(html)) return escape_html(html.substr(0, limits::kHtmlBytes));
  const GumboOptions options = quiet_options();
  const std::unique_ptr<GumboOutput, Destroy> output(
      gumbo_parse_with_options(&options, html.data(), html.size()));
  Cleaner cleaner(keep_tags);
  if (output) cleaner.visit(*output->root, 0);
  return cleaner.take();
}

}  // namespace

// html, head and body leave a space each.
std::string sanitize_html(std::string_view html) {
  return std::string(text::trim(clean(html, true)));
}

std::string text_of_html(std::string_view html) {
  return std::string(text::trim(clean(html, false)));
}

}  // namespace qp::web
