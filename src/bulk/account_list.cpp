#include "bulk/account_list.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "bulk/limits.hpp"

namespace qp::bulk {

namespace {

constexpr std::string_view kNoMutes = "whom somebody mutes is not kept here";
constexpr std::string_view kNoHosts =
    "hosts are blocked for the whole server: quadpub domain block HOST";
constexpr std::array<ListFile, 18> kListFiles = {{
    {"following_accounts.csv", "following", ""},
    {"following.csv", "following", ""},
    {"friends.csv", "following", ""},
    {"follows.csv", "following", ""},
    {"followers.csv", "followers", ""},
    {"followers_accounts.csv", "followers", ""},
    {"blocked_accounts.csv", "blocked", ""},
    {"blocks.csv", "blocked", ""},
    {"blocking.csv", "blocked", ""},
    {"bookmarks.csv", "bookmarks", ""},
    {"muted_accounts.csv", "", kNoMutes},
    {"mutes.csv", "", kNoMutes},
    {"mute.csv", "", kNoMutes},
    {"lists.csv", kNamedLists, ""},
    {"user-lists.csv", kNamedLists, ""},
    {"blocked_domains.csv", "", kNoHosts},
    {"domain_blocks.csv", "", kNoHosts},
    {"custom_filters.json", "", "filters are not kept here"},
}};
constexpr std::string_view kHeading = "Account address";

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Takes the first value off a line.
Result<std::string> take_value(std::string_view& line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto take = [&](std::size_t end) { line.remove_prefix(std::min(end + 1, line.size())); };
  if (!line.starts_with('"')) {
    const std::string value(line.substr(0, line.find(',')));
    take(value.size());
    return value;
  }
  std::string value;
  for (std::size_t at = 1; at < line.size(); ++at) {
    if (line[at] != '"') {
      value += line[at];
    } else if (line.substr(at + 1).starts_with('"')) {
      value += line[++at];
    } else {
      take(at + 1);
      return value;
    }
  }
  return bad_input("a quotation mark is not closed");
}

/// As collections have it: an IRI, or `@user@host`.
Result<std::string> member_of(std::string_view line) {
  std::string value = QP_TRY(take_value(line));
  if (value.find("://") != value.npos || value.starts_with('@')) return value;
  const auto at = value.find('@');
  if (at == value.npos || at == 0 || at + 1 == value.size() ||
      value.find_first_of(" \"<>") != value.npos) {
    return bad_input("neither an IRI nor an address like name@host");
  }
  // A host is the same in any case.
  std::transform(value.begin() + static_cast<std::ptrdiff_t>(at), value.end(),
                 value.begin() + static_cast<std::ptrdiff_t>(at), to_lower);
  return "@" + value;
}

/// As in `blocks (1).csv`, the second download of it, and `blocking-2024-05-06.csv`.
std::string without_number(std::string_view name) {
  constexpr std::string_view kExtension = ".csv";
  if (!name.ends_with(kExtension)) return std::string(name);
  name.remove_suffix(kExtension.size());
  const auto last = name.find_last_not_of(" ()-_0123456789");
  return std::string(name.substr(0, last + 1)).append(kExtension);
}

/// And of which list, where the line says that.
Result<std::string> member_in(std::string_view line, std::string& collection) {
  if (collection == kNamedLists) {
    const std::string name = QP_TRY(take_value(line));
    if (name.empty()) return bad_input("a list without a name");
    if (name.size() > limits::kListNameBytes) return bad_input("a list's name is too long");
    if (!text::is_utf8(name)) return bad_input("a list's name is not UTF-8");
    collection += name;
  }
  return member_of(line);
}

class ListReader final : public DumpReader {
 public:
  explicit ListReader(std::unique_ptr<Entries> entries) : entries_(std::move(entries)) {}
  std::optional<Record> next() override {
    for (;;) {
      if (list_) {
        if (auto record = list_->next()) return record;
        list_.reset();
      }
      auto entry = entries_->next();
      if (!entry) return std::nullopt;
      if (!entry->readable) return Record{entry->position, entry->readable.error()};
      const ListFile* file = find_list_file(entry->name);
      if (file != nullptr) list_.emplace(std::move(entry->read), *file, entry->position);
    }
  }
  double share_read() const override {
    const auto all = static_cast<double>(entries_->bytes_in_all());
    return all == 0 ? -1 : static_cast<double>(entries_->bytes_read()) / all;
  }

 private:
  std::unique_ptr<Entries> entries_;
  std::optional<AccountList> list_;
};

}  // namespace

const ListFile* find_list_file(std::string_view name) {
  const auto slash = name.rfind('/');
  if (slash != name.npos) name.remove_prefix(slash + 1);
  const std::string plain = without_number(name);
  const auto found = std::find_if(kListFiles.begin(), kListFiles.end(),
                                  [&](const ListFile& one) { return one.name == plain; });
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
    std::string collection(file_.collection);
    return Record{
        position_ + "#" + std::to_string(line->number),
        line->text ? member_in(*line->text, collection) : Result<std::string>(line->text.error()),
        Record::Kind::Member, std::move(collection)};
  }
}

Result<bool> has_lists(const std::filesystem::path& path) {
  const auto entries = QP_TRY(open_entries(path));
  while (const auto entry = entries->next()) {
    if (entry->readable && find_list_file(entry->name) != nullptr) return true;
  }
  return false;
}

Result<std::unique_ptr<DumpReader>> read_lists(const std::filesystem::path& path) {
  return std::unique_ptr<DumpReader>(std::make_unique<ListReader>(QP_TRY(open_entries(path))));
}

}  // namespace qp::bulk
