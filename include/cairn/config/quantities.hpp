// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Fields that are a number of some unit: durations and sizes.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/config/codec.hpp>
#include <cairn/config/scalars.hpp>
#include <cairn/edn/node.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ratio>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace cairn::config {

namespace detail {

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};
inline constexpr std::array size_units{
    SizeUnit{"TiB", std::uint64_t{1} << 40U},
    SizeUnit{"GiB", std::uint64_t{1} << 30U},
    SizeUnit{"MiB", std::uint64_t{1} << 20U},
    SizeUnit{"KiB", std::uint64_t{1} << 10U},
    SizeUnit{"TB", 1'000'000'000'000},
    SizeUnit{"GB", 1'000'000'000},
    SizeUnit{"MB", 1'000'000},
    SizeUnit{"kB", 1'000},
    SizeUnit{"B", 1},
};

/// The digits at the front of a text, and what follows them.
struct Quantity {
  std::string_view digits;
  std::string_view unit;
};
[[nodiscard]] constexpr Quantity split_quantity(std::string_view text) noexcept {
  std::size_t end = text.starts_with('-') ? 1 : 0;
  while (end != text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  return {text.substr(0, end), text.substr(end)};
}

}  // namespace detail

/// `64MiB`, `10kB`, `512B`, `512`; in EDN a string, or an integer that counts bytes.
template <>
struct FieldCodec<ByteSize> {
  static std::string type_words() { return "bytes"; }
  static void read(notation::Form form, ByteSize& value, Place const& place) {
    using notation::Kind;
    if (form.is(Kind::string)) {
      read_text(form.string(), value, place);
    } else if (form.is(Kind::integer) && form.integer() >= 0) {
      value.bytes = static_cast<std::uint64_t>(form.integer());
    } else if (form.is(Kind::integer) || form.is(Kind::bigint)) {
      report_range(place);
    } else {
      place.report_type(expected, form);
    }
  }
  static void read_text(std::string_view text, ByteSize& value, Place const& place) {
    auto const [digits, unit] = detail::split_quantity(text);
    std::uint64_t factor = unit.empty() ? 1 : 0;
    for (auto const& known : detail::size_units) {
      if (known.name == unit) factor = known.bytes;
    }
    std::uint64_t count = 0;
    auto const error = detail::parse_number(digits, count);
    if (factor == 0 || error == std::errc::invalid_argument) return place.report_text(expected);
    if (error != std::errc{} || count > std::numeric_limits<std::uint64_t>::max() / factor) return report_range(place);
    value.bytes = count * factor;
  }
  static void write(ByteSize value, std::string& out) {
    for (auto const& [unit, bytes] : detail::size_units) {
      if (unit.size() != 3 || value.bytes == 0 || value.bytes % bytes != 0) continue;
      out.append("\"").append(std::to_string(value.bytes / bytes)).append(unit).append("\"");
      return;
    }
    std::string const digits = std::to_string(value.bytes);
    out += std::in_range<std::int64_t>(value.bytes) ? digits : "\"" + digits + "\"";
  }

 private:
  static constexpr std::string_view expected =
      R"(a size: a number of bytes, or "64MiB" (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB))";
  static void report_range(Place const& place) {
    place.report(Errc::config_range, "must be a size from 0 to 18446744073709551615 bytes");
  }
};

namespace detail {

template <class Type>
inline constexpr bool is_duration = false;
/// Of a period that is a whole number of nanoseconds: what the units can say.
template <class Rep, class Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> =
    (std::signed_integral<Rep> || std::floating_point<Rep>)&&std::ratio_divide<Period, std::nano>::den == 1;

/// Calls `visit(unit's name, std::ratio)` from the longest unit to the shortest until it returns true; whether one did.
template <class Visit>
constexpr bool any_duration_unit(Visit&& visit) {
  return visit("d", std::ratio<86400>{}) || visit("h", std::ratio<3600>{}) || visit("m", std::ratio<60>{}) ||
         visit("s", std::ratio<1>{}) || visit("ms", std::milli{}) || visit("us", std::micro{}) ||
         visit("ns", std::nano{});
}

}  // namespace detail

/// `5s`, `10ms`; a whole number and a unit (ns, us, ms, s, m, h, d), always: a bare number could mean any of them.
template <class Duration>
requires detail::is_duration<Duration>
struct FieldCodec<Duration> {
  static std::string type_words() { return "duration"; }
  static void read(notation::Form form, Duration& value, Place const& place) {
    if (!form.is(notation::Kind::string)) return place.report_type(expected, form);
    read_text(form.string(), value, place);
  }
  static void read_text(std::string_view text, Duration& value, Place const& place) {
    auto const [digits, unit] = detail::split_quantity(text);
    std::int64_t count = 0;
    auto const error = detail::parse_number(digits, count);
    bool known = false;
    bool fits = false;
    static_cast<void>(detail::any_duration_unit([&, wanted = unit]<class Unit>(std::string_view name, Unit) {
      if (name != wanted) return false;
      known = true;
      fits = error == std::errc{} && convert<std::ratio_divide<Unit, typename Duration::period>>(count, value);
      return true;
    }));
    if (!known || error == std::errc::invalid_argument) return place.report_text(expected);
    if (!fits) place.report(Errc::config_range, "must be a duration that is " + granularity());
  }
  static void write(Duration value, std::string& out) {
    bool const written = detail::any_duration_unit([&]<class Unit>(std::string_view name, Unit) {
      using InUnits = std::ratio_divide<typename Duration::period, Unit>;
      if constexpr (std::floating_point<Rep>) {
        auto const exact = static_cast<double>(value.count()) * InUnits::num / InUnits::den;
        if (std::trunc(exact) != exact || std::fabs(exact) >= 9e18) return false;
        return append(static_cast<std::int64_t>(exact), name, out);
      } else {
        auto const count = static_cast<std::int64_t>(value.count());
        if (count % InUnits::den != 0 || !multiplies(count / InUnits::den, InUnits::num)) return false;
        return append(count / InUnits::den * InUnits::num, name, out);
      }
    });
    if (!written) out += "nil";  // a fraction of a nanosecond, or more than the units reach
  }

 private:
  using Rep = typename Duration::rep;
  static constexpr std::string_view expected = R"(a duration in a string: "5s", "10ms" (ns, us, ms, s, m, h, d))";

  static bool append(std::int64_t count, std::string_view unit, std::string& out) {
    // Days of nothing read oddly.
    if (count == 0 && unit != "s") return false;
    out.append("\"").append(std::to_string(count)).append(unit).append("\"");
    return true;
  }
  static constexpr bool multiplies(std::int64_t count, std::int64_t factor) noexcept {
    return count <= std::numeric_limits<std::int64_t>::max() / factor &&
           count >= std::numeric_limits<std::int64_t>::min() / factor;
  }
  template <class InPeriods>
  static bool convert(std::int64_t count, Duration& value) {
    if constexpr (std::floating_point<Rep>) {
      value = Duration{static_cast<Rep>(static_cast<double>(count) * InPeriods::num / InPeriods::den)};
      return true;
    } else {
      if (count % InPeriods::den != 0 || !multiplies(count / InPeriods::den, InPeriods::num)) return false;
      std::int64_t const periods = count / InPeriods::den * InPeriods::num;
      if (!std::in_range<Rep>(periods)) return false;
      value = Duration{static_cast<Rep>(periods)};
      return true;
    }
  }
  /// `a whole number of "1ms", and not too many of them`.
  static std::string granularity() {
    std::string text = "a whole number of ";
    write(Duration{1}, text);
    return text.append(" and fits");
  }
};

}  // namespace cairn::config
