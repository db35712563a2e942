#include "ap/discover.hpp"

#include "ap/activity.hpp"
#include "ap/fetch.hpp"
#include "base/text.hpp"
#include "net/peer.hpp"

namespace qp::ap {

namespace {

constexpr std::size_t kJrdBytes = 64 * limits::kKiB;

struct Account {
  std::string user, host;

  std::string text() const { return user + "@" + host; }
  /// Users are compared without case, as most servers do.
  bool is_same(const Account& other) const {
    return text::lower(user) == text::lower(other.user) && host == other.host;
  }
};

Result<Account> read_account(std::string_view text) {
  if (text::lower(text.substr(0, 5)) == "acct:") text.remove_prefix(5);
  if (text.starts_with('@')) text.remove_prefix(1);
  const auto [user, host] = text::split_once(text, '@');
  const bool is_odd = text.find_first_of("/?#\\ \t\r\n%&\"") != std::string_view::npos;
  if (!host || user.empty() || host->empty() || is_odd ||
      host->find('@') != std::string_view::npos) {
    return bad_input("an account is user@host");
  }
  return Account{std::string(user), text::lower(*host)};
}

/// No server of the Internet is asked without TLS; the client refuses to, too.
std::string_view scheme_of(std::string_view host) {
  return net::names_this_machine(host) ? "http://" : "https://";
}

struct Answer {
  Account subject;
  std::string actor;
};

/// What the account's own host says of it.
Result<Answer> ask(const Account& account, const Services& services) {
  net::OutgoingRequest request;
  request.url = std::string(scheme_of(account.host)) + account.host +
                "/.well-known/webfinger?resource=acct:" + account.text();
  request.headers.add("Accept", "application/jrd+json, application/json");
  request.max_bytes = kJrdBytes;
  const auto response = QP_TRY(services.client.send(std::move(request), {}));
  if (response.status == 404 || response.status == 410) {
    return error(Code::NotFound, "nobody is called " + account.text());
  }
  if (response.status != 200) {
    return Error{Code::Network, "webfinger answers " + std::to_string(response.status), {}};
  }
  const auto type = text::lower(
      text::trim(text::split_once(response.headers.get("Content-Type").value_or(""), ';').first));
  if (type != "application/jrd+json" && type != "application/json") {
    return error(Code::Network, "webfinger does not answer with a JRD");
  }
  json::Arena arena;
  const json::Value jrd = QP_TRY(json::parse(response.body, arena));
  Answer answer;
  answer.subject = QP_TRY(read_account(jrd.get("subject").text()));
  for (const json::Value link : jrd.get("links").items()) {
    if (link.get("rel").is("self") && is_activity_type(link.get("type").text())) {
      answer.actor = link.get("href").text();
      break;
    }
  }
  if (answer.actor.empty()) {
    return error(Code::NotFound, account.text() + " is no ActivityPub actor");
  }
  return answer;
}

std::string first(const std::vector<std::string>& values) {
  return values.empty() ? std::string() : values.front();
}

Error disagree(const std::string& what) {
  return error(Code::Unauthenticated, "webfinger: " + what);
}

}  // namespace

Result<Discovered> discover(std::string_view account, const Services& services) {
  const Account asked = QP_TRY(read_account(account));
  Answer answer = QP_TRY(ask(asked, services));
  if (!answer.subject.is_same(asked)) {
    // An alias: the host of the account's real name has the last word.
    const Answer real = QP_TRY(ask(answer.subject, services));
    if (!real.subject.is_same(answer.subject) || real.actor != answer.actor) {
      return disagree("the hosts of " + asked.text() + " do not agree");
    }
    answer = real;
  }
  json::Arena arena;
  const Fetched document = QP_TRY(fetch_resource(answer.actor, services, arena));
  if (document.form.root.value != answer.actor) return disagree("the actor has another id");
  // The other way: FEP-2c59, else the name on the host of its id.
  const std::string own = first(values_in(document.form, answer.actor, webfinger::webfinger.iri));
  const std::string name = first(values_in(document.form, answer.actor, as::preferredUsername.iri));
  const auto named = QP_TRY(read_account(own.empty() ? name + "@" + host_of(answer.actor) : own));
  if (!named.is_same(answer.subject)) {
    const Answer back = QP_TRY(ask(named, services));
    if (!back.subject.is_same(answer.subject) || back.actor != answer.actor) {
      return disagree("the actor is called " + named.text());
    }
  }
  return Discovered{answer.actor, answer.subject.text()};
}

}  // namespace qp::ap
