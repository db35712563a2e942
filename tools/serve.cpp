#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>
#include <utility>

#include "ap/application.hpp"
#include "ap/contexts.hpp"
#include "ap/deliver.hpp"
#include "ap/inbox.hpp"
#include "ap/key_cache.hpp"
#include "ap/outbox.hpp"
#include "ap/synchronize.hpp"
#include "base/log.hpp"
#include "net/caching_client.hpp"
#include "net/client_connection.hpp"
#include "net/peer.hpp"
#include "tools/command.hpp"
#include "web/housekeeper.hpp"
#include "web/inbox_handler.hpp"
#include "web/routes.hpp"

namespace qp::tools {

namespace {

constexpr std::size_t kKeysAhead = 2;
constexpr std::size_t kViewCacheBytes = 8 * limits::kMiB;
/// Most of them wait for their commit at any moment: how many do is how many share one.
constexpr std::size_t kWorkers = 32;

/// What the flags say; empty: the configuration holds.
struct Options {
  std::string url, listen, tls_cert, tls_key;
  std::vector<std::string> allow_private, trusted_proxies;
  std::int64_t delivery_retry_base = 60'000;
  bool insecure = false;
  bool force_filesystem = false;
};

Settings with_flags(Settings settings, const Options& options) {
  if (!options.url.empty()) settings.url = options.url;
  if (!options.listen.empty()) settings.listen = options.listen;
  if (!options.allow_private.empty()) settings.allow_private = options.allow_private;
  if (!options.trusted_proxies.empty()) settings.trusted_proxies = options.trusted_proxies;
  if (!options.tls_cert.empty()) settings.tls_cert = options.tls_cert;
  if (!options.tls_key.empty()) settings.tls_key = options.tls_key;
  return settings;
}

/// What a thread has for its calls, whatever `ulimit -s` says: documents are walked recursively, to
/// a depth that has a limit (security.md 5.7). Memory is taken only where a stack grows into it.
constexpr std::size_t kStackBytes = 8 * limits::kMiB;

/// For all threads that start later.
void set_stack_size() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

/// A connection is a descriptor, and the usual soft limit is 1,024: up to what the hard one allows.
void raise_descriptor_limit() {
  constexpr rlim_t kWanted = limits::kConnections + 1024;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kWanted) return;
  limit.rlim_cur = std::min(kWanted, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < kWanted) {
    log::warning("few_file_descriptors", {log::field("limit", limit.rlim_cur)});
  }
}

/// These signals are waited for by `serve` alone: every thread that starts later inherits that they
/// are blocked.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

/// One server at a time on a data folder: two would each deliver what is queued. The commands that
/// work beside a server do not ask for it.
class ServerLock {
 public:
  static Result<ServerLock> take(const std::filesystem::path& data) {
    const std::filesystem::path file = data / "serve.lock";
    ServerLock lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (lock.file_ < 0) return bad_input(file.string() + ": " + std::strerror(errno));
    if (::flock(lock.file_, LOCK_EX | LOCK_NB) == 0) return lock;
    return error(Code::Conflict, "another server runs on " + data.string());
  }
  ~ServerLock() {
    if (file_ >= 0) ::close(file_);
  }
  ServerLock(ServerLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  ServerLock& operator=(ServerLock&&) = delete;

 private:
  explicit ServerLock(int file) : file_(file) {}
  int file_;
};

/// The store to serve. With a URL it is made where it is missing, and so is the domain.
Result<std::unique_ptr<store::Store>> prepare_store(const Settings& settings,
                                                    const Options& options) {
  const StoreUse use{options.force_filesystem, settings.read_time};
  if (settings.url.empty()) return open_store(settings, use);
  const ap::Domain domain = QP_TRY(ap::parse_domain(settings.url, options.insecure));
  std::unique_ptr<store::Store> store = QP_TRY(create_store(settings, use));
  QP_TRY(store->write([&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(ap::add_domain(txn, domain));
    return {};
  }));
  return store;
}

/// Strangers must not be asked for anything with a library that their answer can crash; what runs
/// on one machine, to try that build, may.
Result<void> check_library(const ap::Domain& domain) {
  if (net::bounds_lines() || net::names_this_machine(domain.host)) return {};
  return error(Code::Unavailable,
               "this quadpub was built with Debian's cpp-httplib 0.11.4, which any server on the "
               "net can crash: run tools/setup and build with QUADPUB_HTTPLIB=fetched");
}

/// `http://a.example http://b.example`
Result<std::string> shown_domains(store::Store& store) {
  const std::unique_ptr<store::Txn> txn = QP_TRY(store.read());
  std::string shown;
  for (const ap::Domain& domain : QP_TRY(ap::domains(*txn))) {
    QP_TRY(check_library(domain));
    shown += (shown.empty() ? "" : " ") + domain.url;
  }
  if (shown.empty()) {
    return bad_input("there is no domain yet: quadpub init --url URL, or serve --url URL");
  }
  return shown;
}

net::ServerOptions server_options(const Settings& settings, const Endpoint& endpoint) {
  net::ServerOptions options;
  options.host = endpoint.host;
  options.port = endpoint.port;
  options.trusted_proxies = settings.trusted_proxies;
  options.workers = kWorkers;
  options.body_limit = web::body_limit;
  options.tls = {settings.tls_cert, settings.tls_key};
  return options;
}

web::Config web_config(const Settings& settings) {
  web::Config config;
  config.software_name = settings.software_name;
  config.software_version = settings.software_version;
  config.metrics_public = settings.metrics_public;
  config.allow_private = settings.allow_private;
  config.allowed = net::AddressGuard(settings.allow_private);
  config.quotas = settings.quotas;
  return config;
}

/// All the parts of a running server. They are built in the order in which they need one another,
/// and stopped from the outside in: no more requests, then no more deliveries and fetches.
class Running {
 public:
  Running(const Settings& settings, const Options& options, std::unique_ptr<store::Store> store)
      : store_(std::move(store)),
        client_(
            net::Client::make({settings.allow_private, "quadpub/" + settings.software_version})),
        cache_(*client_, system_now),
        services_{*store_, contexts_,  ap::context_loader(bundled_loader(), *store_),
                  cache_,  system_now, Millis(options.delivery_retry_base)},
        delivery_(services_),
        keys_(services_, [this](const std::string& key_id) { server_->resume(key_id); }),
        proxy_(services_, [this](const std::string& key) { server_->resume(key); }),
        documents_(services_, [this](const std::string& key) { server_->resume(key); }),
        synchronizer_(services_, [this] { delivery_.wake(); }),
        outbox_(services_, [this] { delivery_.wake(); }),
        inbox_(services_, keys_, documents_,
               {[this] { delivery_.wake(); },
                [this](std::string_view host) { delivery_.heard_from(host); },
                [this](std::string_view field, const std::string& actor, const ap::Domain& domain) {
                  synchronizer_.heed(field, actor, domain);
                },
                [this](const net::Request& request, const std::string& origin) {
                  return web::may_send(context_, request, origin);
                }}),
        domains_(*store_, system_now),
        key_pool_(kKeysAhead),
        client_documents_(*client_, system_now,
                          [this](const std::string& client_id) { server_->resume(client_id); }),
        limiters_(settings.quotas),
        sign_in_limiter_(oauth::kSignInRate),
        account_limiter_(oauth::kAccountRate),
        context_{*store_,
                 services_,
                 outbox_,
                 inbox_,
                 keys_,
                 proxy_,
                 domains_,
                 key_pool_,
                 client_documents_,
                 history_,
                 limiters_,
                 {*store_, sign_in_limiter_, account_limiter_, password_slots_, {}},
                 {contexts_, services_.loader},
                 views_,
                 system_now,
                 web_config(settings)},
        routes_(context_, settings.sparql),
        housekeeper_(context_) {
    context_.oauth.settings.password_grant = settings.password_grant;
    context_.oauth.settings.registration = settings.registration;
    context_.delivery = &delivery_;
  }

