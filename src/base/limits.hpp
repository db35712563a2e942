#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Size, depth, time and count of everything that comes from outside. spec: security.md 3.3.
namespace qp::limits {

using namespace std::chrono_literals;

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

// A request, as bytes (RFC 9112).
inline constexpr std::size_t kHeadBytes = 16 * kKiB;
inline constexpr std::size_t kHeadFields = 100;
inline constexpr std::size_t kTargetBytes = 8 * kKiB;
inline constexpr std::size_t kBodyBytes = kMiB;
inline constexpr std::size_t kFormBytes = 64 * kKiB;
inline constexpr auto kHeadTime = 10s;
inline constexpr auto kBodyTime = 30s;
inline constexpr std::size_t kBodyBytesPerSecond = kKiB;  // at least, after kBodyGrace
inline constexpr auto kBodyGrace = 5s;
inline constexpr auto kIdleTime = 60s;
inline constexpr auto kWriteTime = 30s;

// Connections and work in flight.
inline constexpr std::size_t kConnections = 8192;
inline constexpr std::size_t kConnectionsPerAddress = 256;
inline constexpr std::size_t kOutputBytes = 64 * kKiB;
inline constexpr std::size_t kQueuedRequests = 1024;
inline constexpr std::size_t kParkedRequests = 256;
inline constexpr std::size_t kParkedPerHost = 4;
inline constexpr auto kParkedTime = 8s;  // in all
inline constexpr int kMostParkings = 3;  // the sender's key, that of a proof, a document

// JSON, before anything is built from it.
inline constexpr std::size_t kJsonDepth = 64;
inline constexpr std::size_t kJsonMembers = 20'000;
inline constexpr std::size_t kJsonStringBytes = 512 * kKiB;
inline constexpr std::size_t kJsonNumberBytes = 64;

// JSON files named on the command line by the one whose machine it is: wider, but not unbounded.
inline constexpr std::size_t kFileJsonMembers = 1'000'000;
inline constexpr std::size_t kFileJsonStringBytes = 64 * kMiB;

// What one document may amount to.
inline constexpr std::size_t kIriBytes = 8 * kKiB;
inline constexpr std::size_t kQuadsPerDocument = 5'000;
inline constexpr std::size_t kBlankNodesPerDocument = 1'000;
/// Canonicalizing: hashes and permutations tried for blank nodes that look alike, and how far they
/// are followed. Some milliseconds of work; real documents need few or none.
inline constexpr std::size_t kCanonicalSteps = 20'000;
inline constexpr std::size_t kCanonicalDepth = 500;
inline constexpr std::size_t kContextDepth = 16;
inline constexpr std::size_t kContextsPerDocument = 32;  // loaded; also those in one array
inline constexpr std::size_t kContextsCompiled = 1'000;  // of one document, seen for the first time
inline constexpr std::size_t kContextTerms = 64;         // of one inline context
inline constexpr std::size_t kFrameDepth = 256;  // of nodes embedded in each other by framing
inline constexpr std::size_t kFramedNodes = 1'000'000;
inline constexpr std::size_t kRecipients = 1'000;
inline constexpr std::size_t kReplyChain = 20;
inline constexpr std::size_t kPageItems = 200;
inline constexpr std::size_t kPageItemsDefault = 20;

// Uploads.
inline constexpr std::size_t kMediaBytes = 8 * kMiB;
inline constexpr std::size_t kMediaPerUser = 256 * kMiB;

// Markup that is shown to people.
inline constexpr std::size_t kHtmlBytes = 128 * kKiB;
inline constexpr std::size_t kHtmlTags = 1'000;
inline constexpr std::size_t kHtmlDepth = 48;

// Going out.
inline constexpr std::size_t kRedirects = 3;
inline constexpr std::size_t kResponseBytes = kMiB;
inline constexpr auto kFetchTime = 10s;
/// In an hour, because of what came from there: whoever sends must not make us flood a third party.
inline constexpr std::uint32_t kFetchesPerHost = 50;
inline constexpr auto kConnectTime = 5s;
inline constexpr auto kKeyCacheTime = 24h;
inline constexpr auto kKeyMissTime = 10min;
inline constexpr auto kKeyRefetchTime = 5min;

// Who may ask how often.
inline constexpr std::uint32_t kInboxPerAddress = 300;   // in 5 minutes
inline constexpr std::uint32_t kInboxPerOrigin = 1'000;  // in 5 minutes
inline constexpr std::uint32_t kProxyPerUser = 300;      // in 5 minutes
inline constexpr std::uint32_t kSignInPerMinute = 10;    // per address and user

// SPARQL, as text.
inline constexpr std::size_t kSparqlBytes = 16 * kMiB;
inline constexpr std::size_t kSparqlDepth = 128;
inline constexpr std::size_t kSparqlElements = 1'000;  // of all its groups
inline constexpr std::size_t kSparqlTriples = 1'000;   // of one pattern
inline constexpr std::size_t kSparqlChain = 1'000;     // operators in a row

// SPARQL, as it runs. The command line may set its own.
inline constexpr auto kSparqlTime = 60s;
inline constexpr std::uint64_t kSparqlRows = 10'000'000;
inline constexpr std::uint64_t kSparqlIntermediate = 1'000'000'000;
inline constexpr std::uint64_t kSparqlMemory = std::uint64_t{1} << 30;
inline constexpr std::uint64_t kSparqlFrontier = 10'000'000;  // nodes that one path reaches
inline constexpr std::uint64_t kSparqlTop = 100'000;  // ORDER BY with LIMIT: kept, not sorted whole
inline constexpr std::size_t kSparqlRegexBytes = 8 * kKiB;
inline constexpr std::size_t kSparqlStringBytes = 16 * kMiB;  // of one string that a function makes

}  // namespace qp::limits
