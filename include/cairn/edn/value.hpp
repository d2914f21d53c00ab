// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An EDN value that owns what it says.
#pragma once

#include <cairn/edn/value_class.hpp>
#include <cairn/edn/value_compare.hpp>
#include <cairn/edn/value_make.hpp>
