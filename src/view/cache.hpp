#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/mutex.hpp"
#include "base/result.hpp"
#include "store/store.hpp"
#include "view/serve.hpp"

namespace qp::view {

/// What was made for readers of whom the store keeps no finished bytes, and pages of collections:
/// good until something is written (store::Txn::generation), bounded, gone when it is full. Any
/// thread.
class Cache {
 public:
  explicit Cache(std::size_t bytes) : most_(bytes) {}

  using Make = std::function<Result<Served>()>;
  /// What `make` gives, or gave for the same key in the same state of the store. `key`: what is
  /// asked for, and by whom. Errors are not kept.
  Result<std::shared_ptr<const Served>> get(const store::Txn& txn, const std::string& key,
                                            const Make& make);

 private:
  using Kept = std::unordered_map<std::string, std::shared_ptr<const Served>>;
  /// Null: nothing kept. Empties the cache when `generation` is a newer one.
  std::shared_ptr<const Served> find(std::uint64_t generation, const std::string& key);
  void keep(std::uint64_t generation, const std::string& key,
            const std::shared_ptr<const Served>& served);

  const std::size_t most_;
  std::mutex mutex_;
  std::uint64_t generation_ GUARDED_BY(mutex_) = 0;
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
  Kept kept_ GUARDED_BY(mutex_);
};

/// The part of a key that says who reads.
std::string key_of(const Reader& reader);

}  // namespace qp::view
