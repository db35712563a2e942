#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/page_file.hpp"

namespace qp::store {

/// The numbers of the pages that the free list of `meta` names; nullopt: it is damaged.
std::optional<std::vector<std::uint64_t>> free_pages(const pages::File& file,
                                                     const pages::Meta& meta);

/// What is wrong with how pages are used in the state of `meta`, which a reader holds: each page is
/// in one place of one tree or in the free list, once. Empty: nothing is.
std::string check_pages(const pages::File& file, const pages::Meta& meta);

}  // namespace qp::store
