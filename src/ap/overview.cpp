#include "ap/overview.hpp"

#include <clocale>
#include <cwctype>

#include <algorithm>
#include <map>

#include "ap/activity.hpp"
#include "ap/tables.hpp"
#include "base/text.hpp"
#include "net/url.hpp"
#include "vocab/terms.hpp"

namespace qp::ap {

namespace {

/// Records that are looked through for one page: some tenths of a second.
constexpr std::size_t kMostRecords = 200'000;
/// More deliveries than these are not looked at in one go.
constexpr std::size_t kMostQueued = 100'000;
/// Reports whose order is found out for one page.
constexpr std::size_t kMostReports = 20'000;
/// Of what somebody typed, in a message.
constexpr std::size_t kMostShown = 100;

/// Makes text lower case: all of Unicode as the system's C.UTF-8 has it, ASCII where there is none.
class Lower {
 public:
  Lower() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {}
  ~Lower() {
    if (locale_) freelocale(locale_);
  }
  Lower(const Lower&) = delete;
  Lower& operator=(const Lower&) = delete;

  std::string operator()(std::string_view given) const {
    std::string ascii = text::lower(given);
    const bool is_plain = std::ranges::all_of(ascii, [](char c) { return (c & 0x80) == 0; });
    if (is_plain || !locale_ || !text::is_utf8(ascii)) return ascii;
    std::string all;
    for (std::size_t i = 0; i < ascii.size();) {
      const auto lead = static_cast<unsigned char>(ascii[i]);
      const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
      std::uint32_t point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
      for (std::size_t k = 1; k < length; ++k) {
        point = (point << 6U) | (static_cast<unsigned char>(ascii[i + k]) & 0x3FU);
      }
      text::append_utf8(all, towlower_l(point, locale_));
      i += length;
    }
    return all;
  }

