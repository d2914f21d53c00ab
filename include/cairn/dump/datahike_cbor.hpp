// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Datahike's datoms in CBOR.
#pragma once

#include <cairn/datom/decimal_text.hpp>
#include <cairn/dump/cbor_records.hpp>
#include <cairn/dump/datahike_datoms.hpp>
#include <cairn/dump/input.hpp>
#include <cairn/edn/instant.hpp>
#include <cairn/edn/to_double.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::detail::cbor {

/// The decimal digits of a number: of its bytes, the most significant first. Quadratic.
template <meta::Lazy = {}>
[[nodiscard]] std::string digits_of(std::string_view bytes) {
  std::vector<std::uint32_t> limbs((bytes.size() + 3) / 4);  // the most significant first
  for (std::size_t i = 0; i != bytes.size(); ++i) {
    auto& limb = limbs[limbs.size() - 1 - (bytes.size() - 1 - i) / 4];
    limb = limb << 8U | static_cast<unsigned char>(bytes[i]);
  }
  constexpr std::uint64_t base = 1'000'000'000;
  std::string digits;  // the last first
  for (std::size_t first = 0;;) {
    while (first != limbs.size() && limbs[first] == 0) ++first;
    if (first == limbs.size()) break;
    std::uint64_t rest = 0;
    for (auto i = first; i != limbs.size(); ++i) {
      rest = rest << 32U | limbs[i];
      limbs[i] = static_cast<std::uint32_t>(rest / base);
      rest %= base;
    }
    for (int i = 0; i != 9; ++i, rest /= 10) digits += static_cast<char>('0' + rest % 10);
  }
  digits.resize(digits.find_last_not_of('0') + 1);
  if (digits.empty()) digits = "0";
  std::ranges::reverse(digits);
  return digits;
}

/// Values as those libraries write them that Datahike had its exports written by: tags that are registered, and no others.
struct DatahikeItems {
  static Value beyond(Head const& head) {
    std::string bytes;
    write_big_endian(bytes, head.argument);
    return BigInt{bignum(std::move(bytes), head.major == Major::negative)};
  }
  /// What a half float was before it was written is not known: zero, infinities and what is no number were all written so.
  static Value simple(Head const& head) {
    if (head.low == half_float) return number_of_half(static_cast<std::uint16_t>(head.argument));
    bad_record("an item is no value of a datom");
  }
  static Value tagged(Reader& in, std::uint64_t number) {
    switch (number) {
      case date_text: return instant_of(utf8_text(in, "an instant"));
      case date_seconds: return instant_of(in);
      case positive_bignum:
      case negative_bignum: return BigInt{bignum(std::string{in.bytes("a bignum")}, number == negative_bignum)};
      case decimal: return decimal_of(in);
      case tag::uuid: return read_uuid(in.bytes("a UUID"));
      case tag::keyword: return identifier(in);
      case ratio: bad_record("a ratio is no value of a datom");
      case object: bad_record("an object is no value of a datom");
      default: break;
    }
    if (number >= first_typed_array && number <= last_typed_array) bad_record("an array of numbers is no value of a datom");
    bad_record("an item with the tag " + std::to_string(number) + " is no value of a datom");
  }
  /// A keyword has a colon, a symbol has none.
  static Value identifier(Reader& in) {
    auto const text = utf8_text(in, "a keyword or symbol");
    if (text.starts_with(':')) return Keyword{text};
    return Symbol{text};
  }

  static constexpr std::uint64_t object = 27;

 private:
  static constexpr std::uint64_t date_text = 0;
  static constexpr std::uint64_t date_seconds = 1;
  static constexpr std::uint64_t positive_bignum = 2;
  static constexpr std::uint64_t negative_bignum = 3;
  static constexpr std::uint64_t decimal = 4;
  static constexpr std::uint64_t ratio = 30;
  static constexpr std::uint64_t first_typed_array = 64;
  static constexpr std::uint64_t last_typed_array = 87;
  /// Digits take the square of a number's size, and an export may be nothing but such numbers: of the largest here a byte takes some twenty
  /// times as long as one of other values.
  static constexpr std::size_t largest_bignum = std::size_t{1} << 12U;
  /// As EDN has it.
  static constexpr std::int64_t largest_exponent = 999'999;

