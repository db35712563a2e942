#include "ap/documents.hpp"

#include "ap/activity.hpp"
#include "ap/fetch.hpp"

namespace qp::ap {

namespace {

constexpr std::size_t kThreads = 6;  // one host may have four of them (kRequestsPerHost)
constexpr std::size_t kMaxKnown = 64;
constexpr Millis kKeptTime{10'000};

}  // namespace

Documents::Documents(Services& services, std::function<void(const std::string&)> on_ready)
    : services_(services),
      by_host_({limits::kFetchesPerHost, std::chrono::hours(1)}),
      fetched_(
          {{"documents", kThreads, kMaxKnown}, kMaxKnown}, services.clock,
          [this](const std::string& key) { return fetch(key); },
          [](const Result<std::string>&) { return kKeptTime; }, std::move(on_ready)) {}

std::optional<Result<std::string>> Documents::take(const std::string& iri,
                                                   const std::string& since) {
  auto found = fetched_.find(key_of(iri, since));
  if (found.state == decltype(fetched_)::State::Full) {
    return Result<std::string>(error(Code::Unavailable, "too much is being fetched; try again"));
  }
  return std::move(found.value);
}

Result<std::string> Documents::fetch(const std::string& key) {
  const auto begin = key.find(' ') + 1;
  const std::string iri = key.substr(begin, key.find(' ', begin) - begin);
  if (by_host_.take(host_of(iri), services_.clock())) {
    return error(Code::Unavailable, "too much was fetched from " + host_of(iri));
  }
  json::Arena arena;
  Fetched fetched = QP_TRY(fetch_resource(iri, services_, arena, Freshness::Fresh));
  if (fetched.form.root.value != iri) {
    return error(Code::Unauthenticated, iri + " is served under another id");
  }
  if (is_tombstone(fetched)) return Error{Code::Gone, iri + " is a Tombstone", {}};
  return std::move(fetched.body);
}

}  // namespace qp::ap