 private:
  locale_t locale_;
};

bool matches(const Actor& actor, const ActorFilter& filter, const Lower& lower,
             std::string_view part) {
  const auto holds = [&](std::string_view text) {
    return lower(text).find(part) != std::string::npos;
  };
  if (!filter.user.empty() && actor.user != filter.user) return false;
  if (!filter.type.empty() && actor.type != filter.type) return false;
  return part.empty() || holds("@" + actor.username + "@" + actor.domain) || holds(actor.name) ||
         holds(actor.iri) || holds(actor.user);
}

/// As ap/admit looks for it: lower case, in ASCII. A name stands for the names below it too, so
/// that `*.` in front of it says nothing more.
Result<std::string> host_to_block(std::string_view given) {
  std::string_view host = text::trim(given);
  if (host.starts_with("*.")) host.remove_prefix(2);
  if (host.ends_with('.')) host.remove_suffix(1);
  const bool is_alone = !host.empty() && host.find_first_of("/?#@") == std::string_view::npos;
  const auto url = is_alone ? net::Url::parse("https://" + std::string(host))
                            : Result<net::Url>(error(Code::BadInput, "more than a host"));
  if (!url) {
    return bad_input("HOST is the name of a host, without scheme or path: " +
                     std::string(given.substr(0, kMostShown)));
  }
  return url->authority();
}

/// True where a row `name` of the list of blocked hosts is for `host` too.
bool covers(std::string_view name, std::string_view host) {
  if (host == name) return true;
  host = host.substr(0, host.rfind(':'));
  if (!host.ends_with(name)) return false;
  return host.size() == name.size() || host[host.size() - name.size() - 1] == '.';
}

Result<std::vector<store::QueueItem>> queue_of(const store::Txn& txn, std::string_view host) {
  std::vector<store::QueueItem> items = QP_TRY(txn.queue_list(kMostQueued));
  std::erase_if(items, [&](const store::QueueItem& item) { return item.lane != host; });
  return items;
}

/// What has no address has no text either.
Result<std::vector<std::string>> values(const store::Txn& txn, TermId graph, const Word& property) {
  std::vector<TermId> ids;
  QP_TRY(txn.scan({graph, graph, property, {}}, {}, [&](const store::OrderedQuad& found) {
    if (!rdf::is_blank(found.quad.o)) ids.push_back(found.quad.o);
    return true;
  }));
  std::vector<std::string> texts;
  texts.reserve(ids.size());
  for (const TermId id : ids) texts.emplace_back(QP_TRY(txn.resolve(id)).value);
  return texts;
}

std::string first(std::vector<std::string> texts) {
  return texts.empty() ? std::string() : std::move(texts.front());
}

Result<std::int64_t> received_at(const store::Txn& txn, TermId graph) {
  const auto record = QP_TRY(txn.graph(graph));
  if (!record) return 0;
  const auto document = QP_TRY(txn.document(record->document));
  return document ? document->received : 0;
}

Result<bool> is_closed(const store::Txn& txn, std::string_view iri) {
  if (iri.size() > kMaxKey) return false;
  return QP_TRY(txn.get(kClosedReports, iri)).has_value();
}

Result<Report> read_report(const store::Txn& txn, TermId graph, std::int64_t received) {
  Report report;
  report.iri = QP_TRY(txn.resolve(graph)).value;
  report.actor = first(QP_TRY(values(txn, graph, as::actor)));
  report.objects = QP_TRY(values(txn, graph, as::object));
  report.content = first(QP_TRY(values(txn, graph, as::content)));
  report.received = received;
  if (report.iri.size() <= kMaxKey) {
    report.closed_by = QP_TRY(txn.get(kClosedReports, report.iri)).value_or("");
  }
  return report;
}

/// The graphs of all Flags.
Result<std::vector<TermId>> flags(const store::Txn& txn) {
  std::vector<TermId> graphs;
  QP_TRY(txn.scan({{}, {}, rdf::type, as::Flag}, {}, [&](const store::OrderedQuad& found) {
    if (found.quad.g == found.quad.s) graphs.push_back(found.quad.g);
    return graphs.size() < kMostReports;
  }));
  return graphs;
}

}  // namespace

Result<ActorList> list_actors(const store::Txn& txn, const ActorFilter& filter, Slice slice) {
  ActorList list;
  std::size_t seen = 0;
  const Lower lower;
  const std::string part = lower(text::trim(filter.text));
  QP_TRY(each_actor(txn, [&](const Actor& actor) {
    list.looked_at_all = ++seen <= kMostRecords;
    if (!list.looked_at_all) return false;
    if (actor.user.empty() || !matches(actor, filter, lower, part)) return true;
    const bool is_here =
        list.matching >= slice.offset && list.matching - slice.offset < slice.limit;
    if (is_here) list.actors.push_back(actor);
    ++list.matching;
    return true;
  }));
  return list;
}

namespace {

Result<std::string> enlist(store::WriteTxn& txn, store::Table table, std::string_view host) {
  std::string name = QP_TRY(host_to_block(host));
  QP_TRY(txn.put(table, name, ""));
  return name;
}

Result<std::string> strike(store::WriteTxn& txn, store::Table table, std::string_view host,
                           std::string_view status) {
  Result<std::string> name = host_to_block(host);
  if (name && QP_TRY(txn.erase(table, *name))) return name;
  // What was taken before names were looked at goes as it stands.
  std::string as_given = text::lower(host);
  const bool fits = !as_given.empty() && as_given.size() <= kMaxKey;
  if (fits && QP_TRY(txn.erase(table, as_given))) return as_given;
  if (!name) return name;
  return error(Code::NotFound, name->append(" is not ").append(status));
}

Result<std::vector<std::string>> hosts_in(const store::Txn& txn, store::Table table) {
  std::vector<std::string> hosts;
  QP_TRY(txn.each(table, "", [&](std::string_view host, std::string_view) {
    hosts.emplace_back(host);
    return true;
  }));
  return hosts;
}

}  // namespace

Result<std::string> block_host(store::WriteTxn& txn, std::string_view host) {
  const std::string name = QP_TRY(host_to_block(host));
  for (const Domain& domain : QP_TRY(domains(txn))) {
    if (covers(name, domain.host)) {
      return error(Code::Conflict, "this server would block itself: it is " + domain.host);
    }
  }
  return enlist(txn, kBlockedHosts, host);
}
Result<std::string> unblock_host(store::WriteTxn& txn, std::string_view host) {
  return strike(txn, kBlockedHosts, host, "blocked");
}
Result<std::vector<std::string>> blocked_hosts(const store::Txn& txn) {
  return hosts_in(txn, kBlockedHosts);
}

Result<std::string> allow_host(store::WriteTxn& txn, std::string_view host) {
  return enlist(txn, kAllowedHosts, host);
}
Result<std::string> disallow_host(store::WriteTxn& txn, std::string_view host) {
  return strike(txn, kAllowedHosts, host, "allowed");
}
Result<std::vector<std::string>> allowed_hosts(const store::Txn& txn) {
  return hosts_in(txn, kAllowedHosts);
}

Result<std::vector<KnownHost>> known_hosts(const store::Txn& txn) {
  std::map<std::string, std::size_t> counts;
  std::size_t seen = 0;
  QP_TRY(txn.each(kRemoteActors, "", [&](std::string_view iri, std::string_view) {
    ++counts[host_of(iri)];
    return ++seen < kMostRecords;
  }));
  std::vector<KnownHost> hosts;
  hosts.reserve(counts.size());
  for (auto& [host, actors] : counts) hosts.push_back({host, actors});
  std::ranges::stable_sort(hosts, std::greater<>(), &KnownHost::actors);
  return hosts;
}

Result<std::vector<HostQueue>> queue_by_host(const store::Txn& txn) {
  std::map<std::string, HostQueue> by_host;
  for (const store::QueueItem& item : QP_TRY(txn.queue_list(kMostQueued))) {
    HostQueue& queue = by_host[item.lane];
    if (queue.waiting++ == 0) queue.next_due = item.due;
    queue.next_due = std::min(queue.next_due, item.due);
    if (item.attempts >= queue.attempts && !item.last_result.empty()) {
      queue.last_result = item.last_result;
    }
    queue.attempts = std::max(queue.attempts, item.attempts);
  }
  std::vector<HostQueue> queues;
  for (auto& [host, queue] : by_host) {
    queue.host = host;
    queues.push_back(std::move(queue));
  }
  std::ranges::stable_sort(queues, std::greater<>(), &HostQueue::waiting);
  return queues;
}

Result<std::size_t> retry_host(store::WriteTxn& txn, std::string_view host, Millis now) {
  const auto items = QP_TRY(queue_of(txn, host));
  for (const store::QueueItem& item : items) {
    QP_TRY(txn.queue_move(item.id, now.count()));
  }
  return items.size();
}

Result<std::size_t> drop_host(store::WriteTxn& txn, std::string_view host) {
  const auto items = QP_TRY(queue_of(txn, host));
  for (const store::QueueItem& item : items) QP_TRY(txn.queue_remove(item.id));
  return items.size();
}

Result<ReportList> list_reports(const store::Txn& txn, Reports which, Slice slice) {
  std::vector<std::pair<std::int64_t, TermId>> found;
  for (const TermId graph : QP_TRY(flags(txn))) {
    const std::string iri(QP_TRY(txn.resolve(graph)).value);
    const bool closed = QP_TRY(is_closed(txn, iri));
    if (closed != (which == Reports::Closed)) continue;
    found.emplace_back(QP_TRY(received_at(txn, graph)), graph);
  }
  std::ranges::stable_sort(found, std::greater<>(), [](const auto& one) { return one.first; });
  ReportList list;
  list.matching = found.size();
  for (std::size_t i = slice.offset; i < found.size() && list.reports.size() < slice.limit; ++i) {
    list.reports.push_back(QP_TRY(read_report(txn, found[i].second, found[i].first)));
  }
  return list;
}

Result<void> close_report(store::WriteTxn& txn, std::string_view iri, std::string_view user) {
  const auto id = QP_TRY(txn.find_iri(iri));
  const bool is_report =
      id && iri.size() <= kMaxKey && QP_TRY(txn.probe({*id, *id, rdf::type, as::Flag}, {}));
  if (!is_report) return error(Code::NotFound, "there is no such report");
  return txn.put(kClosedReports, iri, user);
}

}  // namespace qp::ap
