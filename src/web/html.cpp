#include "web/html.hpp"

#include "base/text.hpp"
#include "sig/digest.hpp"
#include "web/reply.hpp"

namespace qp::web {

namespace {

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--back:#fbfaf7;--box:#fff;--ink:#1d1c1a;--soft:#5e5b55;--line:#dcd8cf;
--accent:#1f5fa8;--on:#fff;--bad:#a4262c;--good:#2b7a3d}
@media(prefers-color-scheme:dark){:root{--back:#171614;--box:#211f1c;--ink:#eceae4;--soft:#a7a39a;
--line:#3c3934;--accent:#8ab8f0;--on:#10151b;--bad:#f2959a;--good:#8bd19b}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:1rem/1.5 system-ui,sans-serif;
overflow-wrap:anywhere}
main,nav{max-width:62rem;margin:0 auto;padding:0 1rem}
main{padding-bottom:3rem}
nav{display:flex;flex-wrap:wrap;gap:.1rem 1rem;padding-top:.6rem;padding-bottom:.6rem}
nav a{padding:.2rem 0}
nav a[aria-current]{color:var(--ink);font-weight:600;text-decoration:none}
a{color:var(--accent)}
h1{unicode-bidi:plaintext;font-size:1.5rem;line-height:1.25;margin:1.2rem 0 .6rem}
h2{font-size:1.15rem;margin:1.6rem 0 .4rem}
.card{background:var(--box);border:1px solid var(--line);border-radius:.5rem;padding:1rem;
margin:1rem 0}
.card>:first-child{margin-top:0}.card>:last-child{margin-bottom:0}
.narrow{max-width:30rem;margin-left:auto;margin-right:auto}
.quiet{color:var(--soft);font-size:.875rem}
.warning{border-left:.25rem solid var(--bad);padding:.4rem .8rem;background:var(--box)}
.row{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end}
.table{overflow-x:auto;margin:.8rem 0}
table{border-collapse:collapse;width:100%;font-size:.9375rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .7rem .4rem 0;
border-bottom:1px solid var(--line);min-width:4.5rem;overflow-wrap:normal}
th{color:var(--soft);font-weight:600}
td bdi,td a,td code{overflow-wrap:anywhere}
.number{text-align:right;font-variant-numeric:tabular-nums}
td form{margin:0}
ul.plain{list-style:none;padding:0;margin:.4rem 0}
.plain label{display:flex;gap:.6rem;padding:.4rem 0;align-items:baseline}
label{display:block}
input:not([type=radio]):not([type=checkbox]),select,textarea{font:inherit;color:inherit;
background:var(--back);border:1px solid var(--soft);border-radius:.3rem;padding:.45rem .6rem;
max-width:100%}
.wide input:not([type=radio]):not([type=checkbox]),.wide textarea{width:100%}
.row label input:not([type=radio]):not([type=checkbox]),.row select{display:block;margin-top:.2rem}
fieldset{border:1px solid var(--line);border-radius:.5rem;padding:.4rem .8rem;margin:1rem 0}
button{font:inherit;background:var(--accent);color:var(--on);border:1px solid var(--accent);
border-radius:.3rem;padding:.45rem 1rem;cursor:pointer}
button{white-space:nowrap}
button.second{background:transparent;color:var(--accent)}
button.danger{background:transparent;color:var(--bad);border-color:var(--bad)}
td button{padding:.15rem .6rem}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}
pre{background:var(--box);border:1px solid var(--line);border-radius:.3rem;padding:.6rem;
overflow-x:auto}
img,video,svg{max-width:100%;height:auto}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}
dt{color:var(--soft)}dd{margin:0;min-width:0}dd ul.plain{margin:0}
.card>[dir]>:first-child{margin-top:0}.card>[dir]>:last-child{margin-bottom:0}
@media(max-width:40rem){.card dl{display:block}.card dd{margin:0 0 .4rem .8rem}
.table thead{display:none}
.table table,.table tbody,.table tr,.table td{display:block}
.table tr{border-bottom:1px solid var(--line);padding:.5rem 0}
.table td{border:0;padding:.1rem 0;text-align:left;overflow-wrap:anywhere}
.table td:empty{display:none}
.table td[data-label]::before{content:attr(data-label) ": ";color:var(--soft)}}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1rem}
.plots .card{margin:0}
svg .line{fill:none;stroke:var(--accent);stroke-width:1.5}
svg .area{fill:var(--accent);opacity:.15}
svg .axis{stroke:var(--line)}
svg text{fill:var(--soft);font-size:10px}
)";

