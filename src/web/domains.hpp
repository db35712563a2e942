#pragma once

#include <memory>
#include <mutex>
#include <optional>
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

  /// `host` as in a Host field: host[:port], case ignored. nullopt: not served here.
  std::optional<ap::Domain> find(std::string_view host);

 private:
  using List = std::shared_ptr<const std::vector<ap::Domain>>;
  List current();
  List reload();

  store::Store& store_;
  Clock clock_;
  std::mutex mutex_;
  List list_ GUARDED_BY(mutex_);
  Millis loaded_ GUARDED_BY(mutex_){};
};

}  // namespace qp::web
