#include "web/history.hpp"

namespace qp::web {

void History::add(const Figures& figures) {
  const std::lock_guard lock(mutex_);
  if (figures_.size() >= kKept) figures_.pop_front();
  figures_.push_back(figures);
}

std::vector<Figures> History::all() const {
  const std::lock_guard lock(mutex_);
  return {figures_.begin(), figures_.end()};
}

}  // namespace qp::web
