#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "ap/actor.hpp"
#include "base/mutex.hpp"
#include "base/time.hpp"
#include "store/store.hpp"

namespace qp::web {

/// The domains that this server answers for, kept in memory. Any thread.
///
/// An unknown host makes it look into the store again, at most once a second: that is how a
/// domain is found that `quadpub init` added meanwhile.
class Domains {
 public:
  Domains(store::Store& store, Clock clock) : store_(store), clock_(std::move(clock)) {}

  /// `host` as in a Host field: host[:port], case ignored. nullptr: not served here. What is found
  /// stays where it is, unchanged, as long as this.
  const ap::Domain* find(std::string_view host);

 private:
  using List = std::vector<ap::Domain>;
  const List* reload();

  store::Store& store_;
  Clock clock_;
  // Every request asks, from every loop: so no lock and no count of references. Older lists are
  // kept, for whoever still reads them; there is one for each domain that was ever added.
  std::atomic<const List*> current_ = nullptr;
  std::mutex mutex_;
  std::vector<std::unique_ptr<const List>> lists_ GUARDED_BY(mutex_);
  Millis loaded_ GUARDED_BY(mutex_){};
};

}  // namespace qp::web
