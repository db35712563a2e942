#include "net/parking_lot.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace qp::net {

namespace {
/// Enough to notice a resume that overtook the handler, which runs for milliseconds.
constexpr std::size_t kRememberedResumes = 1024;
}  // namespace

ParkingLot::Outcome ParkingLot::park(Job& job, const std::string& key, SteadyTime handled_since) {
  const std::lock_guard lock(mutex_);
  for (auto past = resumed_.rbegin(); past != resumed_.rend() && past->first >= handled_since;
       ++past) {
    if (past->second == key) return Outcome::Ready;
  }
  const auto same = std::ranges::count(parked_, key, &Parked::key);
  if (parked_.size() >= limits::kParkedRequests ||
      static_cast<std::size_t>(same) >= limits::kParkedPerHost) {
    return Outcome::Full;
  }
  if (job.parked_until == SteadyTime{}) {
    job.parked_until = std::chrono::steady_clock::now() + parked_time_;
  }
  parked_.push_back({key, std::move(job)});
  size_ = parked_.size();
  return Outcome::Parked;
}

template <class Predicate>
std::vector<Job> ParkingLot::take_if(Predicate predicate) {
  std::vector<Job> taken;
  std::erase_if(parked_, [&](Parked& parked) {
    if (!predicate(parked)) return false;
    taken.push_back(std::move(parked.job));
    return true;
  });
  size_ = parked_.size();
  return taken;
}

std::vector<Job> ParkingLot::resume(const std::string& key) {
  const std::lock_guard lock(mutex_);
  resumed_.emplace_back(std::chrono::steady_clock::now(), key);
  if (resumed_.size() > kRememberedResumes) resumed_.pop_front();
  return take_if([&](const Parked& parked) { return parked.key == key; });
}

std::vector<Job> ParkingLot::expired(SteadyTime now) {
  if (size() == 0) return {};
  const std::lock_guard lock(mutex_);
  return take_if([&](const Parked& parked) { return parked.job.parked_until <= now; });
}

std::vector<Job> ParkingLot::all() {
  const std::lock_guard lock(mutex_);
  return take_if([](const Parked&) { return true; });
}

}  // namespace qp::net
