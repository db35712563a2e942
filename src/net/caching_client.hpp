#pragma once

#include <list>
#include <map>
#include <mutex>
#include <string>

#include "base/mutex.hpp"
#include "base/time.hpp"
#include "net/client.hpp"

namespace qp::net {

/// A private cache before a client (RFC 9111): answers to GETs that say how long they are fresh are
/// used again, and revalidated by their ETag after that. In memory, bounded in entries and bytes.
/// Never kept: what varies by anything but Accept, what says no-store, redirected and signed-for
/// answers that vary by the signature. Any thread.
class CachingClient final : public Client {
 public:
  CachingClient(Client& client, Clock clock) : client_(client), clock_(std::move(clock)) {}

  /// `Cache-Control: no-cache` in the request asks the origin all the same; `no-store` passes by.
  Result<IncomingResponse> send(OutgoingRequest request, const Prepare& prepare) override;

 private:
  struct Entry {
    IncomingResponse response;
    std::string accept;
    Millis fresh_until{};
    std::list<std::string>::iterator order;
  };
  std::optional<Entry> find(const OutgoingRequest& request);
  void keep(const OutgoingRequest& request, const IncomingResponse& response);
  void drop(const std::string& url);
  /// With the mutex held.
  void erase(std::map<std::string, Entry>::iterator entry);

  Client& client_;
  const Clock clock_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_ GUARDED_BY(mutex_);  ///< by the URL that was asked for
  std::list<std::string> order_ GUARDED_BY(mutex_);          ///< least lately used first
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace qp::net
