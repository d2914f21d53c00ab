// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Opens the store that the other translation unit made: the stores in memory are one a process, not one a unit.
#include "second.hpp"

#include <cairn/backends/mem/backend.hpp>
#include <cairn/database.hpp>

#include <cstddef>
#include <string_view>

std::size_t count_names() {
  auto connection = cairn::Store<cairn::backends::mem::Backend>::connect({.id = "consumer"});
  std::size_t count = 0;
  for (auto const& datom : connection.db().datoms(cairn::eavt)) {
    if (datom.v == cairn::Value{std::string_view{"Ivan"}}) ++count;
  }
  return count;
}
