#include "view/cache.hpp"

#include <utility>

namespace qp::view {

// Beside the texts: a node of the table, the counted object.
static constexpr std::size_t kEntryBytes = 256;

Result<std::shared_ptr<const Served>> Cache::get(const store::Txn& txn, const std::string& key,
                                                 const Make& make) {
  const std::uint64_t generation = txn.generation();
  if (auto known = find(generation, key)) return known;
  auto served = std::make_shared<const Served>(QP_TRY(make()));
  keep(generation, key, served);
  return served;
}

std::shared_ptr<const Served> Cache::find(std::uint64_t generation, const std::string& key) {
  Kept old;  // taken apart after the lock is gone
  const std::lock_guard lock(mutex_);
  if (generation > generation_) {
    old.swap(kept_);
    bytes_ = 0;
    generation_ = generation;
  }
  if (generation != generation_) return nullptr;
  const auto found = kept_.find(key);
  return found == kept_.end() ? nullptr : found->second;
}

void Cache::keep(std::uint64_t generation, const std::string& key,
                 const std::shared_ptr<const Served>& served) {
  const std::size_t size = key.size() + served->body.size() + kEntryBytes;
  Kept old;
  const std::lock_guard lock(mutex_);
  if (generation == 0 || generation != generation_ || size > most_ / 8) return;
  if (bytes_ + size > most_) {
    old.swap(kept_);
    bytes_ = 0;
  }
  if (kept_.emplace(key, served).second) bytes_ += size;
}

std::string key_of(const Reader& reader) {
  std::string key;
  for (const std::string& actor : reader.actors) key.append(actor).append("\n");
  return key;
}

}  // namespace qp::view
