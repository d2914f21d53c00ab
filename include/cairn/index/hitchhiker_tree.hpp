// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The write-optimised index, with all that changes and stores it.
#pragma once

#include <cairn/index/hitchhiker_shape.hpp>
#include <cairn/index/persistent_set.hpp>
