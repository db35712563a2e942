// xsd:dateTime, xsd:date and xsd:time, XSD 1.1 part 2, 3.3.7 to 3.3.9.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "sparql/value.hpp"

namespace qp::sparql {

static constexpr std::int64_t kSecond = 1'000'000;
static constexpr std::int64_t kMinute = 60 * kSecond;
static constexpr std::int64_t kDay = kMinute * 60 * 24;
static constexpr int kWidestZone = 14 * 60;      // minutes
static constexpr std::int64_t kYears = 250'000;  // either way

namespace {

/// Takes pieces off the front of a text.
class Pieces {
 public:
  explicit Pieces(std::string_view text) : rest_(text) {}

  bool take(char wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::optional<std::int64_t> digits(std::size_t fewest, std::size_t most) {
    std::int64_t value = 0;
    std::size_t count = 0;
    for (; count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9'; ++count) {
      if (count == most) return std::nullopt;
      value = value * 10 + (rest_[count] - '0');
    }
    if (count < fewest) return std::nullopt;
    rest_.remove_prefix(count);
    return value;
  }
  std::optional<std::int64_t> two() { return digits(2, 2); }
  /// Days since 1970 of `-?YYYY-MM-DD`.
  std::optional<std::int64_t> date();
  /// Microseconds of `hh:mm:ss(.s+)?`.
  std::optional<std::int64_t> clock();
  /// `Z`, `+hh:mm`, `-hh:mm` or nothing, and then the end.
  std::optional<std::int16_t> zone();

 private:
  std::string_view rest_;
};

std::optional<std::int64_t> Pieces::date() {
  const bool negative = take('-');
  const bool zero = rest_.starts_with('0');
  const std::size_t before = rest_.size();
  auto year = digits(4, 7);
  if (!year || *year > kYears || (zero && before - rest_.size() > 4)) return std::nullopt;
  if (!take('-')) return std::nullopt;
  const auto month = two();
  if (!month || !take('-')) return std::nullopt;
  const auto day = two();
  if (!day) return std::nullopt;
  if (negative) year = -*year;
  // Beyond what std::chrono holds the calendar repeats every 400 years.
  const std::int64_t eras = *year / 400 - 1;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year - eras * 400)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() + eras * 146'097;
}

std::optional<std::int64_t> Pieces::clock() {
  const auto hour = two();
  if (!hour || !take(':')) return std::nullopt;
  const auto minute = two();
  if (!minute || !take(':')) return std::nullopt;
  const auto second = two();
  if (!second || *hour > 24 || *minute > 59 || *second > 59) return std::nullopt;
  std::int64_t fraction = 0;
  if (take('.')) {
    std::int64_t unit = kSecond;
    std::size_t count = 0;
    for (; count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9'; ++count) {
      unit /= 10;
      fraction += unit * (rest_[count] - '0');
    }
    if (count == 0) return std::nullopt;
    rest_.remove_prefix(count);
  }
  if (*hour == 24 && (*minute != 0 || *second != 0 || fraction != 0)) return std::nullopt;
  return (*hour * 60 + *minute) * kMinute + *second * kSecond + fraction;
}

std::optional<std::int16_t> Pieces::zone() {
  if (rest_.empty()) return DateTime::kNoZone;
  if (take('Z')) return rest_.empty() ? std::optional<std::int16_t>(0) : std::nullopt;
  const bool west = rest_.starts_with('-');
  if (!take('-') && !take('+')) return std::nullopt;
  const auto hour = two();
  if (!hour || !take(':')) return std::nullopt;
  const auto minute = two();
  if (!minute || *minute > 59 || *hour * 60 + *minute > kWidestZone || !rest_.empty()) {
    return std::nullopt;
  }
  const auto east = static_cast<std::int16_t>(*hour * 60 + *minute);
  return static_cast<std::int16_t>(west ? -east : east);
}

}  // namespace

std::optional<DateTime> DateTime::parse(std::string_view text) {
  Pieces pieces(text);
  const auto days = pieces.date();
  if (!days || !pieces.take('T')) return std::nullopt;
  const auto clock = pieces.clock();
  if (!clock) return std::nullopt;
  const auto zone = pieces.zone();
  if (!zone) return std::nullopt;
  return DateTime{*days * kDay + *clock, *zone};
}

std::optional<DateTime> DateTime::parse_date(std::string_view text) {
  Pieces pieces(text);
  const auto days = pieces.date();
  if (!days) return std::nullopt;
  const auto zone = pieces.zone();
  if (!zone) return std::nullopt;
  return DateTime{*days * kDay, *zone};
}

std::optional<DateTime> DateTime::parse_time(std::string_view text) {
  static constexpr std::int64_t kDays = 1095;  // 1972-12-31
  Pieces pieces(text);
  const auto clock = pieces.clock();
  if (!clock) return std::nullopt;
  const auto zone = pieces.zone();
  if (!zone) return std::nullopt;
  return DateTime{kDays * kDay + *clock % kDay, *zone};
}

static std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

DateTime::Fields DateTime::fields() const {
  const std::int64_t days = floor_div(micros, kDay);
  const std::int64_t rest = micros - days * kDay;
  const std::int64_t eras = floor_div(days, 146'097);
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(days - eras * 146'097))};
  Fields fields;
  fields.year = static_cast<int>(date.year()) + eras * 400;
  fields.month = static_cast<unsigned>(date.month());
  fields.day = static_cast<unsigned>(date.day());
  fields.hour = static_cast<unsigned>(rest / (60 * kMinute));
  fields.minute = static_cast<unsigned>(rest / kMinute % 60);
  fields.micros = rest % kMinute;
  return fields;
}

std::string DateTime::text() const {
  const Fields f = fields();
  char buffer[96];
  std::snprintf(buffer, sizeof buffer, "%s%04lld-%02u-%02uT%02u:%02u:%02lld", f.year < 0 ? "-" : "",
                std::llabs(f.year), f.month, f.day, f.hour, f.minute,
                static_cast<long long>(f.micros / kSecond));
  std::string made = buffer;
  if (f.micros % kSecond != 0) {
    std::snprintf(buffer, sizeof buffer, ".%06lld", static_cast<long long>(f.micros % kSecond));
    made += buffer;
    while (made.back() == '0') made.pop_back();
  }
  if (zone == 0) return made + "Z";
  if (zone == kNoZone) return made;
  std::snprintf(buffer, sizeof buffer, "%c%02d:%02d", zone < 0 ? '-' : '+', std::abs(zone) / 60,
                std::abs(zone) % 60);
  return made + buffer;
}

// XSD 1.1 part 2, 3.3.7: a zone that is missing may be anything from -14:00 to +14:00.
std::optional<int> compare(const DateTime& a, const DateTime& b) {
  const auto sign = [](std::int64_t x, std::int64_t y) { return x < y ? -1 : x > y ? 1 : 0; };
  const bool a_zoned = a.zone != DateTime::kNoZone, b_zoned = b.zone != DateTime::kNoZone;
  const std::int64_t a_at = a.micros - (a_zoned ? a.zone * kMinute : 0);
  const std::int64_t b_at = b.micros - (b_zoned ? b.zone * kMinute : 0);
  if (a_zoned == b_zoned) return sign(a_at, b_at);
  static constexpr std::int64_t kWidest = kMinute * 60 * 14;
  if (a_at + kWidest < b_at) return -1;
  if (a_at - kWidest > b_at) return 1;
  return std::nullopt;
}

}  // namespace qp::sparql
