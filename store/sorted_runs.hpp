#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "store/access.hpp"
#include "store/unnamed_file.hpp"

/// Sorting and finding beyond memory: entries of one size in the order of their keys, in files.
namespace qp::store {

/// Entries in order, one after the other, from a file or from memory.
template <typename Entry>
class Run {
  static_assert(std::is_trivially_copyable_v<Entry>);

 public:
  /// `count` of them from the entry `first` of `file` on, `block` in memory at a time.
  Run(const UnnamedFile& file, std::uint64_t first, std::uint64_t count, std::size_t block)
      : file_(&file), next_(first), left_(count), block_size_(block) {}
  explicit Run(std::span<const Entry> entries)
      : at_(entries.data()), end_(entries.data() + entries.size()) {}

  /// False: at its end.
  Result<bool> fetch() {
    if (at_ != end_) return true;
    if (left_ == 0) return false;
    block_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left_, block_size_)));
    const std::span<char> out(reinterpret_cast<char*>(block_.data()),
                              block_.size() * sizeof(Entry));
    const std::size_t got = QP_TRY(file_->read(next_ * sizeof(Entry), out));
    if (got != out.size()) return error(Code::Storage, "store: a temporary file is cut short");
    next_ += block_.size();
    left_ -= block_.size();
    at_ = block_.data();
    end_ = at_ + block_.size();
    return true;
  }
  const Entry& entry() const { return *at_; }
  void step() { ++at_; }

 private:
  const UnnamedFile* file_ = nullptr;
  std::uint64_t next_ = 0, left_ = 0;
  std::size_t block_size_ = 0;
  std::vector<Entry> block_;
  const Entry* at_ = nullptr;
  const Entry* end_ = nullptr;
};

/// Runs as one. What is alike comes in the order in which its runs were added.
template <typename Entry, bool (*kIsBefore)(const Entry&, const Entry&)>
class Merge {
 public:
  Result<void> add(Run<Entry> run) {
    runs_.push_back(std::make_unique<Run<Entry>>(std::move(run)));
    return push(runs_.size() - 1);
  }

  /// Good until the next call; nullptr: they are through.
  Result<const Entry*> next() {
    if (taken_) {
      runs_[*taken_]->step();
      QP_TRY(push(*taken_));
      taken_.reset();
    }
    if (heap_.empty()) return nullptr;
    std::pop_heap(heap_.begin(), heap_.end(), Later{*this});
    taken_ = heap_.back();
    heap_.pop_back();
    return &runs_[*taken_]->entry();
  }

 private:
  struct Later {
    const Merge& merge;
    bool operator()(std::size_t a, std::size_t b) const {
      const Entry &one = merge.runs_[a]->entry(), &other = merge.runs_[b]->entry();
      return kIsBefore(other, one) || (b < a && !kIsBefore(one, other));
    }
  };
  Result<void> push(std::size_t run) {
    if (!QP_TRY(runs_[run]->fetch())) return {};
    heap_.push_back(run);
    std::push_heap(heap_.begin(), heap_.end(), Later{*this});
    return {};
  }

  std::vector<std::unique_ptr<Run<Entry>>> runs_;
  std::vector<std::size_t> heap_;
  std::optional<std::size_t> taken_;
};

/// Says of a hash that it was never added, or that it may have been; in a fixed room.
class KeyFilter {
 public:
  /// 0: of everything it may have been.
  explicit KeyFilter(std::size_t bytes) : lines_(bytes / sizeof(Line)) {}

  void add(std::uint64_t hash) {
    if (lines_ == 0) return;
    if (bits_.empty()) bits_.resize(lines_);
    Line& line = bits_[line_of(hash)];
    for (int i = 0; i < kBits; ++i) line[word_of(hash, i)] |= bit_of(hash, i);
  }
  bool may_have(std::uint64_t hash) const {
    if (lines_ == 0) return true;
    if (bits_.empty()) return false;
    const Line& line = bits_[line_of(hash)];
    for (int i = 0; i < kBits; ++i) {
      if ((line[word_of(hash, i)] & bit_of(hash, i)) == 0) return false;
    }
    return true;
  }

 private:
  using Line = std::array<std::uint64_t, 8>;
  static constexpr int kBits = 5, kBitsOfPlace = 9;
  static_assert(sizeof(Line) * 8 == 1U << kBitsOfPlace);
  std::size_t line_of(std::uint64_t hash) const { return (hash >> 32) * lines_ >> 32; }
  static unsigned place(std::uint64_t hash, int i) { return hash >> i * kBitsOfPlace & 0x1ff; }
  static unsigned word_of(std::uint64_t hash, int i) { return place(hash, i) / 64; }
  static std::uint64_t bit_of(std::uint64_t hash, int i) {
    return std::uint64_t{1} << place(hash, i) % 64;
  }

  std::size_t lines_;
  std::vector<Line> bits_;
};

/// Any number of entries, those that were added last in memory, the rest in sorted runs in unnamed
/// files: few, because alike many become one. `Rules` has `is_before(Entry, Entry)`, and, so that
/// something can be found, `hash(Entry)`; both look at the key only. Used by one thread.
template <typename Entry, typename Rules>
class SortedRuns {
 public:
  using Merged = Merge<Entry, &Rules::is_before>;

  /// After `most_waiting` in memory these make a run.
  SortedRuns(std::filesystem::path folder, std::size_t most_waiting, std::size_t filter_bytes = 0)
      : folder_(std::move(folder)), most_waiting_(most_waiting), filter_(filter_bytes) {}

