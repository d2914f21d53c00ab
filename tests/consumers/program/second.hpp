// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the program's second translation unit offers.
#pragma once

#include <cstddef>

/// The number of names in the memory store "consumer", as seen from another translation unit.
std::size_t count_names();
