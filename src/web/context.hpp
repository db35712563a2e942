#pragma once

#include <functional>
#include <semaphore>
#include <string>

#include "ap/deliver.hpp"
#include "ap/inbox.hpp"
#include "ap/outbox.hpp"
#include "ap/proxy.hpp"
#include "ap/services.hpp"
#include "base/rate_limiter.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/address_guard.hpp"
#include "net/message.hpp"
#include "net/server.hpp"
#include "oauth/service.hpp"
#include "store/store.hpp"
#include "view/cache.hpp"
#include "view/serve.hpp"
#include "web/client_documents.hpp"
#include "web/domains.hpp"
#include "web/history.hpp"
#include "web/key_pool.hpp"
#include "web/limits.hpp"

namespace qp::web {

struct Config {
  std::string software_name = "quadpub";
  std::string software_version;
  bool metrics_public = false;             ///< /metrics for others than loopback peers
  std::vector<std::string> allow_private;  ///< addresses that no per-address limit counts
  net::AddressGuard allowed{{}};           ///< the same, its names resolved
  Quotas quotas;
};

/// Who did how much of what costs, lately. Any thread.
struct Limiters {
  explicit Limiters(const Quotas& quotas)
      : inbox({quotas.inbox_posts, limits::kAskedPeriod}),
        origins({quotas.origin_posts, limits::kAskedPeriod}),
        proxy({quotas.proxied, limits::kAskedPeriod}),
        posts({quotas.posts, limits::kAskedPeriod}),
        uploads({quotas.uploads, limits::kAskedPeriod}),
        actors({quotas.actors, limits::kAskedPeriod}) {}

  RateLimiter inbox;    ///< S2S posts, by address
  RateLimiter origins;  ///< the same, by the server whose signature held
  RateLimiter proxy;    ///< fetches in somebody's name, by user
  RateLimiter posts;    ///< to outboxes, by user
  RateLimiter uploads;  ///< by user
  RateLimiter actors;   ///< made, by user
};

/// What the handlers work with; `main` builds it and it outlives them. Handlers run on several
/// threads at once: everything here may be used by any thread.
struct Context {
  store::Store& store;
  ap::Services& services;
  ap::Outbox& outbox;
  ap::Inbox& inbox;
  ap::KeyCache& signers;  ///< keys of those who sign what they ask for
  ap::Proxy& proxy;
  Domains& domains;
  KeyPool& keys;
  ClientDocuments& client_documents;
  History& history;
  Limiters& limiters;
  oauth::Service oauth;
  view::Contexts contexts;
  view::Cache& views;
  Clock clock;
  Config config;
  /// For /metrics; set before the server starts.
  const net::Server* server = nullptr;
  const ap::Delivery* delivery = nullptr;
  /// Queries by SPARQL that run at once: they may be long, and the workers are for all.
  static constexpr std::ptrdiff_t kQueriesAtOnce = 4;
  std::counting_semaphore<kQueriesAtOnce> query_slots{kQueriesAtOnce};
};

/// A request on its way through a handler.
struct Exchange {
  const net::Request& request;
  const ap::Domain& domain;  ///< the one that the Host field names
  int attempt = 0;           ///< how often the request was parked before
};

/// What a route does. An Error becomes a problem body (problem.hpp).
using Handle = Result<net::Response> (*)(Context& context, const Exchange& exchange);

}  // namespace qp::web
