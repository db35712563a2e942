#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/client.hpp"
#include "net/lookups.hpp"
#include "oauth/client_document.hpp"

namespace qp::web {

/// Clients whose id is the address of a document about them, fetched through the guarded client on
/// threads of their own and kept in memory for a while. Whoever needs one that is not there yet
/// parks under the client's id until `on_ready` is called with it. Any thread.
class ClientDocuments {
 public:
  ClientDocuments(net::Client& client, const Clock& clock,
                  std::function<void(const std::string& client_id)> on_ready);

  enum class State { Known, Fetching, Failed };
  struct Lookup {
    State state;
    std::optional<oauth::Client> client;  ///< when Known
    std::string problem;                  ///< when Failed: for the person in front of the browser
  };
  /// Starts a fetch where nothing recent is known. Never blocks. `client_id`: one for which
  /// oauth::names_document holds.
  Lookup find(const std::string& client_id);

  void stop() { documents_.stop(); }

 private:
  net::Lookups<Lookup> documents_;
};

}  // namespace qp::web
