#include "web/domains.hpp"

#include <doctest/doctest.h>

#include "../store/temporary_store.hpp"

using namespace qp;

TEST_CASE("a domain is found with its scheme's own port, and with no other") {
  const store::TemporaryFolder folder;
  const auto store = store::must(store::Store::open({.folder = folder.path()}));
  store::must(store->write([&](store::WriteTxn& txn) -> Result<void> {
    for (const char* url :
         {"https://a.example", "https://b.example:443/", "http://localhost:80", "http://[::1]"}) {
      QP_TRY(ap::add_domain(txn, QP_TRY(ap::parse_domain(url))));
    }
    return {};
  }));
  web::Domains domains(*store, [] { return Millis(0); });
  const auto url_of = [&](const char* host) {
    const ap::Domain* found = domains.find(host);
    return found ? found->url : std::string();
  };
  CHECK(url_of("a.example") == "https://a.example");
  CHECK(url_of("A.example:443") == "https://a.example");
  CHECK(url_of("a.example:80").empty());
  CHECK(url_of("a.example:8443").empty());
  CHECK(url_of("b.example") == "https://b.example");
  CHECK(url_of("b.example:443") == "https://b.example");
  CHECK(url_of("localhost") == "http://localhost");
  CHECK(url_of("localhost:80") == "http://localhost");
  CHECK(url_of("localhost:443").empty());
  CHECK(url_of("[::1]:80") == "http://[::1]");
}
