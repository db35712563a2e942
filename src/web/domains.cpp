#include "web/domains.hpp"

#include "base/log.hpp"
#include "base/text.hpp"

namespace qp::web {

namespace {

constexpr Millis kReloadAfter{1'000};

std::optional<ap::Domain> find_in(const std::vector<ap::Domain>& domains, std::string_view host) {
  for (const ap::Domain& domain : domains) {
    if (text::equals_ignoring_case(domain.host, host)) return domain;
  }
  return std::nullopt;
}

Result<std::vector<ap::Domain>> read_domains(store::Store& store) {
  const std::unique_ptr<store::Txn> txn = QP_TRY(store.read());
  return ap::domains(*txn);
}

}  // namespace

std::optional<ap::Domain> Domains::find(std::string_view host) {
  if (const List list = current()) {
    if (auto found = find_in(*list, host)) return found;
  }
  const List list = reload();
  return list ? find_in(*list, host) : std::nullopt;
}

Domains::List Domains::current() {
  const std::lock_guard lock(mutex_);
  return list_;
}

Domains::List Domains::reload() {
  const std::lock_guard lock(mutex_);
  const Millis now = clock_();
  if (list_ && now - loaded_ < kReloadAfter) return list_;
  Result<std::vector<ap::Domain>> domains = read_domains(store_);
  if (!domains) {
    log::error("domains_unreadable", {log::field("detail", domains.error().detail)});
    return list_;
  }
  list_ = std::make_shared<const std::vector<ap::Domain>>(std::move(*domains));
  loaded_ = now;
  return list_;
}

}  // namespace qp::web
