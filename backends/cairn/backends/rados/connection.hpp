// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The connection of the RADOS backend.
#pragma once

#include <cairn/backends/rados/cluster.hpp>
#include <cairn/backends/rados/config.hpp>
#include <cairn/backends/rados/errors.hpp>
#include <cairn/backends/rados/names.hpp>
#include <cairn/backends/rados/shared_store.hpp>
#include <cairn/backends/rados/sweep.hpp>
#include <cairn/backends/rados/writer.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::rados {

/// An open store. Any number of connections, on any machines, may have the same store open and write to it. Each has a connection to the
/// cluster of its own, with librados' threads.
///
/// Errors: `io/error` and `io/full` for what the cluster answers, with its errno in the data, and where it does not within `:timeout`;
/// `store/corrupt` for bytes that are not those written; `store/does-not-exist` after the store was deleted; `store/poisoned` in a child
/// of a fork, and where the cluster has put the client on its blocklist. Thread safety: every member may be called at once from any
/// thread.
class Connection {
 public:
  using Address = rados::Address;
  using Writer = rados::Writer;

  explicit Connection(Config const& config) : store_{std::make_shared<details::SharedStore>(config)} {}

  /// A copy of the blob. One round trip.
  [[nodiscard]] Bytes read(Address const& address) const {
    Bytes found;
    read_many(std::span{&address, 1}, [&](std::size_t, Bytes bytes) { found = std::move(bytes); });
    return found;
  }
  /// Blobs; those of one pack that lie close together come with one operation. `:parallel` of them are under way at once.
  template <class Sink>
  void read_many(std::span<Address const> addresses, Sink&& sink) const {
    store_->read_many(addresses, sink);
  }

  /// The root of that name as it is now. One round trip, which brings what was appended since it was last seen.
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const {
    if (auto const known = store_->look(branch)) return known->root();
    store_->require_store();
    return std::nullopt;
  }
  /// The names of all roots, sorted. One round trip for each thousand, and a look at each root that there ever was.
  [[nodiscard]] std::vector<std::string> roots() const {
    auto const& cluster = store_->cluster();
    std::vector<std::string> objects;
    std::vector<std::string> names;
    bool are_more = true;
    for (std::string last; are_more;) {
      details::Texts entries;
      auto const answer = cluster.read_entries(store_->names().roots(), last, entries, are_more);
      if (answer == -ENOENT) {
        store_->require_store();
        raise(Errc::store_corrupt, "The list of the roots of the Ceph store is gone: restore it from a backup.");
      }
      if (answer < 0) details::raise_answer(answer, "list roots");
      for (auto& [entry, name] : entries) {
        objects.push_back(store_->names().root_of(entry));
        names.push_back(std::move(name));
      }
      if (entries.empty()) break;
      last = entries.rbegin()->first;
    }
    std::vector<std::string> found;
    cluster.each(
        objects.size(), [&](std::size_t i, details::Completion& completion) { cluster.begin_stat(objects[i], completion); },
        [&](std::size_t i, int answer) {
          if (answer == -ENOENT) return;  // dropped
          if (answer < 0) details::raise_answer(answer, "look at a root");
          found.push_back(std::move(names[i]));
        });
    std::sort(found.begin(), found.end());
    return found;
  }

  /// Takes nothing: the cluster compares when the root is changed.
  [[nodiscard]] Writer begin() { return Writer{store_}; }

  /// Removes packs that were put before `cutoff` and of which no blob is live, and gives the room of the dead back in those that are half
  /// dead. The object stores look at all objects of the pool; one operation for each older pack, and one for each that changes.
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) { details::Sweep{*store_, live, cutoff}.run(roots()); }

 private:
  std::shared_ptr<details::SharedStore> store_;
};

}  // namespace cairn::backends::rados
