#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/mutex.hpp"
#include "base/time.hpp"
#include "net/errands.hpp"

namespace qp::net {

/// Answers from the network by key, kept for a while. Fetching happens on threads of its own:
/// whoever needs an answer that is not there yet parks until `on_ready` is called with its key. Any
/// thread; memory is bounded by `max_known` answers.
template <class Value>
class Lookups {
 public:
  struct Options {
    Errands::Options errands;
    std::size_t max_known;
  };
  enum class State { Known, Fetching, Full };
  struct Found {
    State state;
    std::optional<Value> value;  ///< when Known
  };

  /// `kept`: how long an answer holds.
  Lookups(const Options& options, Clock clock, std::function<Value(const std::string& key)> fetch,
          std::function<Millis(const Value&)> kept,
          std::function<void(const std::string& key)> on_ready)
      : max_known_(options.max_known),
        clock_(std::move(clock)),
        fetch_(std::move(fetch)),
        kept_(std::move(kept)),
        on_ready_(std::move(on_ready)),
        errands_(options.errands, [this](const std::string& key) { run(key); }) {}

  /// Starts a fetch where nothing recent is known. Never blocks. Full: too much is being fetched.
  Found find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const Millis now = clock_();
    forget([&](const Entry& entry) { return now - entry.since >= kept_(*entry.value); });
    const auto found = known_.find(key);
    if (found != known_.end()) {
      const auto& value = found->second.value;
      return {value ? State::Known : State::Fetching, value};
    }
    if (known_.size() >= max_known_) forget([](const Entry&) { return true; });
    if (known_.size() >= max_known_ || !errands_.add(key)) return {State::Full, {}};
    known_.emplace(key, Entry{});
    return {State::Fetching, {}};
  }

  void stop() { errands_.stop(); }

 private:
  struct Entry {
    std::optional<Value> value;
    Millis since{};
  };

  /// Of those that are not being fetched. Called with the mutex held.
  template <class Predicate>
  void forget(Predicate predicate) {
    std::erase_if(known_,
                  [&](const auto& one) { return one.second.value && predicate(one.second); });
  }

  void run(const std::string& key) {
    Value value = fetch_(key);
    {
      const std::lock_guard lock(mutex_);
      known_.insert_or_assign(key, Entry{std::move(value), clock_()});
    }
    on_ready_(key);
  }

  const std::size_t max_known_;
  const Clock clock_;
  const std::function<Value(const std::string&)> fetch_;
  const std::function<Millis(const Value&)> kept_;
  const std::function<void(const std::string&)> on_ready_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> known_ GUARDED_BY(mutex_);
  Errands errands_;  // last: its threads use all the others
};

}  // namespace qp::net
