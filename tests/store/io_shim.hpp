#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Stands between LMDB and the kernel: this program's own pwrite, writev, write, fdatasync,
/// fsync, ftruncate, statfs and statvfs are what liblmdb and the store call. Only files named
/// `quads.mdb` or `quads.mdb.new` matter.
namespace qp::store::io {

struct Event {
  enum class Kind : std::uint8_t { Write, Sync, Truncate, Acknowledged } kind = Kind::Write;
  bool is_synced = false;    ///< of a Write: the descriptor is O_DSYNC
  std::uint64_t offset = 0;  ///< of an Acknowledged: its number; of a Truncate: the size
  std::string bytes;
};

/// Begins to remember what is written, from an empty list.
void record();
/// Ends it, and gives the list.
std::vector<Event> recorded();
/// A commit was acknowledged: takes its place among the events.
void acknowledge(std::uint64_t number);

/// The call of that number from now (0: the next), and `calls - 1` after it, fail with `code`; a
/// writev or pwrite may have written half before it, and with ENOSPC says so instead of failing,
/// as a disk that becomes full does; statvfs sees it full then. -1 calls: until `heal`.
void fail(std::int64_t after, int calls, int code);
/// How many calls have failed since `fail`.
int failed();
/// Ends failing.
void heal();

/// What statfs says of every folder; 0: the truth.
void pretend_filesystem(long type);

}  // namespace qp::store::io
