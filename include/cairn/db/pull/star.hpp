// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The attributes that `*` has met so far.
#pragma once

#include <cairn/datom/byte_io.hpp>
#include <cairn/db/pull/plan.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

namespace cairn::detail {

/// The steps of a pattern with `*`: those that it names, then one for each attribute that any entity was seen to have.
/// A schema may have thousands, of which a pull meets a few.
class PullStar {
 public:
  explicit PullStar(PullPlanNode const& node) : steps_{node.steps.begin(), node.steps.end()}, by_key_{node.by_key} {
    PullStep id;
    id.access = PullAccess::id;
    id.key = notation::Value::keyword("db/id");
    id_step_ = add(std::move(id));
  }

  [[nodiscard]] PullStep const& step(std::uint32_t at) const { return steps_[at]; }
  [[nodiscard]] std::uint32_t id_step() const noexcept { return id_step_; }

  [[nodiscard]] std::uint32_t step_for(AttributeId attribute, DatabaseSchema const& schema) {
    if (attribute < known_.size() && known_[attribute] != 0) return known_[attribute] - 1;
    auto const* described = schema.find(attribute);
    if (described == nullptr) ByteReader::corrupt("a datom has an attribute that no schema names");
    if (attribute >= known_.size()) known_.resize(attribute + std::size_t{1});
    auto const place = add(step_of(*described));
    known_[attribute] = place + 1;
    return place;
  }

 private:
  std::uint32_t add(PullStep step) {
    auto const place = static_cast<std::uint32_t>(steps_.size());
    steps_.push_back(std::move(step));
    auto const behind = std::ranges::upper_bound(by_key_, place, [&](std::uint32_t left, std::uint32_t right) {
      return compare(steps_[left].key, steps_[right].key) < 0;
    });
    by_key_.insert(behind, place);
    rank_keys(steps_, by_key_);
    return place;
  }

  std::deque<PullStep> steps_;  // which stay where they are
  std::vector<std::uint32_t> by_key_;
  std::vector<std::uint32_t> known_{};  // by attribute: the number of its step, from 1
  std::uint32_t id_step_ = 0;
};

}  // namespace cairn::detail
