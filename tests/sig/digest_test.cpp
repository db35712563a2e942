#include "sig/digest.hpp"

#include <doctest/doctest.h>

#include "base/text.hpp"

using namespace qp::sig;
using qp::Code;

namespace {

constexpr const char* kAbc256 = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
constexpr const char* kAbc512 =
    "3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==";

}  // namespace

TEST_CASE("SHA-256 of abc is the value of FIPS 180-4") {
  CHECK(qp::text::hex(sha256_text("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digest("abc") == std::string("SHA-256=") + kAbc256);
  CHECK(content_digest("abc") == std::string("sha-256=:") + kAbc256 + ":");
}

TEST_CASE("a digest of the body is accepted, in any of the known algorithms") {
  CHECK(check_digest(std::string("sha-256=") + kAbc256, "abc"));
  CHECK(check_digest(std::string("SHA-512=") + kAbc512, "abc"));
  CHECK(check_digest(std::string("MD5=x, SHA-256=") + kAbc256, "abc"));
  CHECK(check_content_digest(std::string("sha-512=:") + kAbc512 + ":", "abc"));
}

TEST_CASE("all listed digests that are known must be those of the body") {
  const std::string good = std::string("SHA-256=") + kAbc256;
  CHECK(check_digest(good, "abd").error().code == Code::BadInput);
  CHECK(check_digest(good + ",SHA-512=" + kAbc256, "abc").error().code == Code::BadInput);
  CHECK(check_digest(good + "," + good, "abc").error().code == Code::BadInput);
  CHECK(check_digest("SHA-256=!!", "abc").error().code == Code::BadInput);
  CHECK(check_content_digest("sha-256=:AAAA:", "abc").error().code == Code::BadInput);
  CHECK(check_content_digest("sha-256=7", "abc").error().code == Code::BadInput);
}

TEST_CASE("a digest of unknown algorithms only does not count") {
  CHECK(check_digest("MD5=kAFQmDzST7DWlj99KOF/cg==", "abc").error().code == Code::Unauthenticated);
  CHECK(check_content_digest("md5=:kAFQmDzST7DWlj99KOF/cg==:", "abc").error().code ==
        Code::Unauthenticated);
}
