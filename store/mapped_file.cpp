#include "store/mapped_file.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>

namespace qp::store {

void let_go_of_pages(const std::filesystem::path& file) {
  struct stat wanted{};
  if (::stat(file.c_str(), &wanted) != 0) return;
  // LMDB does not say where its map is.
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0, inode = 0;
    std::array<char, 5> access{};
    const int found =
        std::sscanf(line.c_str(), "%lx-%lx %4s %*s %*s %lu", &begin, &end, access.data(), &inode);
    const bool is_it = found == 4 && inode == wanted.st_ino && access[3] == 's' &&
                       line.ends_with(file.filename().string());
    if (is_it) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
}

}  // namespace qp::store
