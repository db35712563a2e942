#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace qp {

/// Finds entries of a list that the caller keeps, by a hash that the caller makes: an open hash
/// table of positions, without an allocation for each entry. Entries are never removed.
class FlatIndex {
 public:
  /// For about `expected` entries.
  explicit FlatIndex(std::size_t expected = 8) {
    std::size_t size = 16;
    while (size < expected * 2) size *= 2;
    slots_.resize(size);
  }

  /// The position for which `equals(position)` holds, of those with this hash; else `next`, which
  /// is where the caller then puts the new entry (`second` is true).
  template <class Equals>
  std::pair<std::uint32_t, bool> find_or_add(std::size_t hash, std::uint32_t next,
                                             const Equals& equals) {
    if ((count_ + 1) * 2 > slots_.size()) grow();
    Slot& slot = slots_[place_of(folded(hash), equals)];
    if (slot.position != kFree) return {slot.position, false};
    slot = {folded(hash), next};
    ++count_;
    return {next, true};
  }

  static constexpr std::uint32_t kNone = 0xffffffffU;
  /// The position, or kNone.
  template <class Equals>
  std::uint32_t find(std::size_t hash, const Equals& equals) const {
    return slots_[place_of(folded(hash), equals)].position;
  }

 private:
  static constexpr std::uint32_t kFree = kNone;
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t position = kFree;
  };
  static std::uint32_t folded(std::size_t hash) {
    return static_cast<std::uint32_t>(hash ^ (hash >> 32));
  }

  template <class Equals>
  std::size_t place_of(std::uint32_t hash, const Equals& equals) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].position != kFree &&
           !(slots_[at].hash == hash && equals(slots_[at].position))) {
      at = (at + 1) & mask;
    }
    return at;
  }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.position != kFree) {
        slots_[place_of(slot.hash, [](std::uint32_t) { return false; })] = slot;
      }
    }
  }

  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

}  // namespace qp
