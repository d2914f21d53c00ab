// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Values as EDN, exactly: as EDN has them, and by a tag what it has not.
#pragma once

#include <cairn/datom/codec.hpp>
#include <cairn/db/edn_conversion.hpp>
#include <cairn/dump/format.hpp>
#include <cairn/edn/form.hpp>
#include <cairn/edn/instant.hpp>
#include <cairn/edn/name.hpp>
#include <cairn/edn/number.hpp>
#include <cairn/edn/read_result.hpp>
#include <cairn/edn/utf8.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/meta/lazy.hpp>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::detail {

/// A chunk has what a datom can hold, which may be more than people write.
inline constexpr notation::ReaderOptions dump_reading{.max_bytes = static_cast<std::uint32_t>(largest_chunk), .max_digits = static_cast<std::uint32_t>(largest_chunk)};

template <class Bits>
void write_hex(std::string& out, Bits bits) {
  for (int shift = static_cast<int>(sizeof bits) * 8 - 4; shift >= 0; shift -= 4) {
    out += "0123456789abcdef"[static_cast<unsigned>((bits >> static_cast<unsigned>(shift)) & 15U)];
  }
}

template <class Bits>
[[nodiscard]] Bits read_hex(std::string_view text) {
  Bits bits = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits, 16);
  std::string again;  // capitals are other bytes
  write_hex(again, bits);
  if (error != std::errc{} || end != text.data() + text.size() || again != text) {
    bad_record("\"" + std::string{text} + "\" is not " + std::to_string(2 * sizeof bits) + " hexadecimal digits");
  }
  return bits;
}

/// Numbers that are none are told apart by their bits; EDN knows one.
template <class Real, class Bits>
void write_real(std::string& out, Real number, Bits bits, std::string_view tag) {
  auto const digits = std::is_same_v<Real, double> ? static_cast<double>(number) : shortest_double(static_cast<double>(number));
  if (std::isnan(number) && bits != std::bit_cast<Bits>(std::numeric_limits<Real>::quiet_NaN())) {
    ((out += "#cairn/") += tag) += " \"";
    write_hex(out, bits);
    out += '"';
  } else {
    if (!std::is_same_v<Real, double>) ((out += "#cairn/") += tag) += ' ';
    notation::write_to(out, digits);
  }
}

template <meta::Lazy = {}>
void write_tagged_text(std::string& out, std::string_view tag, std::string_view text) {
  ((out += "#cairn/") += tag) += ' ';
  notation::write_string_to(out, text);
}

/// Text that a program made need not be UTF-8, which all EDN is.
template <meta::Lazy = {}>
void write_any_bytes(std::string& out, std::string_view tag, std::string_view bytes) {
  write_tagged_text(out, tag, to_base64(std::as_bytes(std::span{bytes.data(), bytes.size()})));
}

template <meta::Lazy = {}>
void write_name(std::string& out, std::string_view text, bool keyword) {
  if (notation::detail::any_name_error(text, keyword) != nullptr) return write_any_bytes(out, keyword ? "keyword" : "symbol", text);
  if (keyword) out += ':';
  out += text;
}

template <meta::Lazy = {}>
void write_number_text(std::string& out, std::string_view text, bool decimal) {
  auto const is_number = [](std::string_view token) {
    std::size_t const digits = token.starts_with('-') ? 1 : 0;
    return token.size() > digits && token[digits] >= '0' && token[digits] <= '9' && notation::detail::scan_number(token).error == nullptr;
  };
  auto const token = std::string{text} + (decimal ? 'M' : 'N');
  bool const is_canonical = is_number(token) && text == (decimal ? notation::detail::canonical_decimal<std::string>(token)
                                                                 : notation::detail::canonical_bigint<std::string>(token));
  if (!is_canonical) return write_any_bytes(out, decimal ? "bigdec" : "bigint", text);
  out += token;
}

