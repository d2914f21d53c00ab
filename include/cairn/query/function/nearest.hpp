// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The function that a mistyped name was probably meant to be.
#pragma once

#include <cairn/config/nearest.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/aggregate/aggregates.hpp>
#include <cairn/query/function/builtins.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace cairn::query {

namespace detail {

template <class Named, std::size_t Size>
[[nodiscard]] constexpr std::string_view nearest_of(std::array<Named, Size> const& known, std::span<std::string_view const> more,
                                                    std::string_view name) {
  std::array<std::string_view, Size> names{};
  std::ranges::transform(known, names.begin(), [](Named const& one) { return one.name; });
  std::array const best{config::nearest(name, names), config::nearest(name, more)};
  return config::nearest(name, best);
}

}  // namespace detail

/// For "did you mean"; empty where nothing is near. `more`: what else there is.
template <meta::Lazy = {}>
[[nodiscard]] constexpr std::string_view nearest_function(std::string_view name, std::span<std::string_view const> more = {}) {
  return detail::nearest_of(detail::builtins, more, name);
}
template <meta::Lazy = {}>
[[nodiscard]] constexpr std::string_view nearest_aggregate(std::string_view name, std::span<std::string_view const> more = {}) {
  return detail::nearest_of(detail::aggregates, more, name);
}

}  // namespace cairn::query
