// libFuzzer target: whatever the bytes, cutting them differently gives the same requests.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "net/framer.hpp"

using qp::net::Framer;

namespace {

std::vector<std::string> frames(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> found;
  Framer framer;
  std::string buffer;
  while (!bytes.empty()) {
    const std::string_view next = bytes.substr(0, piece);
    bytes.remove_prefix(next.size());
    buffer += next;
    while (!buffer.empty()) {
      const Framer::Step step = framer.feed(buffer);
      if (step.consumed > buffer.size()) std::abort();
      buffer.erase(0, step.consumed);
      if (step.state == Framer::State::NeedMore) break;
      if (step.state == Framer::State::Failed) {
        found.push_back(std::to_string(framer.status()));
        return found;
      }
      const auto request = framer.take().request;
      if (request.path.find('\0') != std::string::npos) std::abort();
      found.push_back(request.method + ' ' + request.target + '\n' + request.body);
    }
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = frames(bytes, std::string_view::npos);
  if (frames(bytes, 1) != whole || frames(bytes, 13) != whole) std::abort();
  return 0;
}
