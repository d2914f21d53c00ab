// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Between the values of datoms and EDN.
#pragma once

#include <cairn/datom/datom.hpp>
#include <cairn/edn/parse.hpp>
#include <cairn/edn/read_result.hpp>
#include <cairn/edn/to_double.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

namespace detail {

/// How deep forms may be in each other that become values or transaction data: as deep as the reader lets them be. What walks these
/// recurses, and an `edn::Value` may be as deep as memory allows.
inline constexpr std::uint32_t deepest_form = notation::ReaderOptions{}.max_depth;
template <meta::Lazy = {}>
inline void require_depth_left(std::uint32_t depth) {
  if (depth != deepest_form) return;
  raise(Errc::edn_limit,
        "What becomes a value, or transaction data, is nested more than " + std::to_string(deepest_form) +
            " deep. Make smaller parts of it: of an entity map's inner ones entities by themselves, named by :db/id.",
        "{}");
}

inline constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 4648, section 4, padded.
template <meta::Lazy = {}>
std::string to_base64(std::span<std::byte const> bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    std::size_t const here = (std::min)(bytes.size() - i, std::size_t{3});
    for (std::size_t k = 0; k != 3; ++k) {
      group = group << 8U | (k < here ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k != 4; ++k) {
      text += k <= here ? base64_digits[(group >> (18 - 6 * k)) & 63U] : '=';
    }
  }
  return text;
}

/// The bytes; nothing where the text is not what `to_base64` writes.
template <meta::Lazy = {}>
std::optional<std::vector<std::byte>> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::vector<std::byte> bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i != text.size(); i += 4) {
    bool const last = i + 4 == text.size();
    std::size_t const padding = last ? (text[i + 3] != '=' ? 0U : text[i + 2] != '=' ? 1U : 2U) : 0U;
    std::uint32_t group = 0;
    for (std::size_t k = 0; k != 4; ++k) {
      auto const digit = k + padding < 4 ? base64_digits.find(text[i + k]) : 0;
      if (digit == std::string_view::npos) return std::nullopt;
      group = group << 6U | static_cast<std::uint32_t>(digit);
    }
    for (std::size_t k = 0; k + padding < 3; ++k) bytes.push_back(static_cast<std::byte>(group >> (16 - 8 * k)));
  }
  return bytes;
}

/// The double that is written as the float is: 0.1f is 0.1, not 0.10000000149011612. Where the float's digits, read as a double, would be
/// those of its neighbour (7.038531e-26f), it is the float's own value.
template <meta::Lazy = {}>
double shortest_double(double value) {
  if (!std::isfinite(value)) return value;
  std::array<char, 32> text{};
  auto const number = static_cast<float>(value);
  auto const [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  auto const written = notation::detail::to_double({text.data(), static_cast<std::size_t>(end - text.data())});
  return static_cast<float>(written) == number ? written : value;
}

}  // namespace detail

/// A value in EDN. An instant is `#inst`, a uuid `#uuid`, bytes are `#bytes "base64"`, a tuple is a vector, a bigint
/// ends in `N`, a bigdec in `M`; a float is written with as many digits as a float needs. `to_value` reads each of them
/// back, but for the float, which comes back as a double: the attribute's type makes a float of it again.
template <meta::Lazy = {}>
[[nodiscard]] notation::Value to_edn(Value const& value) {
  using Edn = notation::Value;
  switch (value.kind()) {
    case ValueKind::nil:
      return Edn::nil();
    case ValueKind::boolean:
      return Edn::boolean(value.as_boolean());
    case ValueKind::integer:
      return Edn::integer(value.as_integer());
    case ValueKind::float32:
      return Edn::real(detail::shortest_double(value.as_double()));
    case ValueKind::float64:
      return Edn::real(value.as_double());
    case ValueKind::bigint:
      return Edn::bigint(value.as_string());
    case ValueKind::bigdec:
      return Edn::decimal(value.as_string());
    case ValueKind::instant:
      return Edn::instant(value.as_instant().milliseconds);
    case ValueKind::uuid: {
      auto const uuid = value.as_uuid();
      notation::UuidBytes bytes{};
      std::ranges::transform(uuid.bytes, bytes.begin(), [](std::byte byte) { return static_cast<std::uint8_t>(byte); });
      return Edn::uuid(bytes);
    }
    case ValueKind::string:
      return Edn::string(std::string{value.as_string()});
    case ValueKind::keyword:
      return Edn::keyword(value.as_keyword().text());
    case ValueKind::symbol:
      return Edn::symbol(value.as_symbol().text());
    case ValueKind::bytes:
      return Edn::tagged("bytes", Edn::string(detail::to_base64(value.as_bytes())));
    case ValueKind::tuple: {
      std::vector<Edn> elements;
      for (auto const& element : value.as_tuple()) elements.push_back(to_edn(element));
      return Edn::vector(std::move(elements));
    }
    case ValueKind::edn:
      return notation::parse(value.as_string());
  }
  return {};
}

