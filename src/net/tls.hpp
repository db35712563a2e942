#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/mutex.hpp"
#include "base/result.hpp"

// OpenSSL's names for them: its headers stay in tls.cpp.
struct ssl_st;
struct ssl_ctx_st;

namespace qp::net {

/// PEM files. The certificate's comes first in its file, then those that lead to the root.
struct TlsFiles {
  std::string certificate, key;
};

/// What OpenSSL reads from and writes to, while a call lasts.
struct TlsPipe {
  std::string_view in;
  std::string* out = nullptr;
};

/// The server's side of TLS on one connection, from bytes to bytes: it touches no socket, so that
/// the loop moves ciphertext exactly as it moves plain text, and nothing here ever waits.
///
/// Between two records it keeps neither of OpenSSL's buffers (17 KB each).
class TlsSession {
 public:
  enum class State : std::uint8_t {
    Open,
    Ended,   ///< the peer says that it sends no more
    Broken,  ///< not TLS, or not ours: send what is in `out` and close
  };
  /// Takes all of `came`: plaintext is appended to `plain`, and what the handshake has to say, or
  /// the alert, to `out`.
  State receive(std::string_view came, std::string& plain, std::string& out);
  /// Appends the records of `plain` to `out`. Only once established.
  void send(std::string_view plain, std::string& out);
  /// Appends the closing alert, by which the peer knows that nothing was cut off.
  void finish(std::string& out);
  bool established() const;

  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

 private:
  friend class TlsContext;
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  explicit TlsSession(ssl_ctx_st* context);

  TlsPipe pipe_;
  std::unique_ptr<ssl_st, Free> ssl_;
};

/// The server's certificate. TLS 1.2 and 1.3, HTTP/1.1 by ALPN, no renegotiation. Any thread.
class TlsContext {
 public:
  /// BadInput where the files are no certificate with its key.
  static Result<std::unique_ptr<TlsContext>> load(TlsFiles files);

  /// Reads the files again for the connections that come; those that are there go on as they were.
  /// Where the files are no good the old certificate stays.
  Result<void> reload();
  std::unique_ptr<TlsSession> accept();

 private:
  using Context = std::shared_ptr<ssl_ctx_st>;
  explicit TlsContext(TlsFiles files) : files_(std::move(files)) {}
  static Result<Context> read(const TlsFiles& files);

  const TlsFiles files_;
  std::mutex mutex_;
  Context context_ GUARDED_BY(mutex_);
};

}  // namespace qp::net
