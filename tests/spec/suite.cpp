#include "suite.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

namespace qp::tests {

namespace fs = std::filesystem;

std::optional<fs::path> suite_folder(const std::string& name) {
  const fs::path source = QUADPUB_SOURCE_DIR;
  std::vector<fs::path> places{source / "tests/spec/suites", source / "../shared/w3c"};
  if (const char* given = std::getenv("QUADPUB_W3C")) places.insert(places.begin(), given);
  for (const fs::path& place : places) {
    if (fs::exists(place / name)) return place / name;
  }
  MESSAGE("SKIPPED: no suite " << name);
  return std::nullopt;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void Tally::record(const std::string& name, const std::string& trouble) {
  ++cases_;
  if (!trouble.empty()) failed_.emplace(name, trouble);
}

void Tally::print() const {
  if (cases_ == 0) return;
  std::cout << suite_ << ": " << cases_ - failed_.size() << "/" << cases_ << "\n";
}

void Tally::finish(std::size_t total) const {
  print();
  CHECK(cases_ == total);
  for (const auto& [name, trouble] : failed_) {
    if (!known_.contains(name)) FAIL_CHECK(suite_ << " " << name << ": " << trouble);
  }
  for (const auto& [name, reason] : known_) {
    if (!failed_.contains(name)) FAIL_CHECK(suite_ << " " << name << " passes: unlist it");
  }
}

}  // namespace qp::tests
