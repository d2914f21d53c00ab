// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The stored form of a node's run of datoms: columns, those of the values by attribute and type.
#pragma once

#include <cairn/index/datom_view.hpp>
#include <cairn/index/value_column.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace cairn::detail {

/// What makes values alike: datoms of one attribute whose values are of one type share a column.
struct RowClass {
  AttributeId attribute = 0;
  ValueKind kind = ValueKind::nil;
  friend auto operator<=>(RowClass const&, RowClass const&) = default;
};

/// The classes of a run's rows, ascending, and each row's.
struct RowClasses {
  std::array<RowClass, most_packed> classes;
  std::array<std::uint64_t, most_packed> of_rows;
  std::array<std::uint8_t, most_packed> by_class;        // the rows class by class, in their order
  std::array<std::uint8_t, most_packed + 1> first_of{};  // where in `by_class` those of a class begin
  std::size_t count = 0;

  [[nodiscard]] unsigned width() const noexcept { return static_cast<unsigned>(std::bit_width(count - 1)); }
  [[nodiscard]] std::size_t size_of(std::size_t each) const noexcept {
    return std::size_t{first_of[each + 1]} - first_of[each];
  }

  /// A row's class, when rows are shown one by one.
  template <meta::Lazy = {}>
  void add(std::size_t row, RowClass const& its) noexcept {
    // Rows often follow each other in the order in which classes did before.
    auto at = last_;
    if (at < count && classes[at] != its) at = at + 1 != count ? at + 1 : 0;
    if (at < count && classes[at] != its) {
      for (at = 0; at != count && classes[at] != its;) ++at;
    }
    if (at == count) classes[count++] = its;
    of_rows[row] = last_ = at;
  }
  /// Puts them in order, when all were shown.
  template <meta::Lazy = {}>
  void sort(std::size_t rows) noexcept {
    auto const known = std::span{classes}.first(count);
    if (!std::ranges::is_sorted(known)) {
      auto const unsorted = classes;
      std::ranges::sort(known);
      std::array<std::uint64_t, most_packed> places;
      for (std::size_t i = 0; i != count; ++i) {
        places[i] = static_cast<std::uint64_t>(std::ranges::lower_bound(known, unsorted[i]) - known.begin());
      }
      for (std::size_t i = 0; i != rows; ++i) of_rows[i] = places[of_rows[i]];
    }
    group(rows);
  }
  /// Finds the rows of each class. Requires that all classes of rows are below `count`.
  template <meta::Lazy = {}>
  void group(std::size_t rows) noexcept {
    for (std::size_t i = 0; i != rows; ++i) ++first_of[of_rows[i] + 1];
    for (std::size_t i = 0; i != count; ++i) first_of[i + 1] = static_cast<std::uint8_t>(first_of[i + 1] + first_of[i]);
    auto next = first_of;
    for (std::size_t i = 0; i != rows; ++i) by_class[next[of_rows[i]]++] = static_cast<std::uint8_t>(i);
  }

 private:
  std::size_t last_ = 0;
};

// How a run says which of its datoms were added (docs/format.md, "Rows"). On disk: do not renumber.
inline constexpr std::uint8_t none_added = 0;
inline constexpr std::uint8_t all_added = 1;
inline constexpr std::uint8_t some_added = 2;

