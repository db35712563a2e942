#include "store/page_check.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace qp::store {

using namespace pages;

namespace {

constexpr std::size_t kMaxDepth = 32;

/// Walks trees of pages, and remembers which pages they are made of.
class PageWalk {
 public:
  PageWalk(const File& file, const Meta& meta)
      : file_(file), page_size_(meta.free_list.page_size), seen_(meta.last_page + 1) {}

  /// Called for each node of a leaf; `data` may have bytes behind it. Empty: nobody looks at them.
  using Leaf = std::function<bool(const NodeHeader& node, std::string_view data)>;

  bool tree(std::uint64_t root, const Leaf& leaf) { return root == kNoRoot || page(root, leaf, 0); }

  /// False: it was seen before, or there is no such page.
  bool see(std::uint64_t page) {
    if (page < kFirst || page >= seen_.size() || seen_[page]) {
      trouble_ = "page " + std::to_string(page) +
                 (page >= kFirst && page < seen_.size() ? " is used twice" : " does not exist");
      return false;
    }
    seen_[page] = true;
    return true;
  }
  std::uint64_t unseen() const {
    std::uint64_t count = 0;
    for (std::size_t page = kFirst; page < seen_.size(); ++page) count += !seen_[page];
    return count;
  }
  const std::string& trouble() const { return trouble_; }
  /// Data on pages of their own is read and given, too.
  void want_big(bool wanted) { wants_big_ = wanted; }

 private:
  bool damaged(std::uint64_t page) {
    trouble_ = "page " + std::to_string(page) + " is damaged";
    return false;
  }

  bool page(std::uint64_t number, const Leaf& leaf, std::size_t depth) {
    if (!see(number)) return false;
    const auto bytes = file_.read(number * page_size_, page_size_);
    const auto header = bytes ? at<Header>(*bytes, 0) : std::nullopt;
    if (!header || header->number != number || header->lower < kHeader || depth > kMaxDepth) {
      return damaged(number);
    }
    const bool is_leaf = (header->flags & kLeaf) != 0;
    if (!is_leaf && (header->flags & kBranch) == 0) return damaged(number);
    for (std::size_t i = kHeader; i + 2 <= header->lower; i += 2) {
      const auto offset = at<std::uint16_t>(*bytes, i);
      const auto node = offset ? at<NodeHeader>(*bytes, *offset) : std::nullopt;
      if (!node) return damaged(number);
      const std::uint64_t low = node->low | static_cast<std::uint64_t>(node->high) << 16;
      if (!is_leaf) {
        const std::uint64_t child = low | static_cast<std::uint64_t>(node->flags) << 32;
        if (!page(child, leaf, depth + 1)) return false;
        continue;
      }
      const std::size_t begin = *offset + sizeof(NodeHeader) + node->key_size;
      if (begin > bytes->size() ||
          !this->node(*node, std::string_view(*bytes).substr(begin), low, leaf)) {
        return trouble_.empty() ? damaged(number) : false;
      }
    }
    return true;
  }

  bool node(const NodeHeader& node, std::string_view on_page, std::uint64_t size,
            const Leaf& leaf) {
    if ((node.flags & kBigData) == 0) {
      return size <= on_page.size() && (!leaf || leaf(node, on_page));
    }
    const auto first = at<std::uint64_t>(on_page, 0);
    const auto bytes = first ? file_.read(*first * page_size_, kHeader) : std::nullopt;
    const auto header = bytes ? at<Header>(*bytes, 0) : std::nullopt;
    if (!header || header->number != *first || (header->flags & kOverflow) == 0) return false;
    const std::uint64_t count = header->lower | static_cast<std::uint64_t>(header->upper) << 16;
    if (count == 0 || size > count * page_size_ - kHeader) return false;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!see(*first + i)) return false;
    }
    if (!leaf || !wants_big_) return true;
    const auto data = file_.read(*first * page_size_ + kHeader, size);
    return data && leaf(node, *data);
  }

  const File& file_;
  std::size_t page_size_;
  std::vector<bool> seen_;
  std::string trouble_;
  bool wants_big_ = false;
};

// A leaf's data: how many, then the pages.
bool take_list(std::string_view data, std::vector<std::uint64_t>& out) {
  const auto count = at<std::uint64_t>(data, 0);
  if (!count || *count > data.size() / 8 - 1) return false;
  for (std::uint64_t i = 1; i <= *count; ++i) out.push_back(*at<std::uint64_t>(data, i * 8));
  return true;
}

bool walk_free_list(PageWalk& walk, const Meta& meta, std::vector<std::uint64_t>& out) {
  walk.want_big(true);
  const bool good = walk.tree(meta.free_list.root, [&](const NodeHeader&, std::string_view data) {
    return take_list(data, out);
  });
  walk.want_big(false);
  return good;
}

bool walk_databases(PageWalk& walk, const Meta& meta) {
  return walk.tree(meta.main.root, [&](const NodeHeader& node, std::string_view data) {
    if ((node.flags & kSubDatabase) == 0) return true;
    const auto record = at<DbRecord>(data, 0);
    return record && walk.tree(record->root, {});
  });
}

}  // namespace

std::optional<std::vector<std::uint64_t>> free_pages(const File& file, const Meta& meta) {
  PageWalk walk(file, meta);
  std::vector<std::uint64_t> found;
  if (!walk_free_list(walk, meta, found)) return std::nullopt;
  return found;
}

std::string check_pages(const File& file, const Meta& meta) {
  PageWalk walk(file, meta);
  std::vector<std::uint64_t> free;
  bool good = walk_free_list(walk, meta, free) && walk_databases(walk, meta);
  for (std::size_t i = 0; good && i < free.size(); ++i) good = walk.see(free[i]);
  if (!good) return walk.trouble().empty() ? "the free list is damaged" : walk.trouble();
  const std::uint64_t lost = walk.unseen();
  return lost == 0 ? std::string() : std::to_string(lost) + " pages are neither used nor free";
}

}  // namespace qp::store
