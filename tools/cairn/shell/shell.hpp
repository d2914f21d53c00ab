// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The shell: forms in, results out.
#pragma once

#include <istream>
#include <ostream>

namespace cairn::tool {

/// Evaluates every form of `in` and writes one line each to `out`, as soon as a form is complete. Goes on after an error.
/// Returns 1 if any form failed, else 0.
int run_forms(std::istream& in, std::ostream& out);

/// The same with a person: a prompt with history and completion, tables for lists of datoms, errors in words.
int run_prompt();

}  // namespace cairn::tool
