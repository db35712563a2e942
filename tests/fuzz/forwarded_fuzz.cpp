// libFuzzer target: whatever X-Forwarded-For says, the client has an address that can be read, and
// only a trusted proxy that names a loopback address makes it local.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/peer.hpp"

using namespace qp::net;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const TrustedProxies proxies({"10.0.0.1", "127.0.0.1"});
  for (const char* from : {"10.0.0.1", "127.0.0.1", "9.9.9.9"}) {
    const Peer connection = *Peer::parse(from);
    Request request;
    request.headers.add("X-Forwarded-For", text);
    proxies.name_client(connection, request);
    const auto client = Peer::parse(request.peer);
    if (!client || (request.loopback && !client->loopback)) std::abort();
    if (!proxies.contains(connection) && request.peer != from) std::abort();
  }
  return 0;
}
