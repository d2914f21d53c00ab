// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The database as a value, with the definitions of its members.
#pragma once

#include <cairn/db/db_class.hpp>
#include <cairn/db/db_lookup.hpp>
