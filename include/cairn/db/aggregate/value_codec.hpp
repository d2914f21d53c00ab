// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which C++ types are values, of which type each, and how they are written and read.
#pragma once

#include <cairn/concepts/bytes.hpp>
#include <cairn/datom/value.hpp>
#include <cairn/db/value_type.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/enum_names.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ratio>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn {

/// The namespace of the attributes that a struct's fields are, and of the keywords that an enumeration's values are:
/// after
///
/// ```cpp
/// template <>
/// inline constexpr std::string_view cairn::attribute_namespace<Person> = "person";
/// ```
///
/// the field `first_name` is `:person/first-name`. Empty: none, `:first-name`.
template <class Type>
inline constexpr std::string_view attribute_namespace{};

/// How a field of a type is a value. Specialise it for a type of your own:
///
/// ```cpp
/// template <>
/// struct cairn::ValueCodec<Colour> {
///   static constexpr ValueType type = ValueType::integer;           // any but ref and tuple
///   static Value write(Colour const& colour);                       // a value of that type
///   static std::optional<Colour> read(Value const& value);          // of that type; nothing: no Colour is like it
/// };
/// ```
template <class Type>
struct ValueCodec;

/// A type that is one value.
template <class Type>
concept CodedValue = requires(Type const& object) {
  { ValueCodec<Type>::type } -> std::convertible_to<ValueType>;
  { ValueCodec<Type>::write(object) } -> std::convertible_to<Value>;
};

/// One that can be read back, too: a view cannot, it would look at what is gone.
template <class Type>
concept ReadableValue = CodedValue<Type> && requires(Value const& value) {
  { ValueCodec<Type>::read(value) } -> std::convertible_to<std::optional<Type>>;
};

namespace detail {

/// Numbers that every one of fits a long; characters are none.
template <class Type>
concept LongNumber =
    std::integral<Type> && !std::same_as<Type, bool> && !std::same_as<Type, char> && !std::same_as<Type, wchar_t> &&
    !std::same_as<Type, char8_t> && !std::same_as<Type, char16_t> && !std::same_as<Type, char32_t> &&
    (sizeof(Type) < sizeof(std::int64_t) || (std::signed_integral<Type> && sizeof(Type) == sizeof(std::int64_t)));

/// A keyword or a symbol that EDN can write.
template <class Name>
[[nodiscard]] Name checked_name(Name name) {
  if (!name.text().empty()) return name;
  raise(Errc::transact_schema,
        "A field that is a keyword or a symbol was not given one. Give it one, or make it std::optional.", "{}");
}

}  // namespace detail

template <>
struct ValueCodec<bool> {
  static constexpr ValueType type = ValueType::boolean;
  static Value write(bool flag) noexcept { return flag; }
  static std::optional<bool> read(Value const& value) { return value.as_boolean(); }
};

template <detail::LongNumber Type>
struct ValueCodec<Type> {
  static constexpr ValueType type = ValueType::integer;
  static Value write(Type number) noexcept { return static_cast<std::int64_t>(number); }
  static std::optional<Type> read(Value const& value) {
    auto const number = value.as_integer();
    return std::in_range<Type>(number) ? std::optional{static_cast<Type>(number)} : std::nullopt;
  }
};

template <>
struct ValueCodec<float> {
  static constexpr ValueType type = ValueType::float32;
  static Value write(float number) noexcept { return number; }
  static std::optional<float> read(Value const& value) { return static_cast<float>(value.as_double()); }
};

template <>
struct ValueCodec<double> {
  static constexpr ValueType type = ValueType::float64;
  static Value write(double number) noexcept { return number; }
  static std::optional<double> read(Value const& value) { return value.as_double(); }
};

template <>
struct ValueCodec<BigInt> {
  static constexpr ValueType type = ValueType::bigint;
  static Value write(BigInt const& number) { return number; }
  static std::optional<BigInt> read(Value const& value) { return BigInt{std::string{value.as_string()}}; }
};

template <>
struct ValueCodec<BigDecimal> {
  static constexpr ValueType type = ValueType::bigdec;
  static Value write(BigDecimal const& number) { return number; }
  static std::optional<BigDecimal> read(Value const& value) { return BigDecimal{std::string{value.as_string()}}; }
};

template <>
struct ValueCodec<std::string> {
  static constexpr ValueType type = ValueType::string;
  static Value write(std::string const& text) { return text; }
  static std::optional<std::string> read(Value const& value) { return std::string{value.as_string()}; }
};

/// To be transacted only.
template <>
struct ValueCodec<std::string_view> {
  static constexpr ValueType type = ValueType::string;
  static Value write(std::string_view text) { return text; }
};

