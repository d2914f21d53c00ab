// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Datahike's datoms in EDN.
#pragma once

#include <cairn/datom/decimal.hpp>
#include <cairn/dump/datahike_datoms.hpp>
#include <cairn/dump/edn_values.hpp>
#include <cairn/dump/input.hpp>
#include <cairn/edn/to_double.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::detail {

/// The values that Datahike's tags make, beside those that need none.
struct DatahikeTags {
  static Value read(notation::Form form) {
    auto const tag = form.tag();
    if (!tag.starts_with("datahike/")) return read_tagged(form);
    auto const content = form.tagged_value();
    if (content.is(notation::Kind::string)) {
      auto const text = content.string();
      if (tag == "datahike/float") return float_of(text);
      if (tag == "datahike/bytes") {
        if (auto const bytes = from_base64(text)) return std::span<std::byte const>{*bytes};
        bad_record("bytes are not in base64");
      }
    }
    bad_record("#" + std::string{tag} + " is no value of a datom");
  }

 private:
  /// From the text that Java writes.
  static float float_of(std::string_view text) {
    using Float = std::numeric_limits<float>;
    if (text == "NaN") return Float::quiet_NaN();
    if (text == "Infinity") return Float::infinity();
    if (text == "-Infinity") return -Float::infinity();
    auto const number = cairn::detail::is_number_text(text, true) ? static_cast<float>(notation::detail::to_double(text)) : Float::infinity();
    if (std::isinf(number)) bad_record("\"" + begin_of(text) + "\" is no float");
    return number;
  }
};

/// `[e a v tx added]`, with or without `#datahike/Datom` before it, or without `added`.
template <meta::Lazy = {}>
[[nodiscard]] DatahikeDatom datahike_datom(notation::Form form) {
  using Kind = notation::Kind;
  if (form.is(Kind::tagged) && form.tag() == "datahike/Datom") form = form.tagged_value();
  auto const is_datom = [&] {
    if (!form.is(Kind::vector) || form.size() < 4 || form.size() > 5) return false;
    bool const has_attribute = form[1].is(Kind::integer) || form[1].is(Kind::keyword);
    return form[0].is(Kind::integer) && has_attribute && form[3].is(Kind::integer) && (form.size() == 4 || form[4].is(Kind::boolean));
  };
  if (!is_datom()) bad_record("it is no datom: [e a v tx added]");
  DatahikeDatom datom;
  datom.e = form[0].integer();
  if (form[1].is(Kind::keyword)) {
    datom.name = Keyword{form[1].name()};
  } else {
    datom.number = form[1].integer();
  }
  auto value = form[2];
  datom.is_system = value.is(Kind::tagged) && value.tag() == "datahike/sysref" && value.tagged_value().is(Kind::keyword);
  if (datom.is_system) value = value.tagged_value();
  datom.v = read_exact<DatahikeTags>(value);
  datom.tx = form[3].integer();
  datom.added = form.size() == 4 || form[4].boolean();
  return datom;
}

/// Reads datoms in EDN, of which one does not go over the end of a line, and returns how many there are. `file`: where, in errors.
/// `line`: how many lines stood before.
template <meta::Lazy = {}>
std::uint64_t read_datahike_edn(DumpInput& in, DatahikeDatoms& datoms, std::string_view file = {}, std::uint64_t line = 0) {
  std::vector<notation::Node> nodes;
  std::uint64_t count = 0;
  auto const read = [&](std::string_view text) {
    for (std::size_t at = 0;; ++count) {
      nodes.clear();
      auto const result = notation::read_next(text, at, nodes, dump_reading);
      if (result.status == notation::ReadStatus::end) return;
      if (result.status != notation::ReadStatus::form) bad_record(why_unread(text, result));
      at = result.end;
      datoms.add(datahike_datom(notation::Form{text, nodes.data(), result.root}));
    }
  };
  for (bool is_more = true; is_more;) {
    ++line;
    try {
      auto const next = in.line(0);
      is_more = next.has_value();
      auto const text = is_more ? *next : in.ahead(in.limit());
      read(text);
      in.pass(text.size());
    } catch (BadRecord const& bad) {
      ExportPlace{file, "line", line}.refuse(bad.what);
    }
  }
  return count;
}

}  // namespace cairn::detail
