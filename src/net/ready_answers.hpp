#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/limits.hpp"
#include "base/text_hash.hpp"

namespace qp::net {

/// Answers that are given again as long as nothing newer is known (net::Reuse), written out but for
/// the fields that each answer has of its own. All of one generation; bounded, gone when it is
/// full. One thread.
class ReadyAnswers {
 public:
  explicit ReadyAnswers(std::size_t bytes = limits::kMiB) : most_(bytes) {}

  struct Answer {
    std::string begin;  ///< status line, the handler's fields
    std::string end;    ///< Content-Length, and what comes after it
  };
  /// nullptr: none that holds in `generation`. Good until the next call.
  const Answer* find(std::string_view key, std::uint64_t generation);
  void keep(std::string_view key, std::uint64_t generation, Answer answer);

 private:
  void forget();

  const std::size_t most_;
  std::size_t bytes_ = 0;
  std::uint64_t generation_ = 0;
  std::unordered_map<std::string, Answer, TextHash, std::equal_to<>> answers_;
};

}  // namespace qp::net
