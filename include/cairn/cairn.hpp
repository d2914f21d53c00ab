// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The framework. A program includes this, and the backends that it uses.
#pragma once

#include <cairn/database.hpp>
#include <cairn/query/compiled/q.hpp>
#include <cairn/query/query.hpp>
