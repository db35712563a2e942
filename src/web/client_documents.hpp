#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/mutex.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/client.hpp"
#include "oauth/client_document.hpp"

namespace qp::web {

/// Clients whose id is the address of a document about them, fetched through the guarded client on
/// threads of their own and kept in memory for a while. Whoever needs one that is not there yet
/// parks under the client's id until `on_ready` is called with it. Any thread.
class ClientDocuments {
 public:
  ClientDocuments(net::Client& client, Clock clock,
                  std::function<void(const std::string& client_id)> on_ready);
  ~ClientDocuments() { stop(); }
  ClientDocuments(const ClientDocuments&) = delete;
  ClientDocuments& operator=(const ClientDocuments&) = delete;

  enum class State { Known, Fetching, Failed };
  struct Lookup {
    State state;
    std::optional<oauth::Client> client;  ///< when Known
    std::string problem;                  ///< when Failed: for the person in front of the browser
  };
  /// Starts a fetch where nothing recent is known. Never blocks. `client_id`: one for which
  /// oauth::names_document holds.
  Lookup find(const std::string& client_id);

  void start();
  void stop();

 private:
  struct Entry {
    Lookup lookup;
    Millis since{};
  };
  void run();
  Lookup fetch(const std::string& client_id) const;

  net::Client& client_;
  const Clock clock_;
  const std::function<void(const std::string&)> on_ready_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::unordered_map<std::string, Entry> known_ GUARDED_BY(mutex_);
  std::deque<std::string> wanted_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace qp::web
