#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "jsonld/jsonld.hpp"
#include "net/client.hpp"
#include "store/store.hpp"

namespace qp::ap {

/// What the parts of this layer work with; `main` builds it and it outlives them.
struct Services {
  store::Store& store;
  jsonld::ContextCache& contexts;
  jsonld::Loader loader;  ///< bundled contexts only
  net::Client& client;
  Clock clock;
  Millis delivery_retry_base{60'000};
};

}  // namespace qp::ap
