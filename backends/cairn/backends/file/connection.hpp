// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The connection of the file backend.
#pragma once

#include <cairn/backends/file/address.hpp>
#include <cairn/backends/file/config.hpp>
#include <cairn/backends/file/log.hpp>
#include <cairn/backends/file/others.hpp>
#include <cairn/backends/file/posix_io.hpp>
#include <cairn/backends/file/survey.hpp>
#include <cairn/backends/file/sweep.hpp>
#include <cairn/backends/file/writer.hpp>
#include <cairn/concepts/root.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::backends::file {

/// An open store. Any number of connections, in any processes of the machine, may have the same store open and write to
/// it.
///
/// Errors: `store/corrupt`, with segment and offset, where the bytes are not those that were written; `io/error` and
/// `io/full` for what the system says; `store/poisoned` after a write that failed, and in a child of a fork. Thread
/// safety: every member may be called at once from any thread.
template <class Io>
class BasicConnection {
 public:
  using Address = file::Address;
  using Writer = BasicWriter<Io>;

  explicit BasicConnection(Config const& config) : log_{std::make_shared<details::Log<Io>>(config)} {}

  /// One read of the file; the checksum is verified every time.
  [[nodiscard]] Bytes read(Address address) const { return log_->read(address); }
  /// The root of that name as it is now, commits of other processes included. One read for each frame of the tail.
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const { return log_->root(branch); }
  /// The names of all roots, sorted.
  [[nodiscard]] std::vector<std::string> roots() const { return log_->roots(); }
  /// Takes nothing yet: the store is held from the first `put` on.
  [[nodiscard]] Writer begin() { return Writer{log_}; }
  /// Removes every segment that is older than `cutoff`, has no live blob and is needed by no root; writes those
  /// anew of which little is live; in the layout `dir`, removes the files of dead blobs. Before that, closes the last segment where that is an eighth
  /// of all. Reads the segments that it looks at; holds the store only to look at the roots, to remove, to rename and to close.
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) { details::Sweep<Io>{*log_, live, cutoff}.run(); }
  /// The same, and writes every segment anew that has anything dead in it, the last one included. `store/corrupt` where a segment
  /// cannot be read whole, `io/full` where there is no room for what is live of one. A process that has a segment open keeps its bytes.
  void erase(LiveSet<Address> const& live, TimePoint cutoff) {
    details::Sweep<Io>{*log_, live, cutoff, details::Thoroughness::leaves_nothing}.run();
  }
  /// Calls `visit(address, bytes, put_by)` for every blob. Reads all segments; in the layout `dir` the list of files.
  template <class Visit>
  void for_each_blob(Visit visit) const {
    details::for_each_blob(*log_, visit);
  }

  /// How many others have the store open, of those whose processes this one can see.
  [[nodiscard]] std::optional<std::size_t> others() const
    requires std::same_as<Io, PosixIo>
  {
    return details::count_others(log_->lock_descriptor());
  }

  /// Makes durable what relaxed commits left behind, and leaves a hint that saves the next opening a scan.
  void close() { log_->close(); }

 private:
  std::shared_ptr<details::Log<Io>> log_;
};

using Connection = BasicConnection<PosixIo>;
using Writer = Connection::Writer;

}  // namespace cairn::backends::file
