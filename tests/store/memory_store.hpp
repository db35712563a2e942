#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/dictionary.hpp"
#include "store/store.hpp"

/// A second backend of the store's interface, as plain as can be: ordered maps that are copied for
/// each write. It runs through the same conformance tests, and it fails on demand.
namespace qp::store::memory {

/// Who may read, and who may not all the same.
struct Audience {
  std::set<TermId> members, except;
  friend auto operator<=>(const Audience&, const Audience&) = default;
};

struct State {
  std::map<rdf::Term, TermId> ids;
  std::map<TermId, rdf::Term> terms;
  std::array<std::uint64_t, 5> next_term{65536, 65536, 65536, 65536, 65536};
  std::map<QuadIds, std::uint32_t> quads;  ///< with their ordinals
  std::map<TermId, GraphRecord> graphs;
  std::map<TermId, DocumentRecord> documents;
  std::map<TermId, std::string> document_bytes;
  std::map<Audience, AudienceId> audience_ids;
  std::map<AudienceId, Audience> audiences;
  std::map<TermId, std::map<std::uint64_t, SequenceItem>> sequences;  ///< items by key
  std::map<std::uint64_t, QueueItem> queue;
  std::map<std::pair<std::string, std::uint8_t>, Rendered> rendered;
  std::map<std::pair<Table, std::string>, std::string> tables;
  std::uint64_t changes = 0;
  std::uint64_t next_queue = 1;
};

/// What a store is given over its life; opening it again goes on from here.
using Disk = std::shared_ptr<const State>;

class MemoryStore final : public Store {
 public:
  /// `disk` outlives the store.
  explicit MemoryStore(Disk& disk) : words_(SIZE_MAX), disk_(disk) {
    if (!disk_) disk_ = std::make_shared<State>();
  }

  Result<std::unique_ptr<Txn>> read() override;
  /// Runs `work` twice and forgets what the first run wrote: the interface allows it.
  Result<void> write(Write work) override;
  Result<Statistics> statistics() override;
  Result<Verification> verify() override;
  Result<void> backup(const std::filesystem::path& destination) override;
  Result<SweepReport> sweep() override;
  Result<void> compact() override { return {}; }

  /// The next `count` commits, or begins of reads, fail with `code`; nothing is written then.
  void fail_commits(int count, Code code);
  void fail_reads(int count, Code code);

 private:
  Disk current();

  const WordIndex words_;
  std::mutex mutex_;  ///< guards what follows
  Disk& disk_;
  int failing_commits_ = 0, failing_reads_ = 0;
  Code commit_code_ = Code::Storage, read_code_ = Code::Storage;
};

}  // namespace qp::store::memory
