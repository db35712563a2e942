#include "bulk/account_list.hpp"

#include <algorithm>
#include <array>

namespace qp::bulk {

namespace {

constexpr std::string_view kNoMutes = "whom somebody mutes is not kept here";
constexpr std::string_view kNoLists = "lists of accounts are not kept here";
constexpr std::string_view kNoHosts =
    "hosts are blocked for the whole server: quadpub domain block HOST";
constexpr std::array<ListFile, 13> kListFiles = {{
    {"following_accounts.csv", "following", ""},
    {"following.csv", "following", ""},
    {"followers.csv", "followers", ""},
    {"followers_accounts.csv", "followers", ""},
    {"blocked_accounts.csv", "blocked", ""},
    {"blocks.csv", "blocked", ""},
    {"bookmarks.csv", "bookmarks", ""},
    {"muted_accounts.csv", "", kNoMutes},
    {"mutes.csv", "", kNoMutes},
    {"lists.csv", "", kNoLists},
    {"blocked_domains.csv", "", kNoHosts},
    {"domain_blocks.csv", "", kNoHosts},
    {"custom_filters.json", "", "filters are not kept here"},
}};
constexpr std::string_view kHeading = "Account address";

/// The first value of a line.
Result<std::string> first_value(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!line.starts_with('"')) return std::string(line.substr(0, line.find(',')));
  std::string value;
  for (std::size_t at = 1; at < line.size(); ++at) {
    if (line[at] != '"') {
      value += line[at];
    } else if (line.substr(at + 1).starts_with('"')) {
      value += line[++at];
    } else {
      return value;
    }
  }
  return bad_input("a quotation mark is not closed");
}

/// As collections have it: an IRI, or `@user@host`.
Result<std::string> member_of(std::string_view line) {
  std::string value = QP_TRY(first_value(line));
  if (value.find("://") != value.npos || value.starts_with('@')) return value;
  const auto at = value.find('@');
  if (at == value.npos || at == 0 || at + 1 == value.size() ||
      value.find_first_of(" \"<>") != value.npos) {
    return bad_input("neither an IRI nor an address like name@host");
  }
  return "@" + value;
}

class ListReader final : public DumpReader {
 public:
  ListReader(std::unique_ptr<Entries> entries, Entry entry, const ListFile& file)
      : entries_(std::move(entries)), list_(std::move(entry.read), file, entry.position) {}
  std::optional<Record> next() override { return list_.next(); }
  double share_read() const override {
    const auto all = static_cast<double>(entries_->bytes_in_all());
    return all == 0 ? -1 : static_cast<double>(entries_->bytes_read()) / all;
  }

 private:
  std::unique_ptr<Entries> entries_;
  AccountList list_;
};

}  // namespace

const ListFile* find_list_file(std::string_view name) {
  const auto slash = name.rfind('/');
  if (slash != name.npos) name.remove_prefix(slash + 1);
  const auto found = std::find_if(kListFiles.begin(), kListFiles.end(),
                                  [&](const ListFile& one) { return one.name == name; });
  return found == kListFiles.end() ? nullptr : found;
}

std::optional<Record> AccountList::next() {
  if (file_.collection.empty()) {
    if (is_told_) return std::nullopt;
    is_told_ = true;
    return Record{position_, bad_input(std::string(file_.refusal))};
  }
  for (;;) {
    auto line = lines_.next();
    if (!line) return std::nullopt;
    if (line->number == 1 && line->text && line->text->find(kHeading) < 2) continue;
    return Record{position_ + "#" + std::to_string(line->number),
                  line->text ? member_of(*line->text) : Result<std::string>(line->text.error()),
                  Record::Kind::Member, std::string(file_.collection)};
  }
}

Result<std::unique_ptr<DumpReader>> read_list(const std::filesystem::path& path,
                                              const ListFile& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return bad_input(path.string() + " is a folder");
  }
  auto entries = QP_TRY(open_entries(path));
  auto entry = entries->next();
  if (!entry) return bad_input(path.string() + " has nothing in it");
  if (!entry->readable) return bad_input(path.string() + ": " + entry->readable.error().detail);
  return std::unique_ptr<DumpReader>(
      std::make_unique<ListReader>(std::move(entries), *std::move(entry), file));
}

}  // namespace qp::bulk
