#include "base/time.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/core.h>

#include "base/text.hpp"

namespace qp {

Millis system_now() {
  return std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch());
}

namespace time {

namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Parts {
  year_month_day date;
  hh_mm_ss<milliseconds> clock;
};

Parts parts(Millis time) {
  const sys_time<milliseconds> point(time);
  const auto day = floor<days>(point);
  return {year_month_day(day), hh_mm_ss<milliseconds>(point - day)};
}

/// Exactly `width` digits at `text`'s start, taken off it.
std::optional<unsigned> digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  const std::string_view number = text.substr(0, width);
  if (number.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  text.remove_prefix(width);
  return static_cast<unsigned>(*text::to_uint(number));
}

bool skip(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Millis> assemble(unsigned year_, unsigned month_, unsigned day_, unsigned hour,
                               unsigned minute, unsigned second, unsigned millisecond) {
  const year_month_day date{year(static_cast<int>(year_)), month(month_), day(day_)};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return sys_days(date).time_since_epoch() + hours(hour) + minutes(minute) + seconds(second) +
         milliseconds(millisecond);
}

/// Taken off `text`'s start, as digits().
std::optional<unsigned> month_name(std::string_view& text) {
  const auto* const found = std::ranges::find(kMonths, text.substr(0, 3));
  if (found == kMonths.end()) return std::nullopt;
  text.remove_prefix(3);
  return static_cast<unsigned>(found - kMonths.begin()) + 1;
}

/// `hh:mm:ss`.
struct TimeOfDay {
  unsigned hour, minute, second;
};
std::optional<TimeOfDay> time_of_day(std::string_view& text) {
  const auto hour = digits(text, 2);
  if (!hour || !skip(text, ':')) return std::nullopt;
  const auto minute = digits(text, 2);
  if (!minute || !skip(text, ':')) return std::nullopt;
  const auto second = digits(text, 2);
  if (!second) return std::nullopt;
  return TimeOfDay{*hour, *minute, *second};
}

std::optional<Millis> on_day(unsigned year, unsigned month, unsigned day, const TimeOfDay& clock) {
  return assemble(year, month, day, clock.hour, clock.minute, clock.second, 0);
}

/// RFC 9110 5.6.7: two digits that would be more than 50 years ahead are of the century before.
unsigned near_year(unsigned two_digits) {
  const auto now = static_cast<unsigned>(static_cast<int>(parts(system_now()).date.year()));
  const unsigned year = now / 100 * 100 + two_digits;
  if (year > now + 50) return year - 100;
  return year + 50 < now ? year + 100 : year;
}

/// `Sun Nov  6 08:49:37 1994`.
std::optional<Millis> from_asctime(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  text.remove_prefix(3);
  if (!skip(text, ' ')) return std::nullopt;
  const auto month = month_name(text);
  if (!month || !skip(text, ' ')) return std::nullopt;
  const auto day = digits(text, skip(text, ' ') ? 1 : 2);
  if (!day || !skip(text, ' ')) return std::nullopt;
  const auto clock = time_of_day(text);
  if (!clock || !skip(text, ' ')) return std::nullopt;
  const auto year = digits(text, 4);
  if (!year || !text.empty()) return std::nullopt;
  return on_day(*year, *month, *day, *clock);
}

/// `Z`, `+hh:mm` or `-hh:mm`, all of `text`; the amount that is to be added to get UTC.
std::optional<Millis> offset(std::string_view text) {
  if (text == "Z" || text == "z") return Millis(0);
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const int sign = text.front() == '+' ? -1 : 1;
  text.remove_prefix(1);
  const auto hour = digits(text, 2);
  if (!hour || !skip(text, ':')) return std::nullopt;
  const auto minute = digits(text, 2);
  if (!minute || !text.empty() || *hour > 23 || *minute > 59) return std::nullopt;
  return sign * (hours(*hour) + minutes(*minute));
}

}  // namespace

std::string rfc3339(Millis time) {
  const Parts at = parts(time);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(at.date.year()),
                  static_cast<unsigned>(at.date.month()), static_cast<unsigned>(at.date.day()),
                  at.clock.hours().count(), at.clock.minutes().count(), at.clock.seconds().count());
  if (at.clock.subseconds().count() != 0) {
    text += fmt::format(".{:03}", at.clock.subseconds().count());
  }
  return text + 'Z';
}

std::optional<Millis> from_rfc3339(std::string_view text) {
  const auto year = digits(text, 4);
  if (!year || !skip(text, '-')) return std::nullopt;
  const auto month = digits(text, 2);
  if (!month || !skip(text, '-')) return std::nullopt;
  const auto day = digits(text, 2);
  if (!day || (!skip(text, 'T') && !skip(text, 't'))) return std::nullopt;
  const auto hour = digits(text, 2);
  if (!hour || !skip(text, ':')) return std::nullopt;
  const auto minute = digits(text, 2);
  if (!minute) return std::nullopt;
  unsigned second = 0;
  if (skip(text, ':')) {  // ActivityStreams 2.3: seconds may be left out
    const auto read = digits(text, 2);
    if (!read) return std::nullopt;
    second = *read;
  }
  unsigned millisecond = 0;
  if (skip(text, '.')) {
    unsigned scale = 100;
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; scale /= 10) {
      millisecond += static_cast<unsigned>(text.front() - '0') * scale;
      text.remove_prefix(1);
    }
  }
  const auto shift = offset(text);
  const auto local = assemble(*year, *month, *day, *hour, *minute, second, millisecond);
  if (!shift || !local) return std::nullopt;
  return *local + *shift;
}

std::string http_date(Millis time) {
  const Parts at = parts(time);
  const weekday day_of_week{sys_days(at.date)};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[day_of_week.c_encoding()],
                     static_cast<unsigned>(at.date.day()),
                     kMonths[static_cast<unsigned>(at.date.month()) - 1],
                     static_cast<int>(at.date.year()), at.clock.hours().count(),
                     at.clock.minutes().count(), at.clock.seconds().count());
}

std::optional<Millis> from_http_date(std::string_view text) {
  const auto comma = text.find(',');
  if (comma == std::string_view::npos) return from_asctime(text);
  // `Sun, 06 Nov 1994 08:49:37 GMT`, or with the day's whole name `Sunday, 06-Nov-94 08:49:37 GMT`.
  const bool is_rfc850 = comma > 3;
  const char gap = is_rfc850 ? '-' : ' ';
  if (comma < 3) return std::nullopt;
  text.remove_prefix(comma + 1);
  if (!skip(text, ' ')) return std::nullopt;
  const auto day = digits(text, 2);
  if (!day || !skip(text, gap)) return std::nullopt;
  const auto month = month_name(text);
  if (!month || !skip(text, gap)) return std::nullopt;
  const auto year = digits(text, is_rfc850 ? 2 : 4);
  if (!year || !skip(text, ' ')) return std::nullopt;
  const auto clock = time_of_day(text);
  if (!clock || text != " GMT") return std::nullopt;
  return on_day(is_rfc850 ? near_year(*year) : *year, *month, *day, *clock);
}

}  // namespace time
}  // namespace qp
