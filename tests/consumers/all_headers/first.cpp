// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Every public header, in one of two translation units that are linked together: what isn't inline is defined twice.
#include "all_headers.hpp"

int second();

int main() { return second(); }
