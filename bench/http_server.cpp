// What http.py drives: the server with a handler that looks up 1.5 KB in memory.
//   http_server PORT inline|pool
#include <csignal>
#include <cstdio>
#include <string>
#include <unordered_map>

#include "net/server.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const bool pool = std::string_view(argv[2]) == "pool";
  const std::unordered_map<std::string, std::string> rendered{{"/actor", std::string(1500, 'x')}};

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  qp::net::ServerOptions options;
  options.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  auto server = qp::net::Server::listen(
      options,
      [pool](const qp::net::Request&) {
        return pool ? qp::net::Where::Pool : qp::net::Where::Inline;
      },
      [&](const qp::net::Request& request, qp::net::Response& response, int) {
        const auto found = rendered.find(request.path);
        if (found == rendered.end()) {
          response.status = 404;
          return;
        }
        response.headers.add("Content-Type", "application/activity+json");
        response.headers.add("ETag", "\"0123456789abcdef\"");
        response.headers.add("Vary", "Accept");
        response.body = found->second;
      });
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().detail.c_str());
    return 1;
  }
  (*server)->start();
  int signal = 0;
  sigwait(&signals, &signal);
  (*server)->stop();
}
