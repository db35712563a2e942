#include "net/ready_answers.hpp"

#include <utility>

namespace qp::net {

// Beside the texts: a node of the table.
static constexpr std::size_t kEntryBytes = 128;

const ReadyAnswers::Answer* ReadyAnswers::find(std::string_view key, std::uint64_t generation) {
  if (generation != generation_) return nullptr;
  const auto found = answers_.find(key);
  return found == answers_.end() ? nullptr : &found->second;
}

void ReadyAnswers::keep(std::string_view key, std::uint64_t generation, Answer answer) {
  const std::size_t size = key.size() + answer.begin.size() + answer.end.size() + kEntryBytes;
  if (generation < generation_ || size > most_ / 8) return;
  if (generation > generation_ || bytes_ + size > most_) forget();
  generation_ = generation;
  if (answers_.emplace(key, std::move(answer)).second) bytes_ += size;
}

void ReadyAnswers::forget() {
  answers_.clear();
  bytes_ = 0;
}

}  // namespace qp::net
