#pragma once

#include "base/limits.hpp"

/// Those of the handlers; beside base/limits.hpp, which everything includes.
namespace qp::limits {

/// Who may ask how often, where the configuration says nothing else: in kAskedPeriod.
inline constexpr auto kAskedPeriod = 5min;
inline constexpr std::uint32_t kPostsPerUser = 300'000;  // to outboxes; a disk writes fewer
inline constexpr std::uint32_t kUploadsPerUser = 3'000;
inline constexpr std::uint32_t kActorsPerUser = 300;  // made; each takes a key of 170 ms

// A form of several parts.
inline constexpr std::size_t kFormParts = 16;
inline constexpr std::size_t kPartHeadBytes = 4 * kKiB;
inline constexpr std::size_t kBoundaryBytes = 70;  // RFC 2046 5.1.1

inline constexpr std::size_t kHtmlAttributes = 100;  // of one tag

// Documents about OAuth clients.
inline constexpr std::size_t kClientDocumentBytes = 64 * kKiB;
inline constexpr std::size_t kClientDocumentsWanted = 32;
inline constexpr std::size_t kClientDocumentsKnown = 1'000;
inline constexpr auto kClientDocumentTime = 1h;  // how long one is believed
inline constexpr auto kClientMissTime = 1min;

// A query by HTTP, which shares the machine with others; the command line has more.
inline constexpr auto kWebQueryTime = 10s;
inline constexpr auto kWebUpdateTime = 1s;  // it holds up all writers
inline constexpr std::uint64_t kWebQueryRows = 100'000;
inline constexpr std::uint64_t kWebQueryMemory = 64 * kMiB;
inline constexpr std::size_t kWebAnswerBytes = 16 * kMiB;

// /admin/.
inline constexpr std::size_t kAdminRows = 50;  // on a page
inline constexpr std::size_t kAdminPages = 1'000'000;
inline constexpr std::size_t kReportBytes = 2'000;  // of a report's text, as shown

}  // namespace qp::limits

namespace qp::web {

/// What one address and one user may ask of the server. Counts are of limits::kAskedPeriod, and at
/// least 1.
struct Quotas {
  std::uint32_t inbox_posts = limits::kInboxPerAddress;  ///< per address
  std::uint32_t origin_posts = limits::kInboxPerOrigin;  ///< to inboxes, signed by one server
  std::uint32_t proxied = limits::kProxyPerUser;
  std::uint32_t posts = limits::kPostsPerUser;
  std::uint32_t uploads = limits::kUploadsPerUser;
  std::uint32_t actors = limits::kActorsPerUser;
  std::uint32_t media_mib = limits::kMediaPerUser / limits::kMiB;  ///< all files of a user
};

}  // namespace qp::web
