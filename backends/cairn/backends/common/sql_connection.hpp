// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The connection of backends on SQL servers.
#pragma once

#include <cairn/backends/common/sql_session.hpp>
#include <cairn/backends/common/sql_store.hpp>
#include <cairn/backends/common/sql_writer.hpp>
#include <cairn/backends/common/text.hpp>
#include <cairn/backends/common/timed_key.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::common {

/// An open store on a server. Any number of connections, in any processes of any machine, may have the same store open and write to it.
///
/// Reads that lose their connection are made again on a new one. Errors: `io/error`, `io/full`, `store/corrupt`, `store/locked` for what
/// the server says, with its code in the data; `store/does-not-exist` after the store was deleted; `store/poisoned` in a child of a fork.
/// Thread safety: every member may be called at once from any thread.
template <SqlSession Session>
class SqlConnection {
 public:
  using Address = TimedKey;
  using Writer = SqlWriter<Session>;

  explicit SqlConnection(std::shared_ptr<SqlStore<Session>> store) noexcept : store_{std::move(store)} {}

  /// One statement, O(log n + size).
  [[nodiscard]] Bytes read(Address address) const {
    auto found = store_->reach(Use::read, [&](Session& session) { return session.read(address); });
    if (!found) raise_missing(address);
    return *std::move(found);
  }

  /// One statement for each 256 of them.
  template <class Sink>
  void read_many(std::span<Address const> addresses, Sink&& sink) const {
    constexpr std::size_t at_a_time = 256;
    for (std::size_t begin = 0; begin < addresses.size(); begin += at_a_time) {
      auto const some = addresses.subspan(begin, (std::min)(addresses.size() - begin, at_a_time));
      auto const found = store_->reach(Use::read, [&](Session& session) {
        std::vector<std::optional<Bytes>> all(some.size());
        session.read_many(some, [&](std::size_t index, Bytes bytes) { all[index] = std::move(bytes); });
        return all;
      });
      // Foreign code, which may read this very store: without a session.
      for (std::size_t i = 0; i != some.size(); ++i) {
        if (!found[i]) raise_missing(some[i]);
        sink(begin + i, *found[i]);
      }
    }
  }

  /// The root of that name as it is now, commits of other processes included. One statement, linear in the bytes of what was appended since
  /// this connection read that root last; where its state was replaced, or another root was read meanwhile, two, linear in state and tail.
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const {
    auto const last = store_->last_root().find(branch);
    auto found = store_->reach(Use::read, [&](Session& session) {
      if (last) {
        if (auto grown = session.root_since(branch, store_->own(), *last)) return grown;
      }
      return session.root(branch, store_->own());
    });
    if (found) store_->last_root().keep(branch, *found);
    return found;
  }

  /// The names of all roots, sorted.
  [[nodiscard]] std::vector<std::string> roots() const {
    auto names = store_->reach(Use::read, [&](Session& session) { return session.roots(store_->own()); });
    std::sort(names.begin(), names.end());
    return names;
  }

  /// Takes no session yet.
  [[nodiscard]] Writer begin() { return Writer{store_}; }

  /// Removes every blob that was put before `cutoff`, by the clock of whoever put it, and is not live, a thousand in a transaction.
  /// Reads the keys of all older blobs.
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) {
    constexpr std::size_t at_a_time = 1024;
    auto const end = TimedKey::first_at(cutoff);
    TimedKey last;
    for (;;) {
      auto const found = store_->reach(Use::read, [&](Session& session) { return session.keys_between(last, end, at_a_time); });
      std::vector<TimedKey> dead;
      for (auto const& key : found) {
        if (!live(key)) dead.push_back(key);
      }
      if (!dead.empty()) store_->reach(Use::change, [&](Session& session) { session.remove(dead, store_->own()); });
      if (found.size() != at_a_time) return;
      last = found.back();
    }
  }

 private:
  using Use = typename SqlStore<Session>::Use;

  [[noreturn]] static void raise_missing(TimedKey const& key) {
    auto const text = hexadecimal(key.bytes);
    raise_absent_blob("There is no blob " + text + " in this store: it was never committed, or swept.",
                      "{:address \"" + text + "\"}");
  }

  std::shared_ptr<SqlStore<Session>> store_;
};

}  // namespace cairn::backends::common
