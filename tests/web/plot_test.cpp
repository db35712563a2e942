#include "web/plot.hpp"

#include <doctest/doctest.h>

using namespace qp;
using namespace qp::web;

TEST_CASE("numbers are short") {
  CHECK(short_number(0) == "0");
  CHECK(short_number(999) == "999");
  CHECK(short_number(1234) == "1.2 k");
  CHECK(short_number(5'000'000) == "5.0 M");
  CHECK(short_bytes(512) == "512 B");
  CHECK(short_bytes(1536) == "1.5 KiB");
}

TEST_CASE("a counter's growth is counted by the minute, and a restart is no growth") {
  const std::vector<Point> counter = {{Millis(0), 10},
                                      {Millis(30'000), 40},
                                      {Millis(90'000), 5},
                                      {Millis(90'000), 6},
                                      {Millis(150'000), 9}};
  const std::vector<Point> grown = per_minute(counter);
  REQUIRE(grown.size() == 2);
  CHECK(grown[0].value == 60);
  CHECK(grown[1].value == 3);
  CHECK(per_minute({}).empty());
}

TEST_CASE("a plot is drawn for none, one, equal and many figures") {
  CHECK(plot_card("<x>", {}).find("&lt;x&gt;") != std::string::npos);
  const std::vector<Point> one = {{Millis(5), 7}};
  CHECK(plot_card("x", one).find("<svg") == std::string::npos);
  const std::vector<Point> many = {{Millis(0), 0}, {Millis(60'000), 50}, {Millis(120'000), 100}};
  const std::string card = plot_card("x", many, " a minute");
  CHECK(card.find("M0.0,70.0 L150.0,37.0 L300.0,4.0") != std::string::npos);
  CHECK(card.find("100 a minute") != std::string::npos);
  const std::vector<Point> at_once = {{Millis(5), 0}, {Millis(5), 0}};
  CHECK(plot_card("x", at_once).find("nan") == std::string::npos);
}
