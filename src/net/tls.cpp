#include "net/tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace qp::net {

namespace {

constexpr std::size_t kRecordBytes = std::size_t{16} * 1024;  // RFC 8446 5.1
constexpr std::string_view kHttp11 = "http/1.1";

/// What OpenSSL complains about; its queue is empty afterwards.
std::string last_complaint() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  std::string text = reason == nullptr ? "no reason given" : reason;
  ERR_clear_error();
  return text;
}

Error cannot_use(std::string_view what, const std::string& file) {
  return error(Code::BadInput,
               "cannot use the " + std::string(what) + " in " + file + ": " + last_complaint());
}

/// RFC 7301 3.2: a client that offers protocols, but not ours, is refused. So nothing that was
/// meant for another service under this certificate ends here.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  for (unsigned int at = 0; at < offered_size; at += 1U + offered[at]) {
    const unsigned char* name = offered + at + 1;
    if (std::string_view(reinterpret_cast<const char*>(name), offered[at]) != kHttp11) continue;
    *chosen = name;
    *chosen_size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// A key behind a password is refused: there is nobody to ask.
int no_password(char*, int, int, void*) { return 0; }

int pipe_read(BIO* bio, char* buffer, int size) {
  auto& in = static_cast<TlsPipe*>(BIO_get_data(bio))->in;
  BIO_clear_retry_flags(bio);
  if (in.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t count = std::min(in.size(), static_cast<std::size_t>(size));
  std::memcpy(buffer, in.data(), count);
  in.remove_prefix(count);
  return static_cast<int>(count);
}

int pipe_write(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  static_cast<TlsPipe*>(BIO_get_data(bio))->out->append(bytes, static_cast<std::size_t>(size));
  return size;
}

long pipe_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* make_pipe_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "quadpub pipe");
  BIO_meth_set_read(method, pipe_read);
  BIO_meth_set_write(method, pipe_write);
  BIO_meth_set_ctrl(method, pipe_control);
  return method;
}

BIO* make_pipe(TlsPipe& pipe) {
  static const BIO_METHOD* const method = make_pipe_method();
  BIO* bio = BIO_new(method);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, &pipe);
  BIO_set_init(bio, 1);
  return bio;
}

void harden(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  // Sessions are in the tickets; nothing of them is kept here.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(context, no_password);
}

}  // namespace

void TlsSession::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsSession::TlsSession(ssl_ctx_st* context) : ssl_(SSL_new(context)) {
  BIO* pipe = make_pipe(pipe_);
  if (!ssl_ || pipe == nullptr) throw std::bad_alloc();
  SSL_set_bio(ssl_.get(), pipe, pipe);
  SSL_set_accept_state(ssl_.get());
}

bool TlsSession::established() const { return SSL_is_init_finished(ssl_.get()) == 1; }

TlsSession::State TlsSession::receive(std::string_view came, std::string& plain, std::string& out) {
  pipe_ = {came, &out};
  std::array<char, kRecordBytes> record;
  while (true) {
    ERR_clear_error();
    const int count = SSL_read(ssl_.get(), record.data(), static_cast<int>(record.size()));
    if (count > 0) {
      plain.append(record.data(), static_cast<std::size_t>(count));
      continue;
    }
    switch (SSL_get_error(ssl_.get(), count)) {
      case SSL_ERROR_WANT_READ:  // all of `came` is taken: what is left of it lies in OpenSSL
        return State::Open;
      case SSL_ERROR_ZERO_RETURN:
        return State::Ended;
      default:
        return State::Broken;
    }
  }
}

void TlsSession::send(std::string_view plain, std::string& out) {
  pipe_ = {{}, &out};
  ERR_clear_error();
  // The pipe takes everything, so that one call writes all records.
  if (!plain.empty()) SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
}

void TlsSession::finish(std::string& out) {
  pipe_ = {{}, &out};
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
}

Result<std::unique_ptr<TlsContext>> TlsContext::load(TlsFiles files) {
  std::unique_ptr<TlsContext> made(new TlsContext(std::move(files)));
  QP_TRY(made->reload());
  return made;
}

Result<TlsContext::Context> TlsContext::read(const TlsFiles& files) {
  Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) return error(Code::Internal, "cannot begin TLS: " + last_complaint());
  harden(context.get());
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1) {
    return cannot_use("certificate", files.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return cannot_use("key", files.key);
  }
  return context;
}

Result<void> TlsContext::reload() {
  Context context = QP_TRY(read(files_));
  const std::lock_guard lock(mutex_);
  context_ = std::move(context);
  return {};
}

std::unique_ptr<TlsSession> TlsContext::accept() {
  const std::lock_guard lock(mutex_);
  return std::unique_ptr<TlsSession>(new TlsSession(context_.get()));
}

}  // namespace qp::net