template <>
struct ValueCodec<Keyword> {
  static constexpr ValueType type = ValueType::keyword;
  static Value write(Keyword keyword) { return detail::checked_name(keyword); }
  static std::optional<Keyword> read(Value const& value) { return value.as_keyword(); }
};

template <>
struct ValueCodec<Symbol> {
  static constexpr ValueType type = ValueType::symbol;
  static Value write(Symbol symbol) { return detail::checked_name(symbol); }
  static std::optional<Symbol> read(Value const& value) { return value.as_symbol(); }
};

template <>
struct ValueCodec<Uuid> {
  static constexpr ValueType type = ValueType::uuid;
  static Value write(Uuid const& uuid) { return uuid; }
  static std::optional<Uuid> read(Value const& value) { return value.as_uuid(); }
};

template <>
struct ValueCodec<std::vector<std::byte>> {
  static constexpr ValueType type = ValueType::bytes;
  static Value write(std::vector<std::byte> const& bytes) { return std::span<std::byte const>{bytes}; }
  static std::optional<std::vector<std::byte>> read(Value const& value) {
    auto const bytes = value.as_bytes();
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  }
};

template <>
struct ValueCodec<Bytes> {
  static constexpr ValueType type = ValueType::bytes;
  static Value write(Bytes const& bytes) { return bytes.view(); }
  static std::optional<Bytes> read(Value const& value) { return Bytes::copy(value.as_bytes()); }
};

template <>
struct ValueCodec<Instant> {
  static constexpr ValueType type = ValueType::instant;
  static Value write(Instant instant) noexcept { return instant; }
  static std::optional<Instant> read(Value const& value) { return value.as_instant(); }
};

/// Points of the system's clock, in whole milliseconds: what is finer is rounded down.
template <class Duration>
requires std::signed_integral<typename Duration::rep>
struct ValueCodec<std::chrono::time_point<std::chrono::system_clock, Duration>> {
 private:
  using Point = std::chrono::time_point<std::chrono::system_clock, Duration>;
  using Milliseconds = std::chrono::duration<std::int64_t, std::milli>;

  /// Whether a duration is one of `To` as well. Asked in the coarser of the two units, which cannot overflow.
  template <class To, class From>
  static constexpr bool fits(From since) noexcept {
    if constexpr (std::ratio_less_v<typename To::period, typename From::period>) {
      using Wide = std::chrono::duration<std::int64_t, typename From::period>;
      return since >= std::chrono::ceil<Wide>((To::min)()) && since <= std::chrono::floor<Wide>((To::max)());
    } else {
      using Wide = std::chrono::duration<std::int64_t, typename To::period>;
      return std::in_range<typename To::rep>(std::chrono::floor<Wide>(since).count());
    }
  }

 public:
  static constexpr ValueType type = ValueType::instant;
  /// Errors: `transact/schema` where an instant does not reach as far.
  static Value write(Point point) {
    auto const since = point.time_since_epoch();
    if (!fits<Milliseconds>(since)) {
      raise(Errc::transact_schema, "A point in time is more than 2^63 milliseconds from 1970, where no instant is.",
            "{}");
    }
    return Instant{std::chrono::floor<Milliseconds>(since).count()};
  }
  static std::optional<Point> read(Value const& value) {
    Milliseconds const since{value.as_instant().milliseconds};
    if (!fits<Duration>(since)) return std::nullopt;
    return Point{std::chrono::floor<Duration>(since)};
  }
};

/// Enumerations are keywords: `Sex::male` is `:male`, or `:sex/male` where `attribute_namespace<Sex>` says so.
template <meta::ReflectableEnum Enum>
requires(!meta::enumerators<Enum>.empty()) struct ValueCodec<Enum> {
  static constexpr ValueType type = ValueType::keyword;
  /// Errors: `transact/schema` for a number that has no name.
  static Value write(Enum value) {
    auto const name = meta::enumerator_name(value);
    if (!name.empty()) return keyword_of(name);
    auto const number = std::to_string(static_cast<std::underlying_type_t<Enum>>(value));
    raise(Errc::transact_schema,
          number + " is none of the enumeration's values that have a name; those are the ones from 0 to 15.",
          "{:value " + number + "}");
  }
  static std::optional<Enum> read(Value const& value) {
    auto const keyword = value.as_keyword();
    if (keyword.ns() != attribute_namespace<Enum>) return std::nullopt;
    return meta::enumerator_of<Enum>(keyword.name());
  }

 private:
  static Keyword keyword_of(std::string_view name) {
    constexpr auto ns = attribute_namespace<Enum>;
    return ns.empty() ? Keyword{name} : Keyword{std::string{ns}.append("/").append(name)};
  }
};

}  // namespace cairn
