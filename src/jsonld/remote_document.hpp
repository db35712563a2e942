#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "jsonld/jsonld.hpp"

/// Remote documents, JSON-LD API 9.4: what is made of an HTTP answer. Nothing is fetched here: the
/// caller gives the function that does.
namespace qp::jsonld {

/// One answer as it came; redirects are not followed yet.
struct Response {
  int status = 200;
  std::string content_type;
  std::vector<std::string> links;  ///< the values of its Link fields
  std::string location;
  std::string body;
};
/// One GET with that Accept field.
using Fetch = std::function<Result<Response>(std::string_view url, std::string_view accept)>;

/// The profile that is asked for when a document is loaded as a context.
inline constexpr std::string_view kContextProfile = "http://www.w3.org/ns/json-ld#context";

/// LoadDocumentCallback, 9.4.1: follows redirects and, from what is not JSON, an alternate link;
/// notes a context link beside plain JSON. Fails with `loading document failed` (Code::NotFound
/// for 404 and 410) or `multiple context link headers`. HTML is not read.
Result<RemoteDocument> load_document(std::string_view url, const Fetch& fetch,
                                     std::string_view profile = {});

/// For Options::loader.
Loader context_loader(Fetch fetch);

/// expand() of API 9.3 for a loaded document: its address is the base where `options` has none, and
/// the context of its Link field comes after `options.expand_context`.
Result<json::Value> expand(const RemoteDocument& document, Options options, json::Arena& arena);

}  // namespace qp::jsonld
