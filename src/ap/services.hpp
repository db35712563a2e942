#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "jsonld/jsonld.hpp"
#include "net/client.hpp"
#include "sig/sign.hpp"
#include "store/store.hpp"

namespace qp::ap {

/// Signs a fetch as the server's own actor; nothing where there is none.
using FetchSigner = std::function<Result<void>(net::OutgoingRequest&, sig::Form)>;

/// What the parts of this layer work with; `main` builds it and it outlives them.
struct Services {
  store::Store& store;
  jsonld::ContextCache& contexts;
  jsonld::Loader loader;  ///< bundled contexts only
  net::Client& client;
  Clock clock;
  Millis delivery_retry_base{60'000};
  FetchSigner sign_fetch{};  ///< empty: fetches are not signed
};

}  // namespace qp::ap
