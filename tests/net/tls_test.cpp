#include "net/tls.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

using namespace qp::net;
using State = TlsSession::State;

namespace {

/// A folder with a certificate of its own making, for localhost.
class Files {
 public:
  Files() : folder_("/tmp/qp-tls-test-XXXXXX") {
    REQUIRE(mkdtemp(folder_.data()) != nullptr);
    renew();
  }
  ~Files() { std::filesystem::remove_all(folder_); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  void renew() const {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                  EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    REQUIRE(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
    const auto write = [](const std::string& path, auto action) {
      const std::unique_ptr<FILE, decltype(&std::fclose)> file(std::fopen(path.c_str(), "w"),
                                                               std::fclose);
      REQUIRE(action(file.get()) == 1);
    };
    write(names().certificate, [&](FILE* f) { return PEM_write_X509(f, certificate.get()); });
    write(names().key, [&](FILE* f) {
      return PEM_write_PrivateKey(f, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  void spoil() const { std::ofstream(names().certificate) << "nonsense"; }
  TlsFiles names() const { return {folder_ + "/cert.pem", folder_ + "/key.pem"}; }

 private:
  std::string folder_;
  mutable long serial_ = 0;
};

/// The other side: OpenSSL over memory.
class Client {
 public:
  explicit Client(int most = TLS1_3_VERSION, const std::string& protocols = "")
      : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    SSL_CTX_set_security_level(context_.get(), 0);  // lets it offer what is out of date
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), most);
    if (!protocols.empty()) {
      SSL_CTX_set_alpn_protos(context_.get(),
                              reinterpret_cast<const unsigned char*>(protocols.data()),
                              static_cast<unsigned>(protocols.size()));
    }
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
  }

  /// Shakes hands in pieces of `piece` bytes; the state of the server's side at the end.
  State shake_hands(TlsSession& server, std::size_t piece = 100'000) {
    State state = State::Open;
    for (int i = 0; i < 6 && state == State::Open; ++i) {
      SSL_do_handshake(ssl_.get());
      state = pass(server, piece);
    }
    return state;
  }
  bool established() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  void write(const std::string& text) {
    SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
  }
  void close() { SSL_shutdown(ssl_.get()); }
  std::string read() {
    std::string all(200'000, '\0');
    std::size_t size = 0;
    int count = 0;
    while ((count = SSL_read(ssl_.get(), all.data() + size, 100'000)) > 0) size += count;
    all.resize(size);
    return all;
  }
  bool was_closed() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  long serial() const {
    const std::unique_ptr<X509, decltype(&X509_free)> seen(SSL_get1_peer_certificate(ssl_.get()),
                                                           X509_free);
    return ASN1_INTEGER_get(X509_get_serialNumber(seen.get()));
  }

  /// What the client has to say goes to the server, and its answer back.
  State pass(TlsSession& server, std::size_t piece = 100'000) {
    char bytes[100'000];
    const int count = BIO_read(SSL_get_wbio(ssl_.get()), bytes, sizeof(bytes));
    std::string_view rest(bytes, count > 0 ? static_cast<std::size_t>(count) : 0);
    State state = State::Open;
    while (!rest.empty() && state == State::Open) {
      state = server.receive(rest.substr(0, piece), plain, out);
      rest.remove_prefix(std::min(piece, rest.size()));
    }
    deliver();
    return state;
  }
  void deliver() {
    BIO_write(SSL_get_rbio(ssl_.get()), out.data(), static_cast<int>(out.size()));
    out.clear();
  }

  std::string plain, out;

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace

TEST_CASE("TLS: a request and its answer pass, whatever the pieces") {
  const Files files;
  const auto context = TlsContext::load(files.names());
  REQUIRE(context);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{700}, std::size_t{100'000}}) {
      const auto server = (*context)->accept();
      Client client(version);
      CHECK(client.shake_hands(*server, piece) == State::Open);
      REQUIRE(client.established());
      CHECK(server->established());
      client.write("GET / HTTP/1.1\r\n\r\n");
      CHECK(client.pass(*server, piece) == State::Open);
      CHECK(client.plain == "GET / HTTP/1.1\r\n\r\n");
      const std::string answer(100'000, 'x');
      server->send(answer, client.out);
      server->finish(client.out);
      client.deliver();
      CHECK(client.read() == answer);
      CHECK(client.was_closed());
    }
  }
}

TEST_CASE("TLS: what came before the closing alert is still given") {
  const Files files;
  const auto context = TlsContext::load(files.names());
  const auto server = (*context)->accept();
  Client client;
  client.shake_hands(*server);
  client.write("last words");
  client.close();
  CHECK(client.pass(*server) == State::Ended);
  CHECK(client.plain == "last words");
}

TEST_CASE("TLS: versions before 1.2 are refused with an alert") {
  const Files files;
  const auto context = TlsContext::load(files.names());
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    const auto server = (*context)->accept();
    Client client(version);
    CHECK(client.shake_hands(*server) == State::Broken);
    CHECK_FALSE(client.established());
    CHECK_FALSE(server->established());
  }
}

TEST_CASE("TLS: http/1.1 is chosen where it is offered, and nothing else is spoken") {
  const Files files;
  const auto context = TlsContext::load(files.names());
  const auto server = (*context)->accept();
  Client both(TLS1_3_VERSION, std::string("\x02h2\x08http/1.1"));
  CHECK(both.shake_hands(*server) == State::Open);
  CHECK(both.protocol() == "http/1.1");
  const auto other = (*context)->accept();
  Client other_client(TLS1_3_VERSION, std::string("\x04smtp"));
  CHECK(other_client.shake_hands(*other) == State::Broken);
}

TEST_CASE("TLS: what is no handshake breaks the connection") {
  const Files files;
  const auto context = TlsContext::load(files.names());
  std::string plain, out;
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(1000, '\0'),
        std::string("\x16\x03\x01\xff\xff", 5) + std::string(70'000, 'x'),
        std::string("\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff", 10)}) {
    const auto server = (*context)->accept();
    const State state = server->receive(bytes, plain, out);
    CHECK((state == State::Broken || bytes.size() == 10));
    CHECK(plain.empty());
    CHECK_FALSE(server->established());
  }
}

TEST_CASE("TLS: bytes that were changed on the way break the connection and are not given") {
  const Files files;
  const auto context = TlsContext::load(files.names());
  const auto server = (*context)->accept();
  Client client;
  client.shake_hands(*server);
  std::string record("\x17\x03\x03\x00\x40", 5);
  record += std::string(64, 'x');
  CHECK(server->receive(record, client.plain, client.out) == State::Broken);
  CHECK(client.plain.empty());
}

TEST_CASE("TLS: a reload is for new connections, and a bad one for none") {
  const Files files;
  const auto context = TlsContext::load(files.names());
  const auto before = (*context)->accept();
  Client old;
  old.shake_hands(*before);
  CHECK(old.serial() == 1);

  files.renew();
  REQUIRE((*context)->reload());
  old.write("still here");
  CHECK(old.pass(*before) == State::Open);
  CHECK(old.plain == "still here");
  const auto after = (*context)->accept();
  Client fresh;
  fresh.shake_hands(*after);
  CHECK(fresh.serial() == 2);

  files.spoil();
  CHECK_FALSE((*context)->reload());
  const auto again = (*context)->accept();
  Client unchanged;
  unchanged.shake_hands(*again);
  CHECK(unchanged.serial() == 2);
}

TEST_CASE("TLS: files that are none are said to be") {
  const Files files;
  auto names = files.names();
  names.key = names.certificate;
  CHECK_FALSE(TlsContext::load(names));
  names.key = "/nowhere";
  CHECK_FALSE(TlsContext::load(names));
  const Files others;
  names.key = others.names().key;  // a key, but not of this certificate
  CHECK_FALSE(TlsContext::load(names));
}
