#pragma once

#include <filesystem>

namespace qp::store {

/// Pages of the file that this process has mapped, shared, and has read leave its memory; the
/// system may still have them, and who asks for one again gets it. Any thread.
void let_go_of_pages(const std::filesystem::path& file);

/// The same where mapped pages, of whatever file, take more than is good. Quick.
void let_go_of_many_pages(const std::filesystem::path& file);

}  // namespace qp::store