/// `[e a v tx added]`.
template <meta::Lazy = {}>
[[nodiscard]] inline notation::Value to_edn(Datom const& datom) {
  using Edn = notation::Value;
  return Edn::vector({Edn::integer(datom.e), Edn::keyword(datom.a.text()), to_edn(datom.v), Edn::integer(datom.tx),
                      Edn::boolean(datom.added)});
}

/// As text, for messages. A value that EDN cannot write is described.
template <meta::Lazy = {}>
[[nodiscard]] inline std::string to_text(Value const& value) {
  try {
    return notation::write(to_edn(value));
  } catch (Error const&) {
    return "\"(not writable)\"";
  }
}
template <meta::Lazy = {}>
[[nodiscard]] inline std::string to_text(Keyword keyword) { return std::string{":"}.append(keyword.text()); }

namespace detail {

template <meta::Lazy = {}>
[[nodiscard]] Value to_value_at(std::uint32_t depth, notation::Value const& edn) {
  using Kind = notation::Kind;
  switch (edn.kind()) {
    case Kind::nil:
      return {};
    case Kind::boolean:
      return edn.as_boolean();
    case Kind::integer:
      return edn.as_integer();
    case Kind::bigint:
      return BigInt{edn.as_bigint()};
    case Kind::real:
      return edn.as_real();
    case Kind::decimal:
      return BigDecimal{edn.as_decimal()};
    case Kind::string:
      return edn.as_string();
    case Kind::symbol:
      return Symbol{edn.as_symbol()};
    case Kind::keyword:
      return Keyword{edn.as_keyword()};
    case Kind::list:
    case Kind::vector: {
      require_depth_left(depth);
      std::vector<Value> elements;
      for (auto const& item : edn.items()) elements.push_back(to_value_at(depth + 1, item));
      return elements;
    }
    case Kind::tagged:
      if (auto const instant = edn.instant()) return Instant{*instant};
      if (auto const bytes = edn.uuid()) {
        Uuid uuid;
        std::ranges::transform(*bytes, uuid.bytes.begin(), [](auto byte) { return static_cast<std::byte>(byte); });
        return uuid;
      }
      if (edn.tag() == "bytes" && edn.tagged_value().is_string()) {
        if (auto const bytes = from_base64(edn.tagged_value().as_string())) {
          return std::span<std::byte const>{*bytes};
        }
      }
      break;
    case Kind::character:
    case Kind::map:
    case Kind::set:
      break;
  }
  raise(Errc::transact_syntax,
        notation::write(edn) + " is " + std::string{name(edn.kind())} +
            ", which no datom can hold. Values are numbers, strings, keywords, symbols, booleans, #inst, #uuid, #bytes "
            "\"base64\" and vectors of these.",
        "{:value " + notation::write(edn) + "}");
}

}  // namespace detail

/// The value that a scalar or a vector of scalars means. `transact/syntax` for what no datom can hold: maps, sets,
/// characters, unknown tags; `edn/limit` for what is nested more than 256 deep, which no text is.
template <meta::Lazy = {}>
[[nodiscard]] Value to_value(notation::Value const& edn) {
  return detail::to_value_at(0, edn);
}

}  // namespace cairn