  Result<void> add(const Entry& entry) {
    waiting_.push_back(entry);
    ++size_;
    return waiting_.size() < most_waiting_ ? Result<void>() : spill();
  }
  /// In memory, as they were added.
  const std::vector<Entry>& waiting() const { return waiting_; }
  std::uint64_t size() const { return size_; }

  /// What waits becomes a run.
  Result<void> spill() {
    if (waiting_.empty()) return {};
    std::sort(waiting_.begin(), waiting_.end(), &Rules::is_before);
    if constexpr (kIsFound) {
      for (const Entry& entry : waiting_) filter_.add(Rules::hash(entry));
    }
    Part part(folder_, 0);
    for (const Entry& entry : waiting_) QP_TRY(part.add(entry));
    QP_TRY(part.flush());
    parts_.push_back(std::move(part));
    waiting_.clear();
    while (is_crowded()) QP_TRY(unite());
    return {};
  }

  /// The first in a run with the key of `like` of which `accept` says true (Result<bool>).
  template <typename Accept>
  Result<std::optional<Entry>> find(const Entry& like, const Accept& accept) const {
    static_assert(kIsFound);
    if (parts_.empty() || !filter_.may_have(Rules::hash(like))) return std::optional<Entry>();
    for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
      auto found = QP_TRY(find_in(*part, like, accept));
      if (found) return found;
    }
    return std::optional<Entry>();
  }

  /// All of them, in order; nothing is added meanwhile.
  Result<Merged> sorted() {
    std::sort(waiting_.begin(), waiting_.end(), &Rules::is_before);
    Merged merged;
    for (const Part& part : parts_) QP_TRY(merged.add(part.run()));
    QP_TRY(merged.add(Run<Entry>(waiting_)));
    return merged;
  }

 private:
  static constexpr std::size_t kBlock = 64;         ///< entries that are looked into at once
  static constexpr std::size_t kMergeBlock = 2048;  ///< those of a run while runs are read
  static constexpr std::size_t kMostAlike = 4;      ///< runs of one level
  static constexpr bool kIsFound = requires(const Entry& entry) { Rules::hash(entry); };

  /// A run and the first entry of each of its blocks.
  class Part {
   public:
    Part(const std::filesystem::path& folder, unsigned level)
        : level_(level), file_(std::make_unique<UnnamedFile>(folder)) {}

    Result<void> add(const Entry& entry) {
      if (count_++ % kBlock == 0) firsts_.push_back(entry);
      last_ = entry;
      block_.push_back(entry);
      return block_.size() < kMergeBlock ? Result<void>() : flush();
    }
    Result<void> flush() {
      QP_TRY(file_->append(
          {reinterpret_cast<const char*>(block_.data()), block_.size() * sizeof(Entry)}));
      block_ = {};
      return {};
    }

    unsigned level() const { return level_; }
    const std::vector<Entry>& firsts() const { return firsts_; }
    const Entry& last() const { return last_; }
    Run<Entry> run() const { return Run<Entry>(*file_, 0, count_, kMergeBlock); }
    Result<void> read(std::size_t block, std::vector<Entry>& out) const {
      const std::uint64_t first = block * kBlock;
      out.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, count_ - first)));
      const std::span<char> bytes(reinterpret_cast<char*>(out.data()), out.size() * sizeof(Entry));
      const std::size_t got = QP_TRY(file_->read(first * sizeof(Entry), bytes));
      if (got == bytes.size()) return {};
      return error(Code::Storage, "store: a temporary file is cut short");
    }

   private:
    unsigned level_;
    std::unique_ptr<UnnamedFile> file_;
    std::uint64_t count_ = 0;
    std::vector<Entry> firsts_, block_;
    Entry last_{};
  };

  bool is_crowded() const {
    return parts_.size() >= kMostAlike &&
           std::all_of(parts_.end() - kMostAlike, parts_.end(),
                       [this](const Part& part) { return part.level() == parts_.back().level(); });
  }
  /// The last of one level become one of the next.
  Result<void> unite() {
    const auto first = parts_.end() - kMostAlike;
    Merged merged;
    for (auto part = first; part != parts_.end(); ++part) QP_TRY(merged.add(part->run()));
    Part whole(folder_, first->level() + 1);
    while (const Entry* entry = QP_TRY(merged.next())) QP_TRY(whole.add(*entry));
    QP_TRY(whole.flush());
    parts_.erase(first, parts_.end());
    parts_.push_back(std::move(whole));
    return {};
  }

  template <typename Accept>
  Result<std::optional<Entry>> find_in(const Part& part, const Entry& like,
                                       const Accept& accept) const {
    const auto& firsts = part.firsts();
    if (Rules::is_before(like, firsts.front()) || Rules::is_before(part.last(), like)) {
      return std::optional<Entry>();
    }
    // What is alike may begin in the block before the one that begins with it.
    const auto from = std::lower_bound(firsts.begin(), firsts.end(), like, &Rules::is_before);
    auto block = static_cast<std::size_t>(from - firsts.begin());
    if (block > 0) --block;
    for (; block < firsts.size() && !Rules::is_before(like, firsts[block]); ++block) {
      QP_TRY(part.read(block, block_));
      auto at = std::lower_bound(block_.begin(), block_.end(), like, &Rules::is_before);
      for (; at != block_.end() && !Rules::is_before(like, *at); ++at) {
        if (QP_TRY(accept(*at))) return std::optional<Entry>(*at);
      }
    }
    return std::optional<Entry>();
  }

  std::filesystem::path folder_;
  std::size_t most_waiting_;
  std::vector<Entry> waiting_;
  std::uint64_t size_ = 0;
  std::vector<Part> parts_;
  KeyFilter filter_;
  mutable std::vector<Entry> block_;  ///< that is looked into
};

}  // namespace qp::store
