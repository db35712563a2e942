#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "net/message.hpp"

namespace qp::web {

/// `@alice@example.org`, for an actor that is known by it here; else empty.
using AccountOf = std::function<std::string(std::string_view iri)>;

/// Gives those a name who did or wrote what `resource` tells of, or who are listed in it, where it
/// has no more than their address: nobody reads those.
void name_actors(json::Value resource, json::Arena& arena, const AccountOf& account_of);

/// A resource for somebody who opens its address in a browser: an actor's profile, an object with
/// its words, an activity in a sentence, a collection with its pages; whatever else it says is in a
/// table below, so that nothing is left out. Made of the JSON that this reader is served, and of
/// nothing else. `iri`: its address.
net::Response resource_page(int status, std::string_view iri, json::Value resource);

}  // namespace qp::web
