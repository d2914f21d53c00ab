// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The verbs of the command beside `shell`. Each returns the exit status and throws `Error`.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace cairn::tool {

/// What a command that Ctrl-C ended returns, as a shell would.
inline constexpr int status_interrupted = 130;

int create_store(std::string const& store, bool keep_history, bool schema_on_read);

/// Transacts the forms of files (`-`: standard input): a vector or `{:tx-data ...}` is a transaction, entity maps are gathered
/// into transactions of `batch`. Ends between two transactions on Ctrl-C.
int import_files(std::string const& store, std::vector<std::string> const& files, std::size_t batch);

int print_stats(std::string const& store);
int verify_store(std::string const& store);

/// All backends, or what there is to say of one.
int print_backends(std::string const& id, bool as_edn);

}  // namespace cairn::tool
