#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

#include "net/limits.hpp"

namespace qp::net {

/// How many bytes of bodies are held at once, whoever sent them. Outlives its shares. Any thread.
class BodyBudget {
 public:
  /// A quarter of `most` is kept for bodies up to kLargeBodyBytes.
  explicit BodyBudget(std::size_t most) : most_(most), most_large_(most / 4 * 3) {}

  /// What one body takes of it; given back when it goes. One thread at a time.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Share() { give_back(); }

    void give_back() {
      if (bytes_ > 0) budget_->used_ -= std::exchange(bytes_, 0);
    }

   private:
    friend class BodyBudget;
    BodyBudget* budget_ = nullptr;
    std::size_t bytes_ = 0;
  };

  /// Makes `share` that of a body which has come to `bytes`. False: there is no room for it.
  bool grow(Share& share, std::size_t bytes) {
    if (bytes <= share.bytes_) return true;
    const std::size_t more = bytes - share.bytes_;
    const std::size_t most = bytes > limits::kLargeBodyBytes ? most_large_ : most_;
    if (used_.fetch_add(more) + more > most) {
      used_ -= more;
      return false;
    }
    share.budget_ = this;
    share.bytes_ = bytes;
    return true;
  }

  std::size_t used() const { return used_; }

 private:
  const std::size_t most_, most_large_;
  std::atomic<std::size_t> used_ = 0;
};

}  // namespace qp::net
