// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The connection of the S3 backend.
#pragma once

#include <cairn/backends/s3/address.hpp>
#include <cairn/backends/s3/config.hpp>
#include <cairn/backends/s3/shared_store.hpp>
#include <cairn/backends/s3/sweep.hpp>
#include <cairn/backends/s3/writer.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::s3 {

/// An open store. Any number of connections, on any machines, may have the same store open and write to it. Each thread that asks at the
/// same time has connections to the server of its own, which are kept.
///
/// Errors: `io/error` and `io/full` for what the server says and for faults that did not pass, with the status or libcurl's code in the
/// data; `store/corrupt` for bytes that are not those written; `store/does-not-exist` after the store was deleted; `store/poisoned` in a
/// child of a fork. Thread safety: every member may be called at once from any thread.
class Connection {
 public:
  using Address = s3::Address;
  using Writer = s3::Writer;

  explicit Connection(Config const& config) : store_{std::make_shared<details::SharedStore>(config)} {}

  /// A copy of the blob. One request.
  [[nodiscard]] Bytes read(Address const& address) const { return store_->read(address); }
  /// Blobs; those of one pack that lie close together come with one request. `:parallel` requests are under way at once.
  template <class Sink>
  void read_many(std::span<Address const> addresses, Sink&& sink) const {
    store_->read_many(addresses, sink);
  }

  /// The root of that name as it is now. One request, which brings nothing where the root is as it was last seen.
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const {
    auto const known = store_->look(branch);
    if (known && !known->object.is_dropped) return known->record;
    store_->require_store();
    return std::nullopt;
  }
  /// The names of all roots, sorted. One request for each thousand, and one for each name that is longer than a key.
  [[nodiscard]] std::vector<std::string> roots() const {
    std::vector<std::string> names;
    std::vector<std::string> unnamed;
    store_->client().list(store_->keys().roots(), [&](details::Listed const& object) {
      if (object.size == details::RootObject::dropped_size) return true;
      if (auto name = store_->keys().name_of(object.key)) {
        names.push_back(*std::move(name));
      } else {
        unnamed.push_back(object.key);
      }
      return true;
    });
    for (auto& key : unnamed) {
      if (auto root = store_->root_in(std::move(key)); root && !root->is_dropped) names.push_back(std::move(root->name));
    }
    if (names.empty()) store_->require_store();
    std::sort(names.begin(), names.end());
    return names;
  }

  /// Takes nothing: the root is compared when it is swapped.
  [[nodiscard]] Writer begin() { return Writer{store_}; }

  /// Removes packs of which every blob was put before `cutoff` and none is live, or few are, which it moves first. One request for the
  /// contents of each older pack.
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) { details::Sweep{*store_, live, cutoff}.run(); }

 private:
  std::shared_ptr<details::SharedStore> store_;
};

}  // namespace cairn::backends::s3
