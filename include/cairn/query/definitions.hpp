// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The bodies of what queries declare and the engine's library has: read by units that don't link it.
#pragma once

#include <cairn/query/compiled/execute/collect_rows.hpp>
#include <cairn/query/compiled/execute/make_input_rows.hpp>
#include <cairn/query/run/ask.hpp>
#include <cairn/query/run/run_plan.hpp>
