// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The runner of a step of any kind.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/run/block.hpp>
#include <cairn/query/run/blocks.hpp>
#include <cairn/query/run/compute.hpp>
#include <cairn/query/run/filter.hpp>
#include <cairn/query/run/rules/table_runner.hpp>

#include <memory>

namespace cairn::query {

template <meta::Lazy>
std::unique_ptr<StepRunner> make_runner(StepPlace const& place) {
  using Kind = Step::Kind;
  switch (place.step.kind) {
    case Kind::pattern: return place.context.source(place.step.source).pattern(place);
    case Kind::filter: return std::make_unique<FilterRunner>(place);
    case Kind::compute: return std::make_unique<ComputeRunner>(place);
    case Kind::missing: return std::make_unique<MissingRunner>(place);
    case Kind::without: return std::make_unique<WithoutRunner>(place);
    case Kind::either: return std::make_unique<EitherRunner>(place);
    case Kind::call:
    case Kind::closure:
    case Kind::seeds: return make_table_runner(place);
    case Kind::empty: break;
  }
  return std::make_unique<EmptyRunner>(place);
}

template <meta::Lazy>
std::unique_ptr<StepRunner> make_distinct(StepPlace const& place) {
  return std::make_unique<DistinctRunner>(place);
}

template <meta::Lazy>
std::unique_ptr<StepRunner> make_counter(StepPlace const& place) {
  return std::make_unique<CountRunner>(place);
}

}  // namespace cairn::query
