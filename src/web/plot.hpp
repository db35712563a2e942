#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

/// Small plots as inline SVG, made here: no script, nothing to load.
namespace qp::web {

struct Point {
  Millis at{};
  double value = 0;
};

/// A card with a title, the last value, and the course of it. `unit` follows the numbers.
std::string plot_card(std::string_view title, std::span<const Point> points,
                      std::string_view unit = {});

/// What a counter grew by, in a minute; nothing for where it began anew.
std::vector<Point> per_minute(std::span<const Point> counter);

/// 1234567 as 1.2 M; bytes as MiB.
std::string short_number(double value);
std::string short_bytes(double value);

}  // namespace qp::web
