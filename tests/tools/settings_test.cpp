#include "tools/settings.hpp"

#include <doctest/doctest.h>

using namespace qp;
using namespace qp::tools;

TEST_CASE("an empty configuration leaves everything as it is") {
  const Result<Settings> settings = parse_settings("", "test.toml");
  REQUIRE(settings);
  CHECK(settings->data == "data");
  CHECK(settings->read_time == kReadTime);
  CHECK(settings->listen == "127.0.0.1:8000");
  CHECK(settings->password_grant == oauth::PasswordGrant::Loopback);
}

TEST_CASE("every key of a configuration arrives") {
  const Result<Settings> settings = parse_settings(R"(
data = "/srv/quadpub"
listen = "0.0.0.0:80"
url = "https://a.example"
software_name = "GenericAP"
software_version = "1.0.0"
trusted_proxies = ["10.0.0.1"]
allow_private = ["127.0.0.2", "127.0.0.3"]
[tls]
cert = "/etc/quadpub/cert.pem"
key = "/etc/quadpub/key.pem"
[oauth]
password_grant = "off"
[metrics]
public = true
[store]
read_seconds = 7
[limits]
inbox_posts = 1
origin_posts = 6
proxied = 2
posts = 3
uploads = 4
media_mib = 5
[log]
format = "text"
level = "debug"
)",
                                                   "test.toml");
  REQUIRE(settings);
  CHECK(settings->data == "/srv/quadpub");
  CHECK(settings->read_time == std::chrono::seconds(7));
  CHECK(settings->listen == "0.0.0.0:80");
  CHECK(settings->url == "https://a.example");
  CHECK(settings->software_name == "GenericAP");
  CHECK(settings->software_version == "1.0.0");
  CHECK(settings->trusted_proxies == std::vector<std::string>{"10.0.0.1"});
  CHECK(settings->allow_private.size() == 2);
  CHECK(settings->password_grant == oauth::PasswordGrant::Off);
  CHECK(settings->tls_cert == "/etc/quadpub/cert.pem");
  CHECK(settings->tls_key == "/etc/quadpub/key.pem");
  CHECK(settings->metrics_public);
  CHECK(settings->quotas.inbox_posts == 1);
  CHECK(settings->quotas.origin_posts == 6);
  CHECK(settings->quotas.proxied == 2);
  CHECK(settings->quotas.posts == 3);
  CHECK(settings->quotas.uploads == 4);
  CHECK(settings->quotas.media_mib == 5);
  CHECK(settings->log_as_text);
  CHECK(settings->log_level == log::Level::Debug);
}

TEST_CASE("the settings of the Django ActivityPub Toolkit keep their names") {
  const Result<Settings> settings = parse_settings(R"(
[FEDERATION]
DEFAULT_URL = "https://b.example"
SOFTWARE_NAME = "GenericAP"
SOFTWARE_VERSION = "1.0.0"
)",
                                                   "test.toml");
  REQUIRE(settings);
  CHECK(settings->url == "https://b.example");
  CHECK(settings->software_name == "GenericAP");
  CHECK(settings->software_version == "1.0.0");
}

TEST_CASE("a key that is unknown, or cannot have its value, is named") {
  CHECK(parse_settings("lisen = 1", "t").error().message == "t: unknown key lisen");
  CHECK(parse_settings("listen = 1", "t").error().message == "t: listen cannot have that value");
  CHECK(parse_settings("[oauth]\npassword_grant = \"maybe\"", "t").error().message ==
        "t: oauth.password_grant cannot have that value");
  for (const char* value : {"0", "-1", "1000001", "1.5", "\"3\""}) {
    const std::string text = std::string("[limits]\nposts = ") + value;
    CHECK(parse_settings(text, "t").error().message == "t: limits.posts cannot have that value");
  }
  CHECK(parse_settings("a = [", "t").error().code == Code::BadInput);
}

TEST_CASE("an endpoint is a host and a port") {
  CHECK(parse_endpoint("127.0.0.1:8000")->port == 8000);
  CHECK(parse_endpoint("[::1]:0")->host == "::1");
  CHECK_FALSE(parse_endpoint("localhost").has_value());
  CHECK_FALSE(parse_endpoint(":80").has_value());
  CHECK_FALSE(parse_endpoint("a:65536").has_value());
}
