// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A query that the compiler reads, asked, with its rows as EDN.
#pragma once

#include "asking.hpp"
#include "own_functions.hpp"
#include <cairn/index/persistent_set.hpp>
#include <cairn/query/compiled/q.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::queries {

template <class Cell>
[[nodiscard]] Edn edn_of_cell(Cell const& cell) {
  if constexpr (std::is_same_v<Cell, ValueView>) {
    return query::to_edn(cell.get());
  } else {
    return query::to_edn(Value{cell});
  }
}

template <class Row>
[[nodiscard]] Edn edn_of_row(Row const& row) {
  if constexpr (requires { std::tuple_size<Row>::value; }) {
    return std::apply([](auto const&... cells) { return Edn::vector({edn_of_cell(cells)...}); }, row);
  } else {
    return edn_of_cell(row);
  }
}

/// A range of rows or of values as a vector; one row or value, or nil.
template <class Found>
[[nodiscard]] Edn edn_of_found(Found const& found) {
  if constexpr (requires { found.has_value(); }) {
    return found.has_value() ? edn_of_row(*found) : Edn::nil();
  } else {
    notation::Values rows;
    for (auto const& row : found) rows.push_back(edn_of_row(row));
    return Edn::vector(std::move(rows));
  }
}

/// As `#uuid "00000000-0000-0000-0000-00000000000N"`.
[[nodiscard]] constexpr Uuid uuid_of(std::uint8_t number) {
  Uuid uuid;
  uuid.bytes.back() = std::byte{number};
  return uuid;
}

/// Nothing where the schema among `Extra` does not let it be asked: constants of another type, say. Without one it compiles. The databases
/// come first.
template <meta::fixed_string Text, class... Extra, class... Inputs>
[[nodiscard]] std::optional<Edn> ask_static(Inputs const&... inputs) {
  using Sorted = query::compiled::SortedExtras<Extra...>;
  using Query = typename Sorted::template Query<Text, typename query::compiled::RulesAmong<Inputs...>::type>;
  if constexpr (sizeof...(Extra) != 0 && !query::compiled::is_sound<Query, Sorted, Inputs...>()) {
    return std::nullopt;
  } else {
    return edn_of_found(q<Text, Extra...>(inputs...));
  }
}

}  // namespace cairn::queries
