// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A store that is there with all that is in it, or not at all.
#pragma once

#include <cairn/store/store.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cairn::detail {

/// Makes the snapshot that a new store begins with; its nodes go to the sink as they are made, and are read back from the source.
template <class IndexTag>
using MakeSnapshot = std::function<Snapshot<IndexTag>(NodeSink const&, std::shared_ptr<NodeSource const> const&)>;

/// Makes a store with one commit in it. Until that is there, there is no database: what a process leaves that is killed before is found
/// by the next creation or restoration, which begins anew. What `make` throws passes through, and the store is removed again, unless this
/// call did not make its storage.
/// Errors: `store/exists`; those of the backend.
template <class Backend, class IndexTag>
void create_whole(typename Backend::Config const& config, DatabaseOptions const& options, MakeSnapshot<IndexTag> const& make) {
  using Handle = BackendHandle<Backend>;
  using Operations = StoreOperations<Backend, IndexTag>;
  config::validate_config<Backend>(config);
  config::validate_options(options);
  check_index(options, IndexTag::name);
  bool is_own = true;
  try {
    Backend::empty_store(config);
  } catch (Error const& error) {
    if (error.code() != Errc::store_exists) throw;
    if (Operations::exists(config)) {
      raise(Errc::store_exists, "There is a database already, and nothing is restored over one. Name another place, or delete that one first.");
    }
    is_own = false;
  }
  bool is_committing = false;
  try {
    auto const handle = std::make_shared<Handle>(config);
    auto writer = handle->blobs().begin();
    auto const sink = Handle::node_sink(writer);
    auto const snapshot = make(sink, Handle::node_source(handle));
    FlushReceipt receipt;
    std::vector<CommitId> commits{CommitId::random()};
    auto const state = codec::write_state<IndexTag>(commits, {}, snapshot, sink, receipt);
    is_committing = true;
    auto const result = writer.commit(options.branch, Version{}, state);
    if (result == CommitResult::committed) return;
    if (result == CommitResult::conflict) {
      raise(Errc::store_exists, "Somebody else has made a database there meanwhile. Nothing was changed.");
    }
    raise(result == CommitResult::unknown ? Errc::commit_unknown : Errc::io_error,
          "The commit that makes the database could not be made: " + result.reason + ". Look whether the database is there; if not, begin again.");
  } catch (...) {
    // Storage that was there before may be what somebody else is restoring into at this moment; and in this call's own somebody may have
    // made a database meanwhile.
    try {
      if (is_own && !is_committing && !Operations::exists(config)) Backend::delete_store(config);
    } catch (...) {  // NOLINT(bugprone-empty-catch): the first error is the one to hear of
    }
    throw;
  }
}

}  // namespace cairn::detail
