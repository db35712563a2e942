#include "web/resource_page.hpp"

#include <algorithm>
#include <array>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "web/html.hpp"
#include "web/negotiate.hpp"
#include "web/sanitize.hpp"

namespace qp::web {

namespace {

using json::Value;

/// What stands elsewhere on the page, or is for machines.
constexpr std::array<std::string_view, 29> kShownAbove = {"@context",
                                                          "id",
                                                          "type",
                                                          "name",
                                                          "content",
                                                          "contentMap",
                                                          "summary",
                                                          "icon",
                                                          "image",
                                                          "items",
                                                          "orderedItems",
                                                          "preferredUsername",
                                                          "next",
                                                          "prev",
                                                          "first",
                                                          "last",
                                                          "partOf",
                                                          "totalItems",
                                                          "published",
                                                          "attributedTo",
                                                          "actor",
                                                          "publicKey",
                                                          "assertionMethod",
                                                          "nameMap",
                                                          "likes",
                                                          "shares",
                                                          "replies",
                                                          "oneOf",
                                                          "anyOf"};

bool is_shown_above(std::string_view key) {
  return std::find(kShownAbove.begin(), kShownAbove.end(), key) != kShownAbove.end();
}

/// At most `bytes` of it, cut between characters.
std::string_view shortened(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

std::span<const Value> values_of(const Value& value) {
  if (value.is_array()) return value.items();
  return {&value, value.is_null() ? 0U : 1U};
}

std::string_view first_text(Value resource, std::string_view key) {
  const Value value = resource.get(key);
  for (const Value one : values_of(value)) {
    if (one.is_string()) return one.text();
  }
  return {};
}

/// `contentMap` where there is no `content`.
std::string_view words(Value resource, std::string_view key, std::string_view map) {
  if (const std::string_view text = first_text(resource, key); !text.empty()) return text;
  const Value languages = resource.get(map);
  return languages.is_object() && !languages.empty() ? languages.members()[0].value.text()
                                                     : std::string_view();
}

std::string_view id_of(Value value) {
  if (value.is_string()) return value.text();
  const std::string_view id = value.get("id").text();
  return id.empty() ? value.get("href").text() : id;
}

std::string type_of(Value resource) {
  std::string types;
  const Value type = resource.get("type");
  for (const Value one : values_of(type)) {
    if (!one.is_string()) continue;
    if (!types.empty()) types += ", ";
    types += one.text();
  }
  return types;
}

std::string_view local_name(std::string_view iri) {
  const std::size_t end = iri.find_last_not_of('/');
  iri = iri.substr(0, end == std::string_view::npos ? 0 : end + 1);
  const std::size_t slash = iri.find_last_of("/#");
  return slash == std::string_view::npos || slash < 9 ? iri : iri.substr(slash + 1);
}

/// A link to something that is only named, or to something embedded by its name.
std::string reference(Value value) {
  const std::string_view id = id_of(value);
  std::string_view label = first_text(value, "name");
  if (label.empty()) label = first_text(value, "preferredUsername");
  if (id == "https://www.w3.org/ns/activitystreams#Public") label = "everybody";
  if (label.empty()) label = id.substr(std::min(id.size(), id.find("://") + 3));
  if (id.empty()) return "<bdi>" + escape_html(label) + "</bdi>";
  return "<bdi>" + link_html(id, shortened(label, 200)) + "</bdi>";
}

std::string references(Value value) {
  std::string all;
  for (const Value one : values_of(value)) {
    if (!all.empty()) all += ", ";
    all += reference(one);
  }
  return all;
}

/// `2026-11-26T07:50:30.055Z`, as far as one sees at once.
bool is_time(std::string_view text) {
  return text.size() > 16 && text.size() < 40 && text[4] == '-' && text[7] == '-' &&
         text[10] == 'T' && text[13] == ':' && text.ends_with('Z');
}

/// `2026-11-26 07:50 UTC`; what is not of that form stays.
std::string readable_time(std::string_view time) {
  if (!is_time(time)) return escape_html(time);
  return escape_html(time.substr(0, 10)) + " " + escape_html(time.substr(11, 5)) + " UTC";
}

std::string time_html(std::string_view time) {
  if (time.empty()) return {};
  return "<time datetime=\"" + escape_html(time) + "\">" + readable_time(time) + "</time>";
}

void add_value(Value value, std::size_t depth, std::string& out);

void add_rows(Value resource, std::size_t depth, bool is_root, std::string& out) {
  std::string rows;
  for (const json::Member& member : resource.members()) {
    const bool is_above = is_root && (is_shown_above(member.key) ||
                                      (member.key == "object" && member.value.is_object()));
    if (is_above || member.value.is_null() || (member.value.is_array() && member.value.empty())) {
      continue;
    }
    rows.append("<dt>").append(escape_html(member.key)).append("</dt><dd>");
    add_value(member.value, depth + 1, rows);
    rows += "</dd>";
  }
  if (!rows.empty()) out.append("<dl>").append(rows).append("</dl>");
}

void add_value(Value value, std::size_t depth, std::string& out) {
  if (depth > limits::kHtmlDepth) {
    out += "…";
  } else if (value.is_array()) {
    out += "<ul class=\"plain\">";
    for (const Value one : value.items()) {
      out += "<li>";
      add_value(one, depth + 1, out);
      out += "</li>";
    }
    out += "</ul>";
  } else if (value.is_object()) {
    add_rows(value, depth, false, out);
  } else if (is_time(value.text())) {
    out += time_html(value.text());
  } else if (value.is_string()) {
    out += value.is("https://www.w3.org/ns/activitystreams#Public")
               ? std::string("everybody")
               : link_html(value.text(), value.text());
  } else {
    out += escape_html(json::to_text(value));
  }
}

std::string card(std::string_view body) {
  return body.empty() ? std::string() : "<div class=\"card\">" + std::string(body) + "</div>";
}

std::string markup(Value resource, std::string_view key, std::string_view map) {
  const std::string_view text = words(resource, key, map);
  if (text.empty()) return {};
  const std::string_view type = first_text(resource, "mediaType");
  const bool is_html = type.empty() || type.starts_with("text/html");
  return is_html ? sanitize_html(text) : "<pre>" + escape_html(text) + "</pre>";
}

/// Who, when.
std::string byline(Value resource) {
  Value who = resource.get("attributedTo");
  if (who.is_null()) who = resource.get("actor");
  std::string line = references(who);
  const std::string when = time_html(first_text(resource, "published"));
  if (!line.empty() && !when.empty()) line += " · ";
  line += when;
  return line.empty() ? line : "<p class=\"quiet\">" + line + "</p>";
}

/// The words of somebody run as they are written, from left or from right.
std::string in_own_direction(const std::string& text) {
  return text.empty() ? text : "<div dir=\"auto\">" + text + "</div>";
}

/// An object as far as it is to be read: its name and its words; what is sensitive behind its
/// summary.
std::string object_html(Value object) {
  std::string text = markup(object, "content", "contentMap");
  const std::string_view summary = words(object, "summary", "summaryMap");
  if (object.get("sensitive").is_true()) {
    return "<details><summary>" +
           (summary.empty() ? std::string("Sensitive")
                            : "<bdi>" + text_of_html(summary) + "</bdi>") +
           "</summary>" + in_own_direction(text) + "</details>";
  }
  if (!summary.empty()) text = "<div>" + sanitize_html(summary) + "</div>" + text;
  return in_own_direction(text);
}

std::string item_html(Value item) {
  if (!item.is_object() || !item.contains("type")) return reference(item);
  const Value object = item.get("object");
  std::string text = "<p class=\"quiet\">" + escape_html(type_of(item)) + " · " +
                     link_html(id_of(item), "open") + "</p>" + byline(item);
  if (object.is_object()) {
    const std::string_view name = words(object, "name", "nameMap");
    if (!name.empty()) text += "<p><strong><bdi>" + escape_html(name) + "</bdi></strong></p>";
    text += object_html(object);
    text += "<p class=\"quiet\">" + escape_html(type_of(object)) + " " + reference(object) + "</p>";
  } else if (!object.is_null()) {
    text += "<p>" + references(object) + "</p>";
  } else {
    text += object_html(item);
  }
  return text;
}

std::string items_html(Value resource) {
  std::string text;
  for (const std::string_view key : {"orderedItems", "items"}) {
    const Value items = resource.get(key);
    for (const Value item : values_of(items)) text += card(item_html(item));
  }
  return text;
}

/// Links under which the values of `keys` go, by what they are called here.
struct Named {
  std::string_view key, label;
};
std::string row_of_links(Value resource, std::span<const Named> links) {
  std::string row;
  for (const Named& link : links) {
    const std::string_view to = id_of(resource.get(link.key));
    if (!to.empty()) row += "<span>" + link_html(to, link.label) + "</span>";
  }
  return row.empty() ? row : "<p class=\"row\">" + row + "</p>";
}

/// `likes: 3`, each a link to them.
std::string counts_html(Value object) {
  std::string row;
  for (const std::string_view key : {"replies", "likes", "shares"}) {
    const Value listing = object.get(key);
    const std::string_view to = id_of(listing);
    if (to.empty()) continue;
    const std::string_view total = listing.get("totalItems").text();
    const std::string label = std::string(key) + (total.empty() ? "" : ": ") + std::string(total);
    row += "<span>" + link_html(to, label) + "</span>";
  }
  return row.empty() ? row : "<p class=\"row quiet\">" + row + "</p>";
}

/// What a Question has to choose from, and how many chose it.
std::string options_html(Value question) {
  std::string rows;
  for (const std::string_view key : {"oneOf", "anyOf"}) {
    const Value options = question.get(key);
    for (const Value option : values_of(options)) {
      const std::string_view votes = option.get("replies").get("totalItems").text();
      rows += "<li><bdi>" + escape_html(shortened(first_text(option, "name"), 1000)) + "</bdi>";
      if (!votes.empty()) {
        rows += " <span class=\"quiet\">" + escape_html(votes) +
                (votes == "1" ? " vote" : " votes") + "</span>";
      }
      rows += "</li>";
    }
  }
  return rows.empty() ? rows : "<ul>" + rows + "</ul>";
}

std::string pages_html(Value resource) {
  static constexpr std::array kLinks = {Named{"first", "newest"}, Named{"prev", "newer"},
                                        Named{"next", "older"}, Named{"last", "oldest"},
                                        Named{"partOf", "the whole collection"}};
  static constexpr std::array kAfterFirst = {Named{"next", "older"}};
  return row_of_links(resource, kLinks) + row_of_links(resource.get("first"), kAfterFirst);
}

/// Pictures that are kept here; those of others would tell them who reads.
std::string pictures_html(std::string_view iri, Value resource) {
  std::string pictures;
  const std::size_t host = iri.find('/', std::min(iri.size(), iri.find("://") + 3));
  const std::string own = std::string(iri.substr(0, host)) + "/media/";
  const auto add = [&](Value picture) {
    const Value url = picture.get("url");
    for (const Value one : values_of(url)) {
      const std::string_view source = id_of(one);
      std::string_view type = first_text(one, "mediaType");
      if (type.empty()) type = first_text(picture, "mediaType");
      if (!source.starts_with(own) || !type.starts_with("image/")) continue;
      pictures += "<p><img src=\"" + escape_html(source) + "\" alt=\"" +
                  escape_html(shortened(first_text(picture, "name"), 1000)) + "\"></p>";
    }
  };
  add(resource);
  for (const std::string_view key : {"icon", "image", "attachment"}) {
    const Value value = resource.get(key);
    for (const Value one : values_of(value)) add(one);
  }
  return pictures;
}

std::string profile_html(Value resource) {
  const std::string_view username = first_text(resource, "preferredUsername");
  if (username.empty()) return {};
  std::string text = "<p>@" + escape_html(username);
  const std::string_view id = resource.get("id").text();
  if (const std::size_t scheme = id.find("://"); scheme != std::string_view::npos) {
    const std::string_view rest = id.substr(scheme + 3);
    text += "@" + escape_html(rest.substr(0, rest.find('/')));
  }
  static constexpr std::array kLinks = {Named{"outbox", "posts"}, Named{"followers", "followers"},
                                        Named{"following", "following"}, Named{"liked", "liked"}};
  return text + "</p>" + row_of_links(resource, kLinks);
}

std::string total_html(Value resource) {
  const Value total = resource.get("totalItems");
  if (!total.is_number()) return {};
  return "<p>" + escape_html(total.text()) + (total.text() == "1" ? " item" : " items") + "</p>";
}

std::string title_of(std::string_view iri, Value resource) {
  const std::string_view name = words(resource, "name", "nameMap");
  if (!name.empty()) return std::string(shortened(name, 300));
  const std::string_view username = first_text(resource, "preferredUsername");
  if (!username.empty()) return std::string(shortened(username, 300));
  const std::string type = type_of(resource);
  return type.empty() ? std::string(local_name(iri)) : type;
}

/// The same in the other media types.
std::string alternates(std::string_view iri) {
  std::string head;
  for (const Representation one :
       {Representation::ActivityJson, Representation::Turtle, Representation::NQuads}) {
    const std::string_view type = content_type(one);
    head += "<link rel=\"alternate\" type=\"" + escape_html(type.substr(0, type.find(';'))) +
            "\" href=\"" + escape_html(iri) + "\">";
  }
  return head;
}

constexpr std::array<std::string_view, 4> kActors = {"actor", "attributedTo", "items",
                                                     "orderedItems"};

void name_actor(Value& value, json::Arena& arena, const AccountOf& account_of) {
  if (!value.is_string()) return;
  const std::string account = account_of(value.text());
  if (account.empty()) return;
  const Value named = Value::object(arena, 2);
  named.set(arena, "id", value);
  named.set(arena, "preferredUsername", Value::string(arena.copy(account)));
  value = named;
}

}  // namespace

void name_actors(Value resource, json::Arena& arena, const AccountOf& account_of) {
  for (const Value item : resource.items()) name_actors(item, arena, account_of);
  for (json::Member& member : resource.members()) {
    name_actors(member.value, arena, account_of);
    if (std::ranges::find(kActors, member.key) == kActors.end()) continue;
    name_actor(member.value, arena, account_of);
    for (Value& one : member.value.items()) name_actor(one, arena, account_of);
  }
}

net::Response resource_page(int status, std::string_view iri, Value resource) {
  const std::string title = title_of(iri, resource);
  const std::string type = type_of(resource);
  std::string body = "<h1>" + escape_html(title) + "</h1>";
  if (type != title) body += "<p class=\"quiet\">" + escape_html(type) + "</p>";
  body += profile_html(resource) + byline(resource);
  body += card(object_html(resource) + options_html(resource) + pictures_html(iri, resource));
  body += counts_html(resource);
  const Value object = resource.get("object");
  if (object.is_object()) body += card(item_html(object));
  const std::string pages = pages_html(resource);
  const std::string items = items_html(resource) + items_html(resource.get("first"));
  body += total_html(resource) + (items.empty() ? std::string() : pages) + items;
  if (!items.empty()) body += pages;
  std::string rest;
  add_rows(resource, 0, true, rest);
  if (!rest.empty()) body += "<h2>Details</h2>" + card(rest);
  body += "<p class=\"quiet\">" + link_html(iri, iri) + "</p>";
  const std::string head = alternates(iri);
  Page page;
  page.status = status;
  page.title = title;
  page.body = body;
  page.head = head;
  page.media_sources = "'self'";
  return page_reply(page);
}

}  // namespace qp::web