/// Exactly: what is read back has the same type and the same bytes.
template <meta::Lazy = {}>
void write_exact(std::string& out, Value const& value) {
  switch (value.kind()) {
    case ValueKind::nil: out += "nil"; break;
    case ValueKind::boolean: out += value.as_boolean() ? "true" : "false"; break;
    case ValueKind::integer: notation::write_to(out, value.as_integer()); break;
    case ValueKind::float32: {
      auto const number = static_cast<float>(value.as_double());
      write_real(out, number, std::bit_cast<std::uint32_t>(number), "float");
      break;
    }
    case ValueKind::float64: write_real(out, value.as_double(), std::bit_cast<std::uint64_t>(value.as_double()), "double"); break;
    case ValueKind::bigint: write_number_text(out, value.as_string(), false); break;
    case ValueKind::bigdec: write_number_text(out, value.as_string(), true); break;
    case ValueKind::instant:
      ((out += "#inst \"") += notation::format_instant(value.as_instant().milliseconds)) += '"';
      break;
    case ValueKind::string:
      if (!notation::utf8::is_valid(value.as_string())) return write_any_bytes(out, "string", value.as_string());
      notation::write_string_to(out, value.as_string());
      break;
    case ValueKind::keyword: write_name(out, value.as_keyword().text(), true); break;
    case ValueKind::symbol: write_name(out, value.as_symbol().text(), false); break;
    case ValueKind::bytes: ((out += "#bytes \"") += to_base64(value.as_bytes())) += '"'; break;
    case ValueKind::tuple: {
      char before = '[';
      if (value.as_tuple().empty()) out += before;
      for (auto const& element : value.as_tuple()) {
        out += std::exchange(before, ' ');
        write_exact(out, element);
      }
      out += ']';
      break;
    }
    case ValueKind::uuid:
    case ValueKind::edn: notation::write_to(out, to_edn(value)); break;
  }
}

template <meta::Lazy = {}>
[[nodiscard]] Value read_tagged(notation::Form form) {
  if (auto const instant = form.instant()) return Instant{*instant};
  if (auto const bytes = form.uuid()) {
    Uuid uuid;
    for (std::size_t i = 0; i != uuid.bytes.size(); ++i) uuid.bytes[i] = static_cast<std::byte>((*bytes)[i]);
    return uuid;
  }
  auto const tag = form.tag();
  auto const content = form.tagged_value();
  if (tag == "cairn/float" && content.is(notation::Kind::real)) return static_cast<float>(content.real());
  if (content.is(notation::Kind::string)) {
    auto const text = content.string();
    if (tag == "cairn/float") return std::bit_cast<float>(read_hex<std::uint32_t>(text));
    if (tag == "cairn/double") return std::bit_cast<double>(read_hex<std::uint64_t>(text));
    if (auto const bytes = from_base64(text)) {
      std::string_view const raw{reinterpret_cast<char const*>(bytes->data()), bytes->size()};
      if (tag == "bytes") return std::span<std::byte const>{*bytes};
      if (tag == "cairn/string") return raw;
      if (tag == "cairn/keyword") return Keyword{":" + std::string{raw}};
      if (tag == "cairn/symbol") return Symbol{raw};
      if (tag == "cairn/bigint" && is_number_text(raw, false)) return BigInt{std::string{raw}};
      if (tag == "cairn/bigdec" && is_number_text(raw, true)) return BigDecimal{std::string{raw}};
    }
  }
  bad_record("#" + std::string{tag} + " " + begin_of(content.raw()) + " is no value of a datom");
}

/// What values tags make in a dump. Who reads another writer's gives a type with this function.
struct OwnTags {
  static Value read(notation::Form form) { return read_tagged(form); }
};

template <class Tags = OwnTags>
[[nodiscard]] Value read_exact(notation::Form form, int depth = 0) {
  using Kind = notation::Kind;
  switch (form.kind()) {
    case Kind::nil: return {};
    case Kind::boolean: return form.boolean();
    case Kind::integer: return form.integer();
    case Kind::bigint: return BigInt{form.digits()};
    case Kind::real: return form.real();
    case Kind::decimal: return BigDecimal{form.digits()};
    case Kind::string: return form.string();
    case Kind::symbol: return Symbol{form.name()};
    case Kind::keyword: return Keyword{form.name()};
    case Kind::vector: {
      if (depth == codec::max_tuple_depth) bad_record("tuples are nested too deep");
      std::vector<Value> elements;
      elements.reserve(form.size());
      for (auto const element : form) elements.push_back(read_exact<Tags>(element, depth + 1));
      return elements;
    }
    case Kind::tagged: return Tags::read(form);
    case Kind::character:
    case Kind::list:
    case Kind::map:
    case Kind::set: break;
  }
  bad_record(std::string{name(form.kind())} + " is no value of a datom");
}

}  // namespace cairn::detail
