#pragma once

#include <filesystem>

#include "base/result.hpp"

/// What is looked at before LMDB maps the file: a mapping of something wrong kills the process.
namespace qp::store {

/// Storage for NFS, CIFS, 9p and FUSE: LMDB's locks and mapping do not hold there.
Result<void> check_filesystem(const std::filesystem::path& folder);

/// Conflict when this process has the file open: LMDB's locks go when either of two closes it.
Result<void> check_not_open(const std::filesystem::path& file);

/// Storage when the file lacks pages that LMDB's meta page counts as used: reading them would be
/// SIGBUS. A missing or empty file is fine. Pages at the end that are free may be missing: LMDB
/// does not write what was freed in the transaction that took it.
Result<void> check_not_truncated(const std::filesystem::path& file);

}  // namespace qp::store
