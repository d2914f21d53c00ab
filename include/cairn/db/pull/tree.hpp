// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a pull pattern says, before any schema is known.
#pragma once

#include <cairn/datom/datom.hpp>
#include <cairn/edn/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace cairn::detail {

/// What a pattern wants to see of the entities that an attribute leads to.
enum class PullInner : std::uint8_t {
  none,       ///< their numbers; components whole
  pattern,    ///< a pattern of their own
  recursion,  ///< the pattern that the attribute is in
};

/// An attribute of a pattern, and what to do with it.
struct PullItem {
  static constexpr std::size_t default_limit = 1000;

  Keyword attribute{};  ///< forward, though the pattern may name it in reverse
  bool reverse = false;
  bool is_id = false;                         ///< `:db/id`
  notation::Value key{};                      ///< what it is called in the result
  std::optional<notation::Value> missing{};   ///< `:default`
  std::optional<notation::Value> function{};  ///< `:xform`, a name
  std::size_t limit = default_limit;
  PullInner inner = PullInner::none;
  std::uint32_t pattern = 0;  ///< of PullInner::pattern: its place in the tree
  std::int64_t depth = 0;     ///< of PullInner::recursion: how often; 0: without an end
};

struct PullNode {
  bool everything = false;  ///< `*`
  std::vector<PullItem> items{};
};

/// A pattern and the patterns in it; it is the first, and each stands before those inside of it.
struct PullTree {
  notation::Value written{};
  std::vector<PullNode> nodes{};
};

}  // namespace cairn::detail