  /// Listens and starts all threads.
  Result<void> start(net::ServerOptions options) {
    QP_TRY(prepare_applications());
    options.reuse = {web::reuse_key, [this] { return store_->generation(); }};
    server_ = QP_TRY(net::Server::listen(
        std::move(options), [this](const net::Request& request) { return routes_.where(request); },
        [this](const net::Request& request, net::Response& response, int attempt) {
          routes_.handle(request, response, attempt);
        }));
    context_.server = server_.get();
    key_pool_.start();
    delivery_.start();
    server_->start();
    housekeeper_.start();
    return {};
  }

  void stop() {
    housekeeper_.stop();
    server_->stop();
    delivery_.stop();
    keys_.stop();
    client_documents_.stop();
    proxy_.stop();
    documents_.stop();
    synchronizer_.stop();
    key_pool_.stop();
  }

  void reload_certificate() {
    if (const Result<void> done = server_->reload_certificate(); !done) {
      log::error("certificate_not_reloaded", {log::field("detail", done.error().detail)});
    } else {
      log::info("certificate_reloaded");
    }
  }

  /// As `quadpub compact` does; requests go on meanwhile, writes wait.
  void compact() {
    const Result<store::SweepReport> swept = store_->sweep();
    const Result<void> done = swept ? store_->compact() : Result<void>(swept.error());
    if (!done) {
      log::error("store_not_compacted", {log::field("detail", done.error().detail)});
    } else {
      log::info("store_compacted", {log::field("terms_removed", swept->removed)});
    }
  }

  std::uint16_t port() const { return server_->port(); }

 private:
  /// The actor of each domain that signs fetches; the first domain's signs ours.
  Result<void> prepare_applications() {
    std::vector<ap::Domain> domains;
    {
      const std::unique_ptr<store::Txn> txn = QP_TRY(store_->read());
      domains = QP_TRY(ap::domains(*txn));
    }
    for (const ap::Domain& domain : domains) QP_TRY(ap::ensure_application(domain, services_));
    if (!domains.empty()) {
      services_.sign_fetch = ap::application_signer(domains.front(), services_);
    }
    return {};
  }

