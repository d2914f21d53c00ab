// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The verbs that move whole databases. Each returns the exit status and throws `Error`.
#pragma once

#include <string>

namespace cairn::tool {

/// What `cairn dump` is given.
struct DumpArguments {
  std::string branch{};
  std::string format{};  ///< edn or cbor; empty: as the file's name ends
  bool no_history = false;
  bool resume = false;
};

/// Writes a database to a file (`-`: standard output), which has its name when it is whole. On Ctrl-C the part that is there can be
/// gone on with.
int dump_store(std::string const& store, std::string const& file, DumpArguments const& arguments);
/// Makes a store of a dump (`-`: standard input), of what DataScript serialised or Datahike exported. On Ctrl-C there is none.
int restore_store(std::string const& file, std::string const& store);
/// Makes a store of a database. On Ctrl-C there is none.
int copy_store(std::string const& from, std::string const& to, std::string const& branch);

}  // namespace cairn::tool
