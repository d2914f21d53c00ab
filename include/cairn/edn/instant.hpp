// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// `#inst` text <-> milliseconds since 1970-01-01T00:00:00Z.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::notation {

namespace detail {

/// Days from 1970-01-01 of a proleptic Gregorian date. Counted in years that begin on 1 March, so that the leap day is
/// the last.
constexpr std::int64_t days_from_date(std::int64_t year, std::int64_t month, std::int64_t day) noexcept {
  std::int64_t const shifted_year = month > 2 ? year : year - 1;
  std::int64_t const era = (shifted_year >= 0 ? shifted_year : shifted_year - 399) / 400;
  std::int64_t const year_of_era = shifted_year - era * 400;
  std::int64_t const day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

struct Date {
  std::int64_t year;
  std::int64_t month;
  std::int64_t day;
};

constexpr Date date_from_days(std::int64_t days) noexcept {
  std::int64_t const shifted = days + 719468;
  std::int64_t const era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  std::int64_t const day_of_era = shifted - era * 146097;
  std::int64_t const year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  std::int64_t const day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  std::int64_t const month_from_march = (5 * day_of_year + 2) / 153;
  std::int64_t const month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  return {era * 400 + year_of_era + (month <= 2 ? 1 : 0), month, day_of_year - (153 * month_from_march + 2) / 5 + 1};
}

constexpr std::int64_t days_in_month(std::int64_t year, std::int64_t month) noexcept {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// Takes digits off the front of a text; `failed` sticks.
struct InstantScanner {
  std::string_view rest;
  bool failed = false;

  constexpr bool skip(char expected) noexcept {
    if (rest.empty() || rest.front() != expected) return false;
    rest.remove_prefix(1);
    return true;
  }

  constexpr std::size_t digits_ahead() const noexcept {
    std::size_t count = 0;
    while (count != rest.size() && rest[count] >= '0' && rest[count] <= '9') ++count;
    return count;
  }

  constexpr std::int64_t digits(std::size_t count) noexcept {
    if (digits_ahead() < count) failed = true;
    if (failed) return 0;
    std::int64_t number = 0;
    for (std::size_t i = 0; i != count; ++i) number = number * 10 + (rest[i] - '0');
    rest.remove_prefix(count);
    return number;
  }

  constexpr std::int64_t two_digits(std::int64_t low, std::int64_t high) noexcept {
    std::int64_t const number = digits(2);
    if (number < low || number > high) failed = true;
    return number;
  }
};

}  // namespace detail

/// Reads RFC 3339 as Clojure's `#inst` does: `2020`, `2020-01`, `2020-01-02`, then `T03`, `T03:04`, `T03:04:05`,
/// `T03:04:05.678`, then nothing, `Z` or an offset `+02:00`. Absent parts are the smallest, an absent offset is UTC.
/// Fractions beyond milliseconds (at most nine digits) are cut. A 60th second is read in a 59th minute and is the next
/// minute's first. A year of other than four digits has a sign (`+12020`, `-0044`).
/// Nothing where the text is anything else, names a day that isn't, or is out of the range of 64 bits.
constexpr std::optional<std::int64_t> parse_instant(std::string_view text) noexcept {
  detail::InstantScanner scan{text};
  bool const before_zero = scan.skip('-');
  bool const is_signed = before_zero || scan.skip('+');
  std::size_t const year_digits = scan.digits_ahead();
  if (is_signed ? year_digits < 4 || year_digits > 9 : year_digits != 4) return std::nullopt;
  std::int64_t year = scan.digits(year_digits);
  if (before_zero) year = -year;
  std::int64_t month = 1;
  std::int64_t day = 1;
  bool const has_month = scan.skip('-');
  if (has_month) month = scan.two_digits(1, 12);
  bool const has_day = has_month && scan.skip('-');
  if (has_day) day = scan.two_digits(1, detail::days_in_month(year, month));

  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  std::int64_t millisecond = 0;
  std::int64_t offset_minutes = 0;
  if (has_day && scan.skip('T')) {
    hour = scan.two_digits(0, 23);
    if (scan.skip(':')) {
      minute = scan.two_digits(0, 59);
      if (scan.skip(':')) {
        second = scan.two_digits(0, minute == 59 ? 60 : 59);
        if (scan.skip('.')) {
          std::size_t const count = scan.digits_ahead();
          if (count == 0 || count > 9) return std::nullopt;
          std::int64_t fraction = scan.digits(count);
          for (std::size_t i = count; i < 3; ++i) fraction *= 10;
          for (std::size_t i = count; i > 3; --i) fraction /= 10;
          millisecond = fraction;
        }
      }
    }
    if (!scan.skip('Z')) {
      bool const west = scan.skip('-');
      if (west || scan.skip('+')) {
        offset_minutes = scan.two_digits(0, 23) * 60;
        if (!scan.skip(':')) return std::nullopt;
        offset_minutes += scan.two_digits(0, 59);
        if (west) offset_minutes = -offset_minutes;
      }
    }
  }
  if (scan.failed || !scan.rest.empty()) return std::nullopt;

  std::int64_t const seconds =
      detail::days_from_date(year, month, day) * 86400 + hour * 3600 + (minute - offset_minutes) * 60 + second;
  constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  if (seconds > highest / 1000 || seconds < lowest / 1000 - 1) return std::nullopt;
  if (seconds < lowest / 1000) {
    // The product alone is out of range here, product and milliseconds together may be in it.
    std::int64_t const upper = (seconds + 1) * 1000;
    return upper >= lowest + (1000 - millisecond) ? std::optional{upper - (1000 - millisecond)} : std::nullopt;
  }
  if (seconds * 1000 > highest - millisecond) return std::nullopt;
  return seconds * 1000 + millisecond;
}

/// `2020-01-02T03:04:05.678Z`: always UTC, always three places. Years outside 0000 to 9999 get a sign.
/// `parse_instant(format_instant(t)) == t` for every `t`. `Text` is `std::string` or, in constant expressions,
/// `CharBuffer`.
template <class Text = std::string>
constexpr Text format_instant(std::int64_t milliseconds) {
  constexpr std::int64_t day_length = 86'400'000;
  std::int64_t days = milliseconds / day_length;
  std::int64_t rest = milliseconds % day_length;
  if (rest < 0) {
    rest += day_length;
    --days;
  }
  detail::Date const date = detail::date_from_days(days);
  Text text;
  auto const put = [&text](std::int64_t number, std::size_t width) {
    std::array<char, 20> digits{};
    std::size_t count = 0;
    do {
      digits[count++] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0 || count < width);
    while (count != 0) text += digits[--count];
  };
  if (date.year < 0) text += '-';
  if (date.year > 9999) text += '+';
  put(date.year < 0 ? -date.year : date.year, 4);
  text += '-';
  put(date.month, 2);
  text += '-';
  put(date.day, 2);
  text += 'T';
  put(rest / 3'600'000, 2);
  text += ':';
  put(rest / 60'000 % 60, 2);
  text += ':';
  put(rest / 1000 % 60, 2);
  text += '.';
  put(rest % 1000, 3);
  text += 'Z';
  return text;
}

}  // namespace cairn::notation
