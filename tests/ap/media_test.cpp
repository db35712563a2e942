#include "ap/media.hpp"

#include <doctest/doctest.h>

#include "ap/tables.hpp"
#include "base/limits.hpp"
#include "fixture.hpp"

using namespace qp::ap;
using qp::store::must;

namespace {

constexpr std::string_view kPng = "\x89PNG\r\n\x1a\nabc";

struct Media : Fixture {
  qp::Result<std::string> add(std::string_view bytes, std::string_view user = "user") {
    std::string name;
    const auto done = store().write([&](qp::store::WriteTxn& txn) -> qp::Result<void> {
      name = QP_TRY(add_media(txn, user, sniff_media(bytes), bytes));
      return {};
    });
    return done ? qp::Result<std::string>(name) : qp::Result<std::string>(done.error());
  }
  void use(std::uint64_t bytes) {
    must(store().write([&](qp::store::WriteTxn& txn) {
      return txn.put(kMediaBytes, "user", std::to_string(bytes));
    }));
  }
  std::uint64_t used() { return must(media_bytes_of(*must(store().read()), "user")); }
  bool has(const std::string& name) {
    return must(find_media(*must(store().read()), name)).has_value();
  }
};

}  // namespace

TEST_CASE("all files of a user may have so many bytes and not one more") {
  Media server;
  server.use(qp::limits::kMediaPerUser - kPng.size());
  REQUIRE(server.add(kPng));
  CHECK(server.used() == qp::limits::kMediaPerUser);
  const auto refused = server.add("x");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == qp::Code::TooLarge);
  CHECK(refused.error().message == "Your files would be more than 256 MiB");
  CHECK(server.used() == qp::limits::kMediaPerUser);
  CHECK(server.add("x", "another user"));
}

TEST_CASE("a file that goes gives its bytes back, once") {
  Media server;
  const std::string name = must(server.add(kPng));
  const std::string other = must(server.add(kPng));
  CHECK(server.used() == 2 * kPng.size());
  must(server.store().write([&](qp::store::WriteTxn& txn) -> qp::Result<void> {
    QP_TRY(attach_media(txn, "http://localhost:8000/objects/1", "user", name));
    QP_TRY(drop_media_of(txn, "http://localhost:8000/objects/2"));
    QP_TRY(drop_media_of(txn, "http://localhost:8000/objects/1"));
    return drop_media_of(txn, "http://localhost:8000/objects/1");
  }));
  CHECK_FALSE(server.has(name));
  CHECK(server.has(other));
  CHECK(server.used() == kPng.size());
}

TEST_CASE("an object has several files; one that is nobody's gives no bytes back") {
  Media server;
  const std::string uploaded = must(server.add(kPng)), shared = must(server.add(kPng));
  const std::string object = "http://localhost:8000/objects/1";
  must(server.store().write([&](qp::store::WriteTxn& txn) -> qp::Result<void> {
    QP_TRY(put_media(txn, "", "brought.png", sniff_media(kPng), kPng));
    QP_TRY(attach_media(txn, object, "user", uploaded));
    QP_TRY(attach_media(txn, object, "user", shared));
    QP_TRY(attach_media(txn, object, "", "brought.png"));
    QP_TRY(detach_media(txn, object, shared));
    return drop_media_of(txn, object);
  }));
  CHECK_FALSE(server.has(uploaded));
  CHECK_FALSE(server.has("brought.png"));
  CHECK(server.has(shared));
  CHECK(server.used() == kPng.size());
}
