// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether a store still holds what was put in.
#pragma once

#include "schema.hpp"

#include <cstdint>

namespace package_history {

/// A sum over all that a database says and ever said.
struct Contents {
  std::uint64_t datoms = 0;
  std::uint64_t sum = 0;
  friend bool operator==(Contents const&, Contents const&) = default;
};

[[nodiscard]] inline Contents contents_of(Database const& db) {
  Contents contents;
  for (auto const& datom : db.history().datoms(cairn::eavt)) {
    std::uint64_t mixed = datom.v.hash();
    for (std::uint64_t const part :
         {static_cast<std::uint64_t>(datom.e), std::uint64_t{std::hash<cairn::Keyword>{}(datom.a)},
          static_cast<std::uint64_t>(datom.tx), std::uint64_t{datom.added}}) {
      mixed = (mixed ^ part) * 0x9E3779B97F4A7C15U;
      mixed ^= mixed >> 32U;
    }
    ++contents.datoms;
    contents.sum += mixed;
  }
  return contents;
}

}  // namespace package_history
