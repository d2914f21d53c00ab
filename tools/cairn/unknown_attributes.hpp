// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Names in a query that are probably typing errors: nothing is found by them, and nothing is wrong.
#pragma once

#include "ask.hpp"

namespace cairn::tool {

/// Says on standard error which attributes of a query and its rules none of its databases has, each once, and the nearest one. Nothing
/// where a schema is made as data comes, nor of a query that can't be read.
void warn_of_unknown_attributes(Question const& question);

}  // namespace cairn::tool
