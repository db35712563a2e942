#include "jsonld/remote_document.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "jsonld/errors.hpp"
#include "rdf/iri.hpp"

// LoadDocumentCallback, JSON-LD API 9.4.1; numbers are the steps there.
namespace qp::jsonld {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// `; name=token; name="quoted \" text"` from `at` on, up to the end or a comma.
Parameters read_parameters(std::string_view text, std::size_t& at) {
  Parameters parameters;
  while (at < text.size() && text[at] != ',') {
    const std::size_t name_end = std::min(text.find_first_of("=;,", at + 1), text.size());
    std::string name = text::lower(text::trim(text.substr(at + 1, name_end - at - 1)));
    std::string value;
    at = name_end;
    if (at < text.size() && text[at] == '=') {
      at = std::min(text.find_first_not_of(" \t", at + 1), text.size());
      if (at < text.size() && text[at] == '"') {
        for (++at; at < text.size() && text[at] != '"'; ++at) {
          if (text[at] == '\\' && at + 1 < text.size()) ++at;
          value += text[at];
        }
        at = std::min(text.find_first_of(";,", at), text.size());
      } else {
        const std::size_t end = std::min(text.find_first_of(";,", at), text.size());
        value = text::trim(text.substr(at, end - at));
        at = end;
      }
    }
    parameters.emplace_back(std::move(name), std::move(value));
  }
  return parameters;
}

std::string_view value_of(const Parameters& parameters, std::string_view name) {
  const auto found = std::ranges::find(parameters, name, &Parameters::value_type::first);
  return found == parameters.end() ? std::string_view() : std::string_view(found->second);
}

/// One link of a Link field, RFC 8288.
struct Link {
  std::string target;
  Parameters parameters;

  bool has_relation(std::string_view wanted) const {
    const auto relations = text::split(value_of(parameters, "rel"), ' ');
    return value_of(parameters, "anchor").empty() &&
           std::ranges::find(relations, wanted) != relations.end();
  }
};

std::vector<Link> read_links(const std::vector<std::string>& fields) {
  std::vector<Link> links;
  for (const std::string_view field : fields) {
    std::size_t at = 0;
    while ((at = field.find('<', at)) != std::string_view::npos) {
      const std::size_t end = field.find('>', at);
      if (end == std::string_view::npos) break;
      Link link{std::string(field.substr(at + 1, end - at - 1)), {}};
      at = std::min(field.find_first_of(";,", end), field.size());
      link.parameters = read_parameters(field, at);
      links.push_back(std::move(link));
    }
  }
  return links;
}

struct MediaType {
  std::string name;
  std::string profile;

  explicit MediaType(std::string_view field) {
    std::size_t at = std::min(field.find(';'), field.size());
    name = text::lower(text::trim(field.substr(0, at)));
    profile = value_of(read_parameters(field, at), "profile");
  }
  bool is_json_ld() const { return name == "application/ld+json"; }
  bool is_json() const { return name == "application/json" || name.ends_with("+json"); }
};

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::string accept_field(std::string_view profile) {
  std::string field = "application/ld+json";
  if (!profile.empty()) field.append(";profile=\"").append(profile).append("\"");
  return field + ", application/json;q=0.9, */*;q=0.1";
}

/// Where else the document is: the target of a redirect (3), or the JSON-LD that a document of
/// another type names as its alternate (4).
std::optional<std::string> elsewhere(const Response& response, const std::vector<Link>& links,
                                     const MediaType& type) {
  if (is_redirect(response.status)) return response.location;
  if (type.is_json()) return std::nullopt;
  for (const Link& link : links) {
    const MediaType offered(value_of(link.parameters, "type"));
    if (link.has_relation("alternate") && offered.is_json_ld()) return link.target;
  }
  return std::nullopt;
}

/// 5: the address of the context that goes with plain JSON, or empty.
Result<std::string> linked_context(const std::vector<Link>& links, const MediaType& type,
                                   const std::string& url) {
  std::string context;
  if (type.is_json_ld()) return context;
  for (const Link& link : links) {
    if (!link.has_relation(kContextProfile)) continue;
    if (!context.empty()) return fail(ErrorCode::MultipleContextLinkHeaders, url);
    context = rdf::resolve_iri(url, link.target);
  }
  return context;
}

Error cannot_load(const std::string& url, const std::string& why, Code code = Code::BadInput) {
  Error error = fail(ErrorCode::LoadingDocumentFailed, url + ": " + why);
  error.code = code;
  return error;
}

/// 5, 6, 8
Result<RemoteDocument> document_of(Response response, const std::vector<Link>& links,
                                   const MediaType& type, const std::string& url) {
  if (response.status < 200 || response.status > 299) {
    const bool is_missing = response.status == 404 || response.status == 410;
    return cannot_load(url, "status " + std::to_string(response.status),
                       is_missing ? Code::NotFound : Code::Network);
  }
  if (!type.is_json()) return cannot_load(url, "not JSON, but " + type.name);  // 6
  RemoteDocument document;
  document.context_url = QP_TRY(linked_context(links, type, url));
  document.url = url;
  document.text = std::move(response.body);
  document.content_type = type.name;
  document.profile = type.profile;
  return document;
}

}  // namespace

Result<RemoteDocument> load_document(std::string_view url, const Fetch& fetch,
                                     std::string_view profile) {
  std::string address(url);
  for (std::size_t hops = 0; hops <= limits::kRedirects; ++hops) {
    Result<Response> response = fetch(address, accept_field(profile));  // 2
    if (!response) return cannot_load(address, response.error().detail, response.error().code);
    const std::vector<Link> links = read_links(response->links);
    const MediaType type(response->content_type);
    const std::optional<std::string> next = elsewhere(*response, links, type);  // 3, 4
    if (!next) return document_of(std::move(*response), links, type, address);
    address = rdf::resolve_iri(address, *next);
  }
  return cannot_load(std::string(url), "too many redirects");
}

Loader context_loader(Fetch fetch) {
  return [fetch = std::move(fetch)](std::string_view url) {
    return load_document(url, fetch, kContextProfile);
  };
}

Result<json::Value> expand(const RemoteDocument& document, Options options, json::Arena& arena) {
  json::ParseLimits lenient;
  lenient.allow_duplicate_keys = true;
  const auto parsed = json::parse(arena.copy(document.text), arena, lenient);
  if (!parsed) return cannot_load(document.url, parsed.error().detail, parsed.error().code);
  if (options.base.empty()) options.base = document.url;
  if (!document.context_url.empty()) {
    // One after the other is as one array: 6 and 7 of expand().
    const json::Value both = json::Value::array(arena, 2);
    const json::Value* given = options.expand_context.find("@context");
    const json::Value first = given ? *given : options.expand_context;
    for (const json::Value item : first.items()) both.push_back(arena, item);
    if (!first.is_null() && !first.is_array()) both.push_back(arena, first);
    both.push_back(arena, json::Value::string(arena.copy(document.context_url)));
    options.expand_context = both;
  }
  return expand(*parsed, options, arena);
}

}  // namespace qp::jsonld
