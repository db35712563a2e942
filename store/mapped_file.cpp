#include "store/mapped_file.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>

#include "store/env.hpp"

namespace qp::store {

// The program and its libraries are some 13 MiB.
static constexpr std::size_t kManyBytes = std::size_t{24} << 20;

void let_go_of_pages(const std::filesystem::path& file) {
  struct stat wanted{};
  if (::stat(file.c_str(), &wanted) != 0) return;
  // LMDB does not say where its map is.
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    void* begin = nullptr;
    void* end = nullptr;
    unsigned long inode = 0;
    std::array<char, 5> access{};
    const int found =
        std::sscanf(line.c_str(), "%p-%p %4s %*s %*s %lu", &begin, &end, access.data(), &inode);
    const bool is_it = found == 4 && inode == wanted.st_ino && access[3] == 's' &&
                       line.ends_with(file.filename().string());
    if (is_it) {
      const auto bytes = static_cast<char*>(end) - static_cast<char*>(begin);
      ::madvise(begin, static_cast<std::size_t>(bytes), MADV_DONTNEED);
    }
  }
}

void let_go_of_many_pages(const std::filesystem::path& folder) {
  std::ifstream status("/proc/self/statm");
  std::size_t all = 0, resident = 0, of_files = 0;
  status >> all >> resident >> of_files;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (of_files > kManyBytes / page) let_go_of_pages(folder / kFileName);
}

}  // namespace qp::store