/// Appends a run of 1 to `most_packed` rows. `look(i, slot)` shows one. Runs of the same rows have the same bytes.
inline void write_rows(ByteWriter& out, std::size_t count, auto const& look) {
  std::array<DatomSlot, most_packed> rows;
  std::array<std::int64_t, most_packed> entities;
  std::array<std::int64_t, most_packed> transactions;
  std::array<std::uint64_t, most_packed> added;
  RowClasses classes;
  std::size_t additions = 0;
  for (std::size_t i = 0; i != count; ++i) {
    look(i, rows[i]);
    auto const& row = rows[i].get();
    entities[i] = row.e;
    transactions[i] = row.tx;
    added[i] = row.added ? 1 : 0;
    additions += row.added ? 1U : 0U;
    classes.add(i, {row.a, row.v.kind()});
  }
  classes.sort(count);

  out.varint(classes.count);
  AttributeId attribute = 0;
  for (auto const& each : std::span{classes.classes}.first(classes.count)) {
    out.varint(each.attribute - std::exchange(attribute, each.attribute));
    out.u8(static_cast<std::uint8_t>(each.kind));
  }
  pack_bits(out, std::span{classes.of_rows}.first(count), classes.width());
  write_integers(out, std::span{entities}.first(count));
  write_integers(out, std::span{transactions}.first(count));
  if (additions == 0 || additions == count) {
    out.u8(additions == 0 ? none_added : all_added);
  } else {
    out.u8(some_added);
    pack_bits(out, std::span{added}.first(count), 1);
  }
  for (std::size_t i = 0; i != classes.count; ++i) {
    auto const* const members = &classes.by_class[classes.first_of[i]];
    write_values(out, classes.classes[i].kind, classes.size_of(i),
                 [&](std::size_t at) -> Value const& { return rows[members[at]].get().v; });
  }
}

/// Reads as many rows as there is room for, 1 to `most_packed`; in which order they come is not looked at. Errors:
/// `store/corrupt`.
template <meta::Lazy = {}>
void read_rows(ByteReader& in, std::span<RawDatom> rows) {
  RowClasses classes;
  auto const number = in.varint();
  if (number == 0 || number > rows.size()) ByteReader::corrupt("a node has no attributes, or too many");
  classes.count = static_cast<std::size_t>(number);
  std::uint64_t attribute = 0;
  for (std::size_t i = 0; i != classes.count; ++i) {
    auto const step = in.varint();
    if (step > UINT32_MAX - attribute) ByteReader::corrupt("an attribute's number is too large");
    attribute += step;
    auto const kind = in.u8();
    if (kind > static_cast<std::uint8_t>(ValueKind::tuple)) ByteReader::corrupt("a value has an unknown type");
    classes.classes[i] = {static_cast<AttributeId>(attribute), static_cast<ValueKind>(kind)};
    if (i != 0 && classes.classes[i] <= classes.classes[i - 1]) {
      ByteReader::corrupt("the attributes of a node are not in order");
    }
  }
  unpack_bits(in, std::span{classes.of_rows}.first(rows.size()), classes.width());
  for (std::size_t i = 0; i != rows.size(); ++i) {
    if (classes.of_rows[i] >= classes.count) {
      ByteReader::corrupt("a datom has an attribute that its node does not have");
    }
    rows[i].a = classes.classes[classes.of_rows[i]].attribute;
  }
  classes.group(rows.size());

  std::array<std::int64_t, most_packed> integers;
  auto const column = std::span{integers}.first(rows.size());
  read_integers(in, column);
  for (std::size_t i = 0; i != rows.size(); ++i) rows[i].e = column[i];
  read_integers(in, column);
  for (std::size_t i = 0; i != rows.size(); ++i) rows[i].tx = column[i];
  auto const added = in.u8();
  if (added > some_added) ByteReader::corrupt("a node does not say which of its datoms were added");
  std::array<std::uint64_t, most_packed> flags;
  if (added == some_added) unpack_bits(in, std::span{flags}.first(rows.size()), 1);
  for (std::size_t i = 0; i != rows.size(); ++i) {
    rows[i].added = added == some_added ? flags[i] != 0 : added == all_added;
  }

  std::array<Value, most_packed> values;
  for (std::size_t i = 0; i != classes.count; ++i) {
    auto const size = classes.size_of(i);
    if (size == 0) ByteReader::corrupt("a node has an attribute without a datom");
    read_values(in, classes.classes[i].kind, std::span{values}.first(size));
    auto const* const members = &classes.by_class[classes.first_of[i]];
    for (std::size_t at = 0; at != size; ++at) rows[members[at]].v = std::move(values[at]);
  }
}

}  // namespace cairn::detail