  std::unique_ptr<store::Store> store_;
  jsonld::ContextCache contexts_;
  std::unique_ptr<net::Client> client_;
  net::CachingClient cache_;
  ap::Services services_;
  std::unique_ptr<net::Server> server_;
  ap::Delivery delivery_;
  ap::KeyCache keys_;
  ap::Proxy proxy_;
  ap::Documents documents_;
  ap::Synchronizer synchronizer_;
  ap::Outbox outbox_;
  ap::Inbox inbox_;
  web::Domains domains_;
  web::KeyPool key_pool_;
  web::ClientDocuments client_documents_;
  web::History history_;
  view::Cache views_{kViewCacheBytes};
  web::Limiters limiters_;
  RateLimiter sign_in_limiter_;
  RateLimiter account_limiter_;
  oauth::PasswordSlots password_slots_;
  web::Context context_;
  web::Routes routes_;
  web::Housekeeper housekeeper_;
};

std::string shown_address(const Settings& settings, const Endpoint& endpoint, std::uint16_t port) {
  const bool is_ipv6 = endpoint.host.find(':') != std::string::npos;
  const std::string scheme = settings.tls_cert.empty() ? "http://" : "https://";
  return scheme + (is_ipv6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" +
         std::to_string(port);
}

Result<void> serve(const Invocation& invocation, const Options& options) {
  const Settings settings = with_flags(invocation.settings, options);
  log::configure(settings.log_level, settings.log_as_text);
  const std::optional<Endpoint> endpoint = parse_endpoint(settings.listen);
  if (!endpoint) return bad_input("--listen is HOST:PORT, not " + settings.listen);
  if (settings.tls_cert.empty() != settings.tls_key.empty()) {
    return bad_input("TLS needs both --tls-cert and --tls-key");
  }
  const sigset_t signals = block_signals();
  set_stack_size();
  raise_descriptor_limit();

  std::unique_ptr<store::Store> store = QP_TRY(prepare_store(settings, options));
  const ServerLock lock = QP_TRY(ServerLock::take(settings.data));
  const std::string domains = QP_TRY(shown_domains(*store));
  Running running(settings, options, std::move(store));
  QP_TRY(running.start(server_options(settings, *endpoint)));
  std::cout << "quadpub serves " << domains << ", listening on "
            << shown_address(settings, *endpoint, running.port()) << std::endl;

  int signal = 0;
  // SIGHUP says that the certificate is new, or that the terminal was closed.
  const bool has_certificate = !settings.tls_cert.empty();
  const bool at_terminal = isatty(STDIN_FILENO) == 1;
  const auto goes_on = [&] {
    return signal == SIGUSR1 || (signal == SIGHUP && (has_certificate || !at_terminal));
  };
  while (sigwait(&signals, &signal) == 0 && goes_on()) {
    if (signal == SIGUSR1) {
      running.compact();
    } else if (has_certificate) {
      running.reload_certificate();
    }
  }
  log::info("stopping", {log::field("signal", signal)});
  running.stop();
  return {};
}

/// What makes an argument a usage error.
CLI::Validator accepting(bool (*is_good)(const std::string& text), const char* problem) {
  return CLI::Validator(
      [is_good, problem](const std::string& text) {
        return is_good(text) ? std::string() : text + " is " + problem;
      },
      "");
}

}  // namespace

void add_serve(CLI::App& app, Selected& selected) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("serve", "Run the server until SIGTERM");
  command->add_option("--url", options->url, "A domain to add where it is missing")
      ->envname("QUADPUB_URL");
  command->add_option("--listen", options->listen, "HOST:PORT; port 0 takes any free one")
      ->envname("QUADPUB_LISTEN")
      ->check(accepting([](const std::string& text) { return parse_endpoint(text).has_value(); },
                        "not HOST:PORT"));
  command->add_option("--allow-private", options->allow_private,
                      "A private address that may be reached, and that no limit counts");
  command
      ->add_option("--trusted-proxy", options->trusted_proxies,
                   "An address whose X-Forwarded-For counts")
      ->check(accepting(is_address, "not an address"));
  command->add_option("--tls-cert", options->tls_cert,
                      "PEM file with the certificate and its chain: serve https");
  command->add_option("--tls-key", options->tls_key, "PEM file with the key of that certificate");
  command
      ->add_option("--delivery-retry-base", options->delivery_retry_base,
                   "Milliseconds before the first retry; doubles")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{86'400'000}));
  command->add_flag("--insecure", options->insecure,
                    "Allow --url with plain http on other than loopback");
  command->add_flag("--force-filesystem", options->force_filesystem,
                    "Open the store even on a network file system");
  command->callback([&selected, options] {
    selected.run = [options](const Invocation& invocation) { return serve(invocation, *options); };
  });
}

}  // namespace qp::tools
