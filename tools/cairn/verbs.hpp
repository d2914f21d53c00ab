// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The verbs of the command beside `shell`. Each returns the exit status and throws `Error`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cairn::tool {

/// What a command that Ctrl-C ended returns, as a shell would.
inline constexpr int status_interrupted = 130;

int create_store(std::string const& store, bool keep_history, bool schema_on_read);

/// Removes a store with all of its branches, after a question to whoever sits at the terminal, unless `sure`. 1 where the answer is no, 2 where
/// nobody is there to be asked.
int delete_store(std::string const& store, bool sure);

/// How a store is named in the shell where that is what a file's name names: a configuration, a URI, a store's directory or SQLite's file; else empty.
[[nodiscard]] std::string store_in_place_of_forms(std::string const& file);

/// Transacts the forms of files (`-`: standard input): a vector or `{:tx-data ...}` is a transaction, entity maps are gathered
/// into transactions of `batch`. Ends between two transactions on Ctrl-C.
int import_files(std::string const& store, std::vector<std::string> const& files, std::size_t batch);

/// Transacts the forms before the first entity map, such as a schema; imports all that follow, maps and operations that add, as
/// one transaction, whole or not at all (`Connection::import`). Memory grows with the temporary ids (`:db/id -1`) and the
/// longest form or comment, not with the files. On Ctrl-C nothing of the import is there.
int import_files_in_bulk(std::string const& store, std::vector<std::string> const& files);

/// What `cairn q` and `cairn explain` are given.
struct QueryArguments {
  std::string query{};  ///< `-`: standard input
  std::vector<std::string> inputs{};  ///< EDN, or text as it is
  std::string format{};  ///< edn, json, csv, table; empty: a table on a terminal, else EDN
  std::string as_of{};
  std::string since{};
  bool history = false;
  std::optional<std::int64_t> limit{};
  std::optional<std::int64_t> offset{};
  std::int64_t timeout = 0;  ///< milliseconds; 0: none
};

/// Prints the answer to a query. Ends on Ctrl-C.
int query_store(std::string const& store, QueryArguments const& arguments);
/// Prints how a query is answered. It is run.
int explain_query(std::string const& store, QueryArguments const& arguments);

/// What `cairn stats` is given.
struct StatsArguments {
  bool nodes = false;    ///< also what of the store is alive: reads the inner nodes of all that is kept for a day, and lists the blobs
  std::string format{};  ///< edn, table, prometheus; empty: a table on a terminal, else EDN
};

/// Prints the statistics of a connection that was made for it.
int print_stats(std::string const& store, StatsArguments const& arguments);

/// What `cairn gc` is given.
struct GarbageArguments {
  std::int64_t keep_age = std::int64_t{24} * 60 * 60 * 1000;  ///< milliseconds
  std::size_t keep = 1;
  bool dry_run = false;
  bool erase = false;
};

/// Removes what no branch needs any more, or says how much that is. On Ctrl-C what is gone by then was garbage.
int collect_garbage(std::string const& store, GarbageArguments const& arguments);
int verify_store(std::string const& store);
/// Reads all that an audited store holds and prints what is not as it was committed; 1 where there is anything. `from`: a commit that is known to be
/// good; `key`: the public key that the store has to be signed with. Both may be empty.
int verify_chain_of(std::string const& store, std::string const& from, std::string const& key);

/// The branches of the store, a line each, the one that the argument names with a star.
int print_branches(std::string const& store);
/// Makes a branch of what the store's branch holds, or of the commit `from`.
int make_branch(std::string const& store, std::string const& name, std::string const& from);
int remove_branch(std::string const& store, std::string const& name);
/// Takes another branch's changes over; prints conflicts and returns 1 where there are any. `prefer` is empty, `ours` or `theirs`.
int merge_branch(std::string const& store, std::string const& name, std::string const& prefer);
/// Prints what leads from the first of two databases to the second, or what the second and the third made of the first. Each is a branch, a commit or a point in
/// time of the store's branch; of three none is a time. `format`: edn, json.
int print_difference(std::string const& store, std::vector<std::string> const& names, std::string const& format);
/// Prints the commits of the store's branch, or of all, newest first; `graph` draws what they were made from.
int print_log(std::string const& store, bool graph, bool all, std::size_t limit);

enum class BackendsAs : std::uint8_t { text, edn, markdown };

/// All backends, or what there is to say of one; of one in Markdown the keys of its configuration only.
int print_backends(std::string const& id, BackendsAs as);

}  // namespace cairn::tool
