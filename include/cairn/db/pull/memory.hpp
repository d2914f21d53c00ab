// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a pull writes down while it is at work.
#pragma once

#include <cairn/datom/datom.hpp>
#include <cairn/db/pull/path.hpp>
#include <cairn/db/pull/plan.hpp>
#include <cairn/db/pull/star.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/meta/watch.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace cairn::detail {

/// What was found under an attribute: a value, or entities to follow.
struct PullCell {
  std::uint32_t step = 0;
  std::uint32_t targets = 0;
  std::size_t first_target = 0;
  std::uint32_t place = 0;  ///< of its key among the result's
  bool found = false;
  notation::Value value{};
};

/// A watch is asked after so many units: an entity is one, a value is, and each 64 bytes of a text are.
inline constexpr std::size_t pull_work_a_poll = 64;
inline constexpr std::size_t pull_bytes_a_unit = 64;

/// What a pull writes down while it is at work; it can be used again for the same plan.
struct PullMemory {
  /// An entity on the way to the one that is read, whose cells are followed one after the other.
  struct Level {
    std::uint32_t node = 0;
    EntityId entity = 0;
    std::size_t region = 0;  ///< where in the path the references begin that the pattern has followed into itself
    bool has_followed = false;  ///< one of these led here
    std::size_t base = 0;       ///< of its cells
    std::size_t end = 0;
    std::size_t first_target = 0;
    std::size_t cell = 0;  ///< that is followed now
    std::uint32_t target = 0;
    std::size_t first_value = 0;  ///< of what that cell's targets show
  };
  /// A cell that goes into the result.
  struct Shown {
    std::uint32_t rank = 0;
    std::size_t cell = 0;
    std::uint32_t place = 0;
    bool is_hidden = false;
  };

  explicit PullMemory(PullPlan const& plan) : stars(plan.nodes.size()) {}

  /// Whether it is worth keeping.
  [[nodiscard]] bool is_small() const noexcept {
    constexpr std::size_t most = 4096;
    return cells.capacity() + targets.capacity() + values.capacity() + levels.capacity() < most;  // the path has no more than there are levels
  }

  std::vector<std::unique_ptr<PullStar>> stars;  ///< by node; null where a pattern has no `*`, or was not used yet
  std::vector<PullCell> cells{};
  std::vector<EntityId> targets{};
  std::vector<notation::Value> values{};
  std::vector<Level> levels{};
  PullPath path{};
  std::vector<std::size_t> takers{};
  std::vector<Shown> shown{};
  std::vector<std::uint32_t> by_rank{};
  /// Asked after each `pull_work_a_poll` units.
  meta::Watch watch{};
  std::size_t unasked = 0;
  std::size_t work = 0;
  std::size_t made_text = 0;  ///< bytes that functions of `:xform` have made of other values
};

}  // namespace cairn::detail
