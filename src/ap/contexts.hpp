#pragma once

#include <string>
#include <string_view>

#include "ap/services.hpp"

/// JSON-LD contexts that the operator adds to those that are shipped. None is ever fetched.
namespace qp::ap {

/// `shipped`, then what was added to `store`, which outlives the loader. What is added later, by
/// another process too, is found by the next document that names it.
jsonld::Loader context_loader(jsonld::Loader shipped, store::Store& store);

/// Adds the context document `text` as `url`, and reads the documents again that named it; says how
/// many. BadInput where it is no context, is there already with another content, or is shipped.
/// Interrupted, it goes on where it is called again.
Result<std::size_t> add_context(const std::string& url, const std::string& text,
                                const Services& services);

}  // namespace qp::ap
