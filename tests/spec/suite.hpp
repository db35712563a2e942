#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What the runners of published suites have in common.
namespace qp::tests {

/// The folder of a suite: in $QUADPUB_W3C, else tests/spec/suites, else ../shared/w3c beside the
/// project. Nothing, and a line that says SKIPPED, where it is in none of them.
std::optional<std::filesystem::path> suite_folder(const std::string& name);

std::string read_file(const std::filesystem::path& path);

/// Counts cases, prints the sum, and checks that exactly the known failures fail.
class Tally {
 public:
  /// `known_failures`: case -> why.
  Tally(std::string suite, std::map<std::string, std::string> known_failures)
      : suite_(std::move(suite)), known_(std::move(known_failures)) {}

  /// `trouble`: what was wrong, empty when the case passed.
  void record(const std::string& name, const std::string& trouble);
  /// `total`: how many cases the suite has; fewer means that the manifest was not read right.
  void finish(std::size_t total) const;
  /// One line: how many of how many passed.
  void print() const;

 private:
  std::string suite_;
  std::map<std::string, std::string> known_;
  std::map<std::string, std::string> failed_;
  std::size_t cases_ = 0;
};

}  // namespace qp::tests
