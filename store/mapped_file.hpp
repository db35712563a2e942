#pragma once

#include <filesystem>

namespace qp::store {

/// Pages of the file that this process has mapped, shared, and has read leave its memory; the
/// system may still have them, and who asks for one again gets it. The caller has a transaction or
/// the environment to itself: the file must stay mapped where it is meanwhile.
void let_go_of_pages(const std::filesystem::path& file);

/// The same for the file of the store in `folder`, where mapped pages, of whatever file, take more
/// than is good. Quick.
void let_go_of_many_pages(const std::filesystem::path& folder);

}  // namespace qp::store
