// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Every public header, and nothing before them.
#include "all_headers.hpp"
