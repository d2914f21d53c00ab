// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Structs as entities: the schema that they make, transacting them, pulling them.
#pragma once

#include <cairn/db/aggregate/pull.hpp>
#include <cairn/db/aggregate/schema.hpp>
#include <cairn/db/aggregate/write.hpp>
