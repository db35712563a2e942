#include "web/plot.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "web/html.hpp"

namespace qp::web {

namespace {

constexpr double kWidth = 300;
constexpr double kHeight = 70;

std::string scaled(double value, double step, std::span<const std::string_view> units) {
  std::size_t unit = 0;
  while (value >= step && unit + 1 < units.size()) {
    value /= step;
    ++unit;
  }
  const bool is_whole = unit == 0 || value >= 100;
  return is_whole ? fmt::format("{:.0f}{}", value, units[unit])
                  : fmt::format("{:.1f}{}", value, units[unit]);
}

/// "M0,70 L300,20".
std::string path_of(std::span<const Point> points, double top) {
  const double begin = static_cast<double>(points.front().at.count());
  const double span = std::max(1.0, static_cast<double>(points.back().at.count()) - begin);
  std::string path;
  for (const Point& point : points) {
    const double x = (static_cast<double>(point.at.count()) - begin) / span * kWidth;
    const double y = kHeight - point.value / top * (kHeight - 4);
    path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "M" : " L", x, y);
  }
  return path;
}

std::string span_text(std::span<const Point> points) {
  const auto minutes =
      std::chrono::duration_cast<std::chrono::minutes>(points.back().at - points.front().at);
  if (minutes.count() < 1) return "less than a minute";
  if (minutes.count() < 120) return fmt::format("{} min", minutes.count());
  return fmt::format("{} h", minutes.count() / 60);
}

std::string drawing(std::span<const Point> points) {
  const auto most = std::ranges::max_element(points, {}, &Point::value);
  const std::string line = path_of(points, std::max(most->value, 1.0));
  return fmt::format(
      "<svg viewBox=\"0 0 {0} {1}\" aria-hidden=\"true\" preserveAspectRatio=\"none\">"
      "<path class=\"axis\" d=\"M0,{1} L{0},{1}\"/>"
      "<path class=\"area\" d=\"{2} L{0},{1} L0,{1} Z\"/><path class=\"line\" d=\"{2}\"/></svg>",
      kWidth, kHeight, line);
}

}  // namespace

std::string short_number(double value) {
  static constexpr std::array<std::string_view, 5> kUnits = {"", " k", " M", " G", " T"};
  return scaled(value, 1000, kUnits);
}

std::string short_bytes(double value) {
  static constexpr std::array<std::string_view, 5> kUnits = {" B", " KiB", " MiB", " GiB", " TiB"};
  return scaled(value, 1024, kUnits);
}

std::vector<Point> per_minute(std::span<const Point> counter) {
  std::vector<Point> grown;
  for (std::size_t i = 1; i < counter.size(); ++i) {
    const double minutes =
        static_cast<double>((counter[i].at - counter[i - 1].at).count()) / 60'000;
    if (minutes <= 0 || counter[i].value < counter[i - 1].value) continue;
    grown.push_back({counter[i].at, (counter[i].value - counter[i - 1].value) / minutes});
  }
  return grown;
}

std::string plot_card(std::string_view title, std::span<const Point> points,
                      std::string_view unit) {
  std::string card = "<div class=\"card\"><strong>" + escape_html(title) + "</strong>";
  if (points.empty()) return card + "<p class=\"quiet\">No figures yet</p></div>";
  const bool is_bytes = unit == "B";
  const auto text = [&](double value) {
    return is_bytes ? short_bytes(value) : short_number(value) + std::string(unit);
  };
  const auto most = std::ranges::max_element(points, {}, &Point::value);
  card += "<p>" + text(points.back().value) + "</p>";
  if (points.size() > 1) {
    card += drawing(points) + "<p class=\"quiet\">" + span_text(points) + ", at most " +
            text(most->value) + "</p>";
  }
  return card + "</div>";
}

}  // namespace qp::web
