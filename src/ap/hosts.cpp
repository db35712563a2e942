#include "ap/hosts.hpp"

#include <array>

#include <nlohmann/json.hpp>

#include "ap/tables.hpp"

namespace qp::ap {

namespace {

using nlohmann::json;

/// Interop I10: a form is worth trying anew after a week.
constexpr auto kFormTime = std::chrono::hours(24 * 7);
/// Longer than anything waits for a host (deliver.cpp).
constexpr auto kStateTime = std::chrono::hours(24 * 14);
constexpr std::array<std::string_view, 4> kForms = {"rfc9421", "cavage", "cavage-without-query",
                                                    "cavage-created"};

bool is_usable(std::string_view host) { return !host.empty() && host.size() <= kMaxKey; }

std::optional<HostState> read_state(std::string_view text, Millis now) {
  const json record = json::parse(text, nullptr, false);
  if (!record.is_object()) return std::nullopt;
  const auto time = [&](const char* name) { return Millis(record.value(name, std::int64_t{0})); };
  HostState state;
  state.touched = time("touched");
  if (now - state.touched > kStateTime) return std::nullopt;
  state.failures = record.value("failures", 0U);
  state.failing_since = time("failing_since");
  state.retry_at = time("retry_at");
  state.form_since = time("form_since");
  const std::string form = record.value("form", "");
  for (std::size_t i = 0; i < kForms.size(); ++i) {
    if (form == kForms[i] && now - state.form_since < kFormTime) {
      state.form = static_cast<sig::Form>(i);
    }
  }
  return state;
}

}  // namespace

Result<HostState> find_host(const store::Txn& txn, std::string_view host, Millis now) {
  if (!is_usable(host)) return HostState();
  const auto kept = QP_TRY(txn.get(kHosts, host));
  if (!kept) return HostState();
  return read_state(*kept, now).value_or(HostState());
}

Result<void> put_host(store::WriteTxn& txn, std::string_view host, HostState state, Millis now) {
  if (!is_usable(host)) return {};
  if (!state.form && !state.is_away()) {
    QP_TRY(txn.erase(kHosts, host));
    return {};
  }
  json record = {{"touched", now.count()},
                 {"failures", state.failures},
                 {"failing_since", state.failing_since.count()},
                 {"retry_at", state.retry_at.count()}};
  if (state.form) {
    record["form"] = kForms[static_cast<std::size_t>(*state.form)];
    record["form_since"] = state.form_since.count();
  }
  return txn.put(kHosts, host, record.dump());
}

Result<std::vector<std::pair<std::string, HostState>>> all_hosts(const store::Txn& txn,
                                                                 Millis now) {
  std::vector<std::pair<std::string, HostState>> all;
  QP_TRY(txn.each(kHosts, "", [&](std::string_view host, std::string_view text) {
    if (auto state = read_state(text, now)) all.emplace_back(host, *state);
    return true;
  }));
  return all;
}

Result<void> sweep_hosts(store::WriteTxn& txn, Millis now) {
  std::vector<std::string> old;
  QP_TRY(txn.each(kHosts, "", [&](std::string_view host, std::string_view text) {
    if (!read_state(text, now)) old.emplace_back(host);
    return true;
  }));
  for (const std::string& host : old) QP_TRY(txn.erase(kHosts, host));
  return {};
}

}  // namespace qp::ap
