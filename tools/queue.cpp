#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "ap/hosts.hpp"
#include "tools/command.hpp"

namespace qp::tools {

namespace {

using nlohmann::ordered_json;

/// More than can be looked at; the rest is still there next time.
constexpr std::size_t kListed = 10'000;

ordered_json describe(const store::QueueItem& item) {
  const ordered_json job = ordered_json::parse(item.payload, nullptr, false);
  const auto part = [&](const char* name) {
    return job.is_object() ? job.value(name, std::string()) : std::string();
  };
  return {{"id", item.id},
          {"host", item.lane},
          {"due", time::rfc3339(Millis(item.due))},
          {"attempts", item.attempts},
          {"last_result", item.last_result},
          {"activity", part("activity")},
          {"recipient", part("recipient")}};
}

Result<void> list(const Invocation& invocation) {
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings, kReading));
  const std::unique_ptr<store::Txn> txn = QP_TRY(store->read());
  ordered_json rows = ordered_json::array();
  for (const store::QueueItem& item : QP_TRY(txn->queue_list(kListed))) {
    rows.push_back(describe(item));
  }
  print(rows, invocation.output);
  return {};
}

/// What is remembered of the hosts that are away, or that take one form of signatures only.
Result<void> hosts(const Invocation& invocation) {
  constexpr std::string_view kForms[] = {"rfc9421", "cavage", "cavage without query",
                                         "cavage with created"};
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings, kReading));
  const std::unique_ptr<store::Txn> txn = QP_TRY(store->read());
  ordered_json rows = ordered_json::array();
  for (const auto& [host, state] : QP_TRY(ap::all_hosts(*txn, system_now()))) {
    rows.push_back({{"host", host},
                    {"failures", state.failures},
                    {"failing_since", state.is_away() ? time::rfc3339(state.failing_since) : ""},
                    {"next_try", state.is_away() ? time::rfc3339(state.retry_at) : ""},
                    {"form", state.form ? kForms[static_cast<std::size_t>(*state.form)] : ""}});
  }
  print(rows, invocation.output);
  return {};
}

constexpr std::int64_t kMostId = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

Result<std::vector<store::QueueItem>> items(const store::Txn& txn, std::uint64_t id) {
  std::vector<store::QueueItem> found = QP_TRY(txn.queue_list(kAll));
  std::erase_if(found, [&](const store::QueueItem& item) { return item.id != id; });
  if (found.empty()) return error(Code::NotFound, "no item " + std::to_string(id));
  return found;
}

/// What each host gets next; what waits behind it is due as soon as it has gone.
Result<std::vector<store::QueueItem>> heads(const store::Txn& txn) {
  return txn.queue_due(std::numeric_limits<std::int64_t>::max(), kAll);
}

Result<void> retry(const Invocation& invocation, std::uint64_t id) {
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings));
  const std::int64_t now = system_now().count();
  std::vector<store::QueueItem> found;
  {
    const std::unique_ptr<store::Txn> txn = QP_TRY(store->read());
    found = QP_TRY(id == 0 ? heads(*txn) : items(*txn, id));
  }
  constexpr std::size_t kSlice = 500;  // in one transaction: the server writes in between
  for (std::size_t from = 0; from < found.size(); from += kSlice) {
    QP_TRY(store->write([&](store::WriteTxn& txn) -> Result<void> {
      for (std::size_t i = from; i < std::min(from + kSlice, found.size()); ++i) {
        const auto moved = txn.queue_move(found[i].id, now);
        if (!moved && moved.error().code != Code::NotFound) return moved;  // it was delivered
      }
      return {};
    }));
  }
  print({{"due_now", found.size()}}, invocation.output);
  return {};
}

Result<void> drop(const Invocation& invocation, std::uint64_t id) {
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings));
  Result<void> written = store->write([&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(items(txn, id));
    return txn.queue_remove(id);
  });
  if (!written) return written;
  print({{"dropped", id}}, invocation.output);
  return {};
}

}  // namespace

void add_queue_commands(CLI::App& app, Selected& selected) {
  CLI::App* group = app.add_subcommand("queue", "Deliveries that wait");
  group->require_subcommand(1);
  group->add_subcommand("list", "List them")->callback([&selected] { selected.run = list; });
  group->add_subcommand("hosts", "What is known of the hosts that they go to")
      ->callback([&selected] { selected.run = hosts; });
  const auto id = std::make_shared<std::uint64_t>(0);
  CLI::App* retrying = group->add_subcommand("retry", "Make one, or all, due now");
  retrying->add_option("ID", *id)->check(CLI::Range(std::int64_t{1}, kMostId));
  retrying->callback([&selected, id] {
    selected.run = [id](const Invocation& invocation) { return retry(invocation, *id); };
  });
  CLI::App* dropping = group->add_subcommand("drop", "Give one up");
  dropping->add_option("ID", *id)->required()->check(CLI::Range(std::int64_t{1}, kMostId));
  dropping->callback([&selected, id] {
    selected.run = [id](const Invocation& invocation) { return drop(invocation, *id); };
  });
}

}  // namespace qp::tools
