#include "web/domains.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"

namespace qp::web {

namespace {

constexpr Millis kReloadAfter{1'000};

/// RFC 9110 4.2.3: with its scheme's own port an authority is the same as without.
bool is_of(const ap::Domain& domain, std::string_view host) {
  const std::string_view port = domain.url.starts_with("https://") ? ":443" : ":80";
  if (host.ends_with(port)) host.remove_suffix(port.size());
  return text::equals_ignoring_case(domain.host, host);
}

const ap::Domain* find_in(const std::vector<ap::Domain>& domains, std::string_view host) {
  const auto found =
      std::ranges::find_if(domains, [&](const ap::Domain& domain) { return is_of(domain, host); });
  return found == domains.end() ? nullptr : &*found;
}

bool are_equal(const std::vector<ap::Domain>& a, const std::vector<ap::Domain>& b) {
  return std::ranges::equal(a, b, {}, &ap::Domain::url, &ap::Domain::url);
}

Result<std::vector<ap::Domain>> read_domains(store::Store& store) {
  const std::unique_ptr<store::Txn> txn = QP_TRY(store.read());
  return ap::domains(*txn);
}

}  // namespace

const ap::Domain* Domains::find(std::string_view host) {
  if (const List* list = current_.load(std::memory_order_acquire)) {
    if (const ap::Domain* found = find_in(*list, host)) return found;
  }
  const List* list = reload();
  return list ? find_in(*list, host) : nullptr;
}

const Domains::List* Domains::reload() {
  const std::lock_guard lock(mutex_);
  const List* list = current_.load(std::memory_order_relaxed);
  const Millis now = clock_();
  if (list && now - loaded_ < kReloadAfter) return list;
  Result<List> domains = read_domains(store_);
  if (!domains) {
    log::error("domains_unreadable", {log::field("detail", domains.error().detail)});
    return list;
  }
  loaded_ = now;
  if (list && are_equal(*list, *domains)) return list;
  lists_.push_back(std::make_unique<const List>(std::move(*domains)));
  current_.store(lists_.back().get(), std::memory_order_release);
  return lists_.back().get();
}

}  // namespace qp::web
