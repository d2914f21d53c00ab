// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An aggregate of the program.
#pragma once

#include <cairn/datom/value.hpp>

#include <functional>
#include <span>
#include <string>

namespace cairn::query {

/// An aggregate that the program gives a name: called once for each group, with all its values, at least one.
struct CustomAggregate {
  using Function = std::function<Value(std::span<Value const> values)>;
  std::string name{};
  Function function{};
};

}  // namespace cairn::query
