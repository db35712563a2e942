#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ap/services.hpp"
#include "base/result.hpp"
#include "sig/sign.hpp"
#include "store/store.hpp"

/// What is remembered of each host that we send to: which signatures it takes, and whether it is
/// away. One row a host, which expires (CVE-2026-69132).
namespace qp::ap {

struct HostState {
  std::optional<sig::Form> form;  ///< that it took; none: not known, or too long ago
  Millis form_since{};
  std::uint32_t failures = 0;  ///< in a row; over 0: the circuit is open until `retry_at`
  Millis failing_since{};
  Millis retry_at{};
  Millis touched{};

  bool is_away() const { return failures > 0; }
  bool operator==(const HostState&) const = default;
};

/// The state, or a fresh one where there is none or it expired.
Result<HostState> find_host(const store::Txn& txn, std::string_view host, Millis now);
/// Writes it with `touched` set to now; a fresh one is erased.
Result<void> put_host(store::WriteTxn& txn, std::string_view host, HostState state, Millis now);
/// All that did not expire, by host.
Result<std::vector<std::pair<std::string, HostState>>> all_hosts(const store::Txn& txn, Millis now);
/// Erases what expired.
Result<void> sweep_hosts(store::WriteTxn& txn, Millis now);

}  // namespace qp::ap
