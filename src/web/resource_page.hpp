#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "net/message.hpp"

namespace qp::web {

/// A resource for somebody who opens its address in a browser: an actor's profile, an object with
/// its words, an activity in a sentence, a collection with its pages; whatever else it says is in a
/// table below, so that nothing is left out. Made of the JSON that this reader is served, and of
/// nothing else. `iri`: its address.
net::Response resource_page(int status, std::string_view iri, json::Value resource);

}  // namespace qp::web
