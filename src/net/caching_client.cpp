#include "net/caching_client.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace qp::net {

namespace {

constexpr std::size_t kEntries = 512;
constexpr std::size_t kBytes = 8 * limits::kMiB;
constexpr std::size_t kEntryBytes = 256 * limits::kKiB;
/// Longer than that nobody's word is believed: actors change their keys.
constexpr auto kLongest = std::chrono::hours(24);

/// The directives that matter here (RFC 9111 5.2).
struct Control {
  bool no_store = false;
  bool no_cache = false;
  std::optional<Millis> max_age;
};

Control read_control(const Headers& headers) {
  Control control;
  const std::string field = headers.joined("Cache-Control");
  for (const auto item : text::split(field, ',')) {
    const auto [name, value] = text::split_once(text::trim(item), '=');
    const std::string directive = text::lower(text::trim(name));
    control.no_store = control.no_store || directive == "no-store";
    control.no_cache = control.no_cache || directive == "no-cache";
    if (directive != "max-age" || !value) continue;
    std::string_view digits = text::trim(*value);
    if (digits.starts_with('"') && digits.ends_with('"') && digits.size() > 1) {
      digits = digits.substr(1, digits.size() - 2);
    }
    const std::uint64_t seconds = text::to_uint(digits).value_or(0);
    control.max_age = std::chrono::seconds(
        std::min<std::uint64_t>(seconds, std::chrono::seconds(kLongest).count()));
  }
  return control;
}

/// 4.2.1, 4.2.3: how long from now; zero where it has to be asked for again.
Millis freshness(const Headers& headers, Millis now) {
  const Control control = read_control(headers);
  if (control.no_cache) return {};
  Millis lifetime{};
  if (control.max_age) {
    lifetime = *control.max_age;
  } else if (const auto expires = headers.get("Expires")) {
    const auto date = time::from_http_date(headers.get("Date").value_or(""));
    const auto until = time::from_http_date(*expires);
    if (until) lifetime = std::min<Millis>(*until - date.value_or(now), kLongest);
  }
  const auto age = text::to_uint(headers.get("Age").value_or("0")).value_or(0);
  const auto age_most = std::min<std::uint64_t>(age, std::chrono::seconds(kLongest).count());
  return std::max<Millis>(Millis(0), lifetime - std::chrono::seconds(age_most));
}

/// 4.1, for the one field that differs between our requests. Some servers answer with what they
/// would negotiate in general; only Accept, and what we never send, leave the answer the same.
bool varies_only_by_accept(const Headers& headers) {
  const std::string field = headers.joined("Vary");
  for (const auto item : text::split(field, ',')) {
    const std::string name = text::lower(text::trim(item));
    if (!name.empty() && name != "accept" && name != "accept-encoding" && name != "origin" &&
        name != "cookie" && name != "accept-language") {
      return false;
    }
  }
  return true;
}

/// 5.2.1.5: `no-store` in the request is for what is asked in somebody's own name.
bool is_cacheable(const OutgoingRequest& request) {
  return request.method == "GET" && !request.headers.get("Authorization") &&
         !request.headers.get("Range") && !read_control(request.headers).no_store;
}

std::string accept_of(const OutgoingRequest& request) {
  return std::string(request.headers.get("Accept").value_or(""));
}

std::size_t size_of(const IncomingResponse& response) {
  std::size_t size = response.body.size() + response.url.size();
  for (const auto& [name, value] : response.headers.lines()) size += name.size() + value.size();
  return size;
}

}  // namespace

Result<IncomingResponse> CachingClient::send(OutgoingRequest request, const Prepare& prepare) {
  if (!is_cacheable(request)) {
    // 4.4: a successful unsafe request makes what is known of its target stale.
    if (request.method != "GET") drop(request.url);
    return client_.send(std::move(request), prepare);
  }
  const bool wants_fresh = read_control(request.headers).no_cache;
  auto kept = find(request);
  if (kept && !wants_fresh && clock_() < kept->fresh_until) return std::move(kept->response);
  const OutgoingRequest asked = request;
  // 4.3: the whole answer is not needed where it is the same.
  const auto etag = kept ? kept->response.headers.get("ETag") : std::nullopt;
  if (etag) request.headers.set("If-None-Match", std::string(*etag));
  auto response = client_.send(std::move(request), prepare);
  if (!response) return response;
  if (response->status == 304 && kept) {
    IncomingResponse whole = std::move(kept->response);
    for (const auto* name : {"Cache-Control", "Expires", "Date", "ETag", "Age", "Vary"}) {
      if (const auto value = response->headers.get(name)) {
        whole.headers.set(name, std::string(*value));
      }
    }
    keep(asked, whole);
    return whole;
  }
  keep(asked, *response);
  return response;
}

std::optional<CachingClient::Entry> CachingClient::find(const OutgoingRequest& request) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(request.url);
  if (found == entries_.end() || found->second.accept != accept_of(request)) return std::nullopt;
  order_.splice(order_.end(), order_, found->second.order);
  return found->second;
}

void CachingClient::keep(const OutgoingRequest& request, const IncomingResponse& response) {
  const Millis now = clock_();
  const Millis fresh = freshness(response.headers, now);
  const bool may_keep =
      response.status == 200 && response.url == request.url &&
      !read_control(response.headers).no_store && varies_only_by_accept(response.headers) &&
      size_of(response) <= kEntryBytes && (fresh.count() > 0 || response.headers.get("ETag"));
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(request.url); found != entries_.end()) erase(found);
  if (!may_keep) return;
  bytes_ += size_of(response);
  while (!order_.empty() && (entries_.size() >= kEntries || bytes_ > kBytes)) {
    erase(entries_.find(order_.front()));
  }
  order_.push_back(request.url);
  entries_[request.url] = Entry{response, accept_of(request), now + fresh, std::prev(order_.end())};
}

void CachingClient::drop(const std::string& url) {
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(url); found != entries_.end()) erase(found);
}

void CachingClient::erase(std::map<std::string, Entry>::iterator entry) {
  bytes_ -= size_of(entry->second.response);
  order_.erase(entry->second.order);
  entries_.erase(entry);
}

}  // namespace qp::net
