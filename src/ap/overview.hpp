#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ap/actor.hpp"
#include "base/result.hpp"
#include "store/store.hpp"

/// What an administrator looks at, and does: lists that are cut into pages and never read whole
/// into memory.
namespace qp::ap {

/// Which part of a list.
struct Slice {
  std::size_t offset = 0;
  std::size_t limit = 50;
};

struct ActorFilter {
  std::string text;  ///< in `@name@host`, the display name, the IRI or the user's name; any case
  std::string user;  ///< exactly
  std::string type;  ///< exactly
};
struct ActorList {
  std::vector<Actor> actors;
  std::size_t matching = 0;   ///< in all of the list
  bool looked_at_all = true;  ///< false: the list is longer than is looked through
};
/// Those of users (the server's own is none of them), oldest first.
Result<ActorList> list_actors(const store::Txn& txn, const ActorFilter& filter, Slice slice);

/// Hosts that may not send anything here, and all hosts below them; international names in either
/// form. BadInput for what is no host, Conflict for one that this server has itself.
Result<std::string> block_host(store::WriteTxn& txn, std::string_view host);
/// NotFound where it is not blocked.
Result<std::string> unblock_host(store::WriteTxn& txn, std::string_view host);
Result<std::vector<std::string>> blocked_hosts(const store::Txn& txn);
/// As soon as one host is allowed by name, those that are not may neither send nor get anything.
Result<std::string> allow_host(store::WriteTxn& txn, std::string_view host);
Result<std::string> disallow_host(store::WriteTxn& txn, std::string_view host);
Result<std::vector<std::string>> allowed_hosts(const store::Txn& txn);

/// A host of other actors.
struct KnownHost {
  std::string host;
  std::size_t actors = 0;
};
/// Those with the most actors first.
Result<std::vector<KnownHost>> known_hosts(const store::Txn& txn);

/// Deliveries that wait for one host.
struct HostQueue {
  std::string host;
  std::size_t waiting = 0;
  std::uint32_t attempts = 0;  ///< of the item tried most often
  std::int64_t next_due = 0;
  std::string last_result;
};
/// Those with the most waiting first.
Result<std::vector<HostQueue>> queue_by_host(const store::Txn& txn);
/// Makes all that waits for the host due now; says how many.
Result<std::size_t> retry_host(store::WriteTxn& txn, std::string_view host, Millis now);
/// Gives up all that waits for the host; says how many.
Result<std::size_t> drop_host(store::WriteTxn& txn, std::string_view host);

/// A Flag: somebody reports something to whoever runs this server.
struct Report {
  std::string iri;
  std::string actor;
  std::vector<std::string> objects;
  std::string content;  ///< text; may be markup of another server
  std::int64_t received = 0;
  std::string closed_by;  ///< user; empty: open
};
enum class Reports { Open, Closed };
struct ReportList {
  std::vector<Report> reports;
  std::size_t matching = 0;
};
/// Newest first.
Result<ReportList> list_reports(const store::Txn& txn, Reports which, Slice slice);
/// NotFound where there is no such report.
Result<void> close_report(store::WriteTxn& txn, std::string_view iri, std::string_view user);

}  // namespace qp::ap