  static std::string_view utf8_text(Reader& in, char const* what) {
    auto const text = in.text(what);
    if (!notation::utf8::is_valid(text)) bad_record("a text is not UTF-8");
    return text;
  }
  /// `bytes`: the number, or what -1 less the number is.
  static std::string bignum(std::string bytes, bool negative) {
    if (bytes.size() > largest_bignum) bad_record("an integer has more than " + std::to_string(largest_bignum) + " bytes, which it can have in an export in EDN alone");
    if (!negative) return digits_of(bytes);
    auto at = bytes.size();
    while (at != 0 && static_cast<unsigned char>(bytes[at - 1]) == 0xFFU) bytes[--at] = '\0';
    if (at == 0) {
      bytes.insert(0, 1, '\1');
    } else {
      bytes[at - 1] = static_cast<char>(static_cast<unsigned char>(bytes[at - 1]) + 1U);
    }
    return "-" + digits_of(bytes);
  }
  static Value decimal_of(Reader& in) {
    if (in.head(Major::array, "a decimal").argument != 2) bad_record("a decimal is no exponent with digits");
    auto const exponent = integer(in);
    auto const mantissa = integer(in);
    if (!exponent.is(ValueKind::integer) || exponent.as_integer() > INT32_MAX || exponent.as_integer() < INT32_MIN) bad_record("a decimal's exponent is out of range");
    auto digits = mantissa.is(ValueKind::integer) ? std::to_string(mantissa.as_integer()) : std::string{mantissa.as_string()};
    auto text = decimal_text(std::move(digits), -exponent.as_integer());
    auto const power = notation::detail::decimal_parts(text).exponent;
    if (power > largest_exponent || power < -largest_exponent) bad_record("a decimal's exponent is out of range");
    return BigDecimal{std::move(text)};
  }
  /// Without another tag than that of a bignum: nothing is nested here.
  static Value integer(Reader& in) {
    auto const before = in;
    auto const head = in.head();
    if (head.major == Major::tag && (head.argument == positive_bignum || head.argument == negative_bignum)) return tagged(in, head.argument);
    if (head.major != Major::positive && head.major != Major::negative) bad_record("a decimal is not made of integers");
    in = before;
    return plain(in);
  }
  static Value plain(Reader& in) {
    std::size_t none = 0;
    return read_value<DatahikeItems>(in, none);
  }
  static Value instant_of(std::string_view text) {
    if (auto const milliseconds = notation::parse_instant(text)) return Instant{*milliseconds};
    bad_record("\"" + begin_of(text) + "\" is no instant");
  }
  /// In seconds, with or without a fraction.
  static Value instant_of(Reader& in) {
    auto const before = in;
    if (in.head().major == Major::tag) bad_record("an instant is not made of seconds");
    in = before;
    auto const seconds = plain(in);
    if (seconds.is(ValueKind::integer)) {
      auto const whole = seconds.as_integer();
      if (whole <= INT64_MAX / 1000 && whole >= INT64_MIN / 1000) return Instant{whole * 1000};
    } else if (seconds.is(ValueKind::float64) || seconds.is(ValueKind::float32)) {
      auto const milliseconds = std::round(seconds.as_double() * 1000);
      if (std::abs(milliseconds) < 0x1p63) return Instant{static_cast<std::int64_t>(milliseconds)};
    } else {
      bad_record("an instant is not made of seconds");
    }
    bad_record("an instant is out of range");
  }
};

/// `[e a v tx added]`, or without `added`.
template <meta::Lazy = {}>
[[nodiscard]] DatahikeDatom read_datahike_datom(Reader& in) {
  auto const head = in.head();
  if (head.major != Major::array || head.argument < 4 || head.argument > 5) bad_record("it is no datom: [e a v tx added]");
  auto left = most_elements;
  auto const number = [&](char const* what) {
    auto const value = read_value<DatahikeItems>(in, left);
    if (!value.is(ValueKind::integer)) bad_record(std::string{what} + " is no number");
    return value.as_integer();
  };
  DatahikeDatom datom;
  datom.e = number("the entity");
  auto const attribute = read_value<DatahikeItems>(in, left);
  if (attribute.is(ValueKind::keyword)) {
    datom.name = attribute.as_keyword();
  } else if (attribute.is(ValueKind::integer)) {
    datom.number = attribute.as_integer();
  } else {
    bad_record("the attribute is neither a keyword nor a number");
  }
  auto const before = in;
  if (auto const begin = in.head(); begin.major == Major::tag && begin.argument == DatahikeItems::object) {
    // The name of one of Datahike's own entities, for its number: a class of one field.
    auto const is_reference = [&] {
      if (in.head(Major::array, "an object").argument != 2 || in.text("the name of an object") != "datahike.migrate.cbor.SysRef") return false;
      if (in.head(Major::map, "an object's fields").argument != 1) return false;
      return read_value<DatahikeItems>(in, left) == Value{Keyword{":ident"}};
    };
    if (!is_reference()) bad_record("an object is no value of a datom");
    datom.is_system = true;
  } else {
    in = before;
  }
  datom.v = read_value<DatahikeItems>(in, left);
  if (datom.is_system && !datom.v.is(ValueKind::keyword)) bad_record("one of Datahike's own entities has no name");
  datom.tx = number("the transaction");
  if (head.argument == 5) {
    auto const added = read_value<DatahikeItems>(in, left);
    if (!added.is(ValueKind::boolean)) bad_record("it was neither added nor retracted");
    datom.added = added.as_boolean();
  }
  return datom;
}

}  // namespace cairn::detail::cbor

namespace cairn::detail {

/// Reads a sequence of datoms in CBOR (RFC 8742) and returns how many there are. `file`: where, in errors.
template <meta::Lazy = {}>
std::uint64_t read_datahike_cbor(DumpInput& in, DatahikeDatoms& datoms, std::string_view file = {}) {
  std::uint64_t count = 0;
  constexpr std::size_t first_look = std::size_t{1} << 16U;
  // As much as a datom takes is not known before it was read: what ends too early is looked at again, with twice as much of it there.
  auto const read = [&] {
    for (auto look = first_look;; look *= 2) {
      auto const text = in.ahead((std::min)(look, in.limit()));
      cbor::Reader reader{text};
      try {
        auto datom = cbor::read_datahike_datom(reader);
        in.pass(text.size() - reader.remaining());
        return datom;
      } catch (BadRecord const&) {
        if (!reader.ran_out() || text.size() < look) throw;
      }
    }
  };
  try {
    for (; !in.at_end(); ++count) datoms.add(read());
  } catch (BadRecord const& bad) {
    ExportPlace{file, "datom", count + 1}.refuse(bad.what);
  }
  return count;
}

}  // namespace cairn::detail