constexpr std::string_view kHead =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>";

std::string policy_of(const Page& page) {
  // Of a text that never changes.
  static const std::string style = text::base64(sig::sha256_text(kStyle));
  std::string policy = "default-src 'none'; style-src 'sha256-" + style + "'; form-action 'self'";
  if (!page.form_targets.empty()) policy.append(" ").append(page.form_targets);
  if (!page.media_sources.empty()) {
    policy.append("; img-src ").append(page.media_sources);
    policy.append("; media-src ").append(page.media_sources);
  }
  return policy + "; base-uri 'none'; frame-ancestors 'none'";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string link_html(std::string_view href, std::string_view text) {
  const bool is_path = href.starts_with('/') && !href.starts_with("//");
  if (!is_path && !href.starts_with("https://") && !href.starts_with("http://")) {
    return escape_html(text);
  }
  return "<a href=\"" + escape_html(href) + "\" rel=\"noopener nofollow\">" + escape_html(text) +
         "</a>";
}

net::Response page_reply(const Page& page) {
  std::string html(kHead);
  html.append(escape_html(page.title)).append("</title><style>").append(kStyle);
  html.append("</style>").append(page.head).append("</head><body>");
  if (!page.navigation.empty()) html.append("<nav>").append(page.navigation).append("</nav>");
  html.append("<main>").append(page.body).append("</main></body></html>\n");
  net::Response response = reply(page.status, std::move(html), "text/html; charset=utf-8");
  response.headers.set("Content-Security-Policy", policy_of(page));
  response.headers.set("X-Frame-Options", "DENY");
  // Not no-referrer: with that a browser says "Origin: null" of our own forms.
  response.headers.set("Referrer-Policy", "same-origin");
  return response;
}

net::Response html_reply(int status, std::string_view title, std::string_view body) {
  Page page;
  page.status = status;
  page.title = title;
  page.body = body;
  return page_reply(page);
}

Table::Table(std::initializer_list<std::string_view> head) : head_(head) {}

void Table::row(std::initializer_list<std::string> cells) {
  rows_ += "<tr>";
  std::size_t column = 0;
  for (const std::string& cell : cells) {
    std::string_view name = head_[column++];
    rows_ += name.starts_with('#') ? "<td class=\"number\"" : "<td";
    if (name.starts_with('#')) name.remove_prefix(1);
    if (!name.empty()) rows_ += " data-label=\"" + escape_html(name) + "\"";
    rows_.append(">").append(cell).append("</td>");
  }
  rows_ += "</tr>";
}

std::string Table::html() const {
  std::string table = "<div class=\"table\"><table><thead><tr>";
  for (std::string_view name : head_) {
    table += name.starts_with('#') ? "<th class=\"number\">" : "<th>";
    if (name.starts_with('#')) name.remove_prefix(1);
    table.append(escape_html(name)).append("</th>");
  }
  return table.append("</tr></thead><tbody>").append(rows_).append("</tbody></table></div>");
}

std::string hidden_field(std::string_view name, std::string_view value) {
  return "<input type=\"hidden\" name=\"" + escape_html(name) + "\" value=\"" + escape_html(value) +
         "\">";
}

}  // namespace qp::web
