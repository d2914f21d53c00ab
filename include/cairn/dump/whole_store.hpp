// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A store that is there with all that is in it, or not at all.
#pragma once

#include <cairn/layer/hidden_root.hpp>
#include <cairn/store/store.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cairn::detail {

/// Makes the snapshot that a new store begins with; its nodes go to the sink as they are made, and are read back from the source.
template <class IndexTag>
using MakeSnapshot = std::function<Snapshot<IndexTag>(NodeSink const&, std::shared_ptr<NodeSource const> const&)>;

/// A hidden root that says who fills a new store at the moment: whoever began last. So who fails knows whether the place is somebody else's by now.
template <class Backend>
class Claim {
 public:
  using Handle = BackendHandle<Backend>;

  /// Errors: those of the backend; `commit/conflict` where somebody else begins at the same moment.
  explicit Claim(Handle& handle) {
    auto const before = handle.blobs().root(name());
    auto result = handle.blobs().begin().commit(name(), before ? before->version : Version{}, own_.bytes);
    if (!(result == CommitResult::committed)) raise(Errc::commit_conflict, "Somebody else begins to fill this store at the same moment. Nothing was changed by this.");
    version_ = std::move(result.version);
  }
  [[nodiscard]] bool is_held(Handle& handle) const {
    auto const root = handle.blobs().root(name());
    return root && std::ranges::equal(root->state.view(), own_.bytes);
  }
  /// What is left of it does no harm: nobody sees it but the next who fills the store.
  void let_go(Handle& handle) const noexcept {
    try {
      static_cast<void>(handle.blobs().begin().drop(name(), version_));
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
  }

 private:
  [[nodiscard]] static std::string name() { return layer::hidden_root("restoring"); }

  CommitId own_ = CommitId::random();
  Version version_;
};

/// Makes a store with one commit in it. Until that is there, there is no database: what a process leaves that is killed before is found
/// by the next creation or restoration, which begins anew. What `make` throws passes through, and the store is removed again, unless this
/// call did not make its storage, or somebody else fills it by now.
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
  std::optional<Claim<Backend>> claim;
  try {
    auto const handle = std::make_shared<Handle>(config);
    try {
      claim.emplace(*handle);
    } catch (Error const& error) {
      if (error.code() == Errc::commit_conflict) is_own = false;
      throw;
    }
    auto writer = handle->blobs().begin();
    auto const sink = Handle::node_sink(writer);
    auto const snapshot = make(sink, Handle::node_source(handle));
    FlushReceipt receipt;
    std::vector<CommitId> commits{CommitId::random()};
    auto const state = codec::write_state<IndexTag>(commits, {}, snapshot, sink, receipt);
    is_committing = true;
    auto const result = writer.commit(options.branch, Version{}, state);
    if (!(result == CommitResult::unknown)) claim->let_go(*handle);
    if (result == CommitResult::committed) return;
    if (result == CommitResult::conflict) {
      raise(Errc::store_exists, "Somebody else has made a database there meanwhile. Nothing was changed.");
    }
    raise(result == CommitResult::unknown ? Errc::commit_unknown : Errc::io_error,
          "The commit that makes the database could not be made: " + result.reason + ". Look whether the database is there; if not, begin again.");
  } catch (...) {
    // Storage that was there before may be what somebody else is restoring into at this moment; and in this call's own somebody may have
    // made a database meanwhile, or begun to.
    try {
      bool const is_others = !is_own || is_committing || (claim && !claim->is_held(*std::make_shared<Handle>(config))) || Operations::exists(config);
      if (!is_others) Backend::delete_store(config);
    } catch (...) {  // NOLINT(bugprone-empty-catch): the first error is the one to hear of
    }
    throw;
  }
}

}  // namespace cairn::detail
