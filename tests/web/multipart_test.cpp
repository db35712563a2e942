#include "web/multipart.hpp"

#include <doctest/doctest.h>

using qp::web::parse_multipart;

namespace {
const std::string kType = "multipart/form-data; boundary=XX";
std::string part(const std::string& head, const std::string& content) {
  return "--XX\r\n" + head + "\r\n\r\n" + content + "\r\n";
}
}  // namespace

TEST_CASE("a form's parts come with their names and bytes") {
  const std::string body =
      part(
          "Content-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".png\"\r\n"
          "Content-Type: image/PNG; x=y",
          std::string("\0\r\n--X\r\n", 8)) +
      part("content-disposition: form-data; name=object", "{}") + "--XX--\r\n";
  const auto parts = parse_multipart(kType, body);
  REQUIRE(parts);
  REQUIRE(parts->size() == 2);
  CHECK((*parts)[0].name == "file");
  CHECK((*parts)[0].filename == "a \"b\".png");
  CHECK((*parts)[0].content_type == "image/png");
  CHECK((*parts)[0].content == std::string("\0\r\n--X\r\n", 8));
  CHECK((*parts)[1].name == "object");
  CHECK((*parts)[1].content == "{}");
  CHECK(parse_multipart("multipart/form-data; boundary=\"XX\"", body));
}

TEST_CASE("before the first boundary there may be words, and blanks after each") {
  const std::string head = "Content-Disposition: form-data; name=\"a\"\r\n\r\nx";
  for (const std::string& body :
       {"\r\n--XX\r\n" + head + "\r\n--XX--", "words\r\n--XX\r\n" + head + "\r\n--XX--\r\nafter",
        "--XX \t\r\n" + head + "\r\n--XX  \r\n" + head + "\r\n--XX--"}) {
    const auto parts = parse_multipart(kType, body);
    REQUIRE_MESSAGE(parts, body);
    CHECK(parts->front().content == "x");
  }
  CHECK_FALSE(parse_multipart(kType, "words--XX\r\n" + head + "\r\n"));
}

TEST_CASE("a form that is not what it says is refused") {
  const std::string good = part("Content-Disposition: form-data; name=\"a\"", "x") + "--XX--";
  REQUIRE(parse_multipart(kType, good));
  CHECK_FALSE(parse_multipart("multipart/form-data", good));
  CHECK_FALSE(parse_multipart("multipart/form-data; boundary=", good));
  CHECK_FALSE(parse_multipart("multipart/form-data; boundary=" + std::string(71, 'x'), good));
  CHECK_FALSE(parse_multipart("application/json; boundary=XX", good));
  CHECK_FALSE(parse_multipart(kType, ""));
  CHECK_FALSE(parse_multipart(kType, "--XX"));
  CHECK_FALSE(parse_multipart(kType, good.substr(0, good.size() - 6)));
  CHECK_FALSE(parse_multipart(kType, part("Content-Type: text/plain", "x") + "--XX--"));
  CHECK_FALSE(parse_multipart(kType, part("nothing", "x") + "--XX--"));
  std::string many;
  for (int i = 0; i < 17; ++i) many += part("Content-Disposition: form-data; name=\"a\"", "x");
  CHECK_FALSE(parse_multipart(kType, many + "--XX--"));
}
