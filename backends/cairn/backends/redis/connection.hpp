// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The connection of the Redis backend.
#pragma once

#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/redis/call.hpp>
#include <cairn/backends/redis/config.hpp>
#include <cairn/backends/redis/keys.hpp>
#include <cairn/backends/redis/scripts.hpp>
#include <cairn/backends/redis/shared_store.hpp>
#include <cairn/backends/redis/writer.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::backends::redis {

/// An open store. Any number of connections, in any processes that reach the server, may have the same store open and write to it; each
/// thread that reads or writes at the same time has a connection to the server of its own.
///
/// Errors: `io/error` and `io/full` for what the server says, with its word in the data, and where it stays away for longer than
/// `:timeout`; `config/mismatch` where a durable store's server came back with other settings; `store/does-not-exist` after the store was
/// deleted; `store/poisoned` in a child of a fork. Thread safety: every member may be called at once from any thread.
class Connection {
 public:
  using Address = redis::Address;
  using Writer = redis::Writer;

  explicit Connection(Config const& config) : store_{std::make_shared<details::SharedStore>(config)} {}

  /// The blob. One request. O(size).
  [[nodiscard]] Bytes read(Address const& address) const {
    auto const reply = store_->server().run({"GET", store_->keys().blob(address)}, "read a blob");
    if (!reply.is_text()) {
      raise_absent_blob("There is no such blob in the Redis store under the key " + store_->keys().store() +
                        ": it was never committed, or swept, or the server dropped it when its memory was full.");
    }
    return reply.shared_bytes();
  }
  /// Asks for many at a time before it waits for the first.
  template <class Sink>
  void read_many(std::span<Address const> addresses, Sink&& sink) const {
    for (std::size_t next = 0; next != addresses.size();) {
      auto const end = (std::min)(addresses.size(), next + at_a_time);
      try {
        auto const session = store_->server().lease();
        std::string bytes;
        for (auto const& address : addresses.subspan(next, end - next)) details::Call{"GET", store_->keys().blob(address)}.write(bytes);
        session->send(bytes, end - next);
        for (; next != end; ++next) {
          auto const reply = session->receive();
          if (!reply.is_text() || reply.is_error()) break;
          sink(next, reply.shared_bytes());
        }
      } catch (details::Disconnected const&) {  // NOLINT(bugprone-empty-catch): the one that it stopped at is asked for alone
      }
      // By itself it follows a cluster, waits for a server and says what is wrong.
      if (next == end) continue;
      sink(next, read(addresses[next]));
      ++next;
    }
  }
  /// The root of that name as it is now, commits of other processes included. One request; linear in the bytes of what was appended since this
  /// connection read that root last; where its state was replaced, or another root was read meanwhile, in those of state and tail.
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const {
    auto const& names = store_->keys();
    auto const last = store_->last_root().find(branch);
    auto seen = last ? *last : RootRecord{};
    auto const head = last ? details::head_of(last->version) : details::Head{};
    auto const known = std::to_string(head.frames);
    auto const reply = store_->run({details::Script::root,
                                    {names.store(), names.roots(), names.state(branch), names.tail(branch)},
                                    {names.value(), branch, head.epoch, known, head.lot}},
                                   "read a root");
    if (reply.is_array() && reply.size() == 0) return std::nullopt;
    auto const damaged = [] {
      raise(Errc::store_corrupt,
            "A root of the Redis store is not whole: another program changed it, or the server dropped parts of it. Restore it from a backup.");
    };
    if (reply.size() < 2 || reply.size() > 3 || reply[0].text().size() != common::epoch_size) damaged();
    bool const is_known = reply.size() == 2;
    auto const frames = reply[is_known ? 1 : 2];
    if (!frames.is_array() || (is_known ? reply[0].text() != head.epoch : !reply[1].is_text())) damaged();
    if (is_known && frames.size() == 0) return seen;
    if (!is_known) seen = {{}, Bytes::copy(reply[1].bytes()), {}};
    std::string_view lot;
    for (std::size_t i = 0; i != frames.size(); ++i) {
      auto const entry = frames[i].bytes();
      if (entry.size() < common::epoch_size) damaged();
      seen.tail.push_back(Bytes::copy(entry.subspan(common::epoch_size)));
      lot = frames[i].text().substr(0, common::epoch_size);
    }
    seen.version = details::version_of({reply[0].text(), seen.tail.size(), lot});
    store_->last_root().keep(branch, seen);
    return seen;
  }
  /// The names of all roots, sorted. One request.
  [[nodiscard]] std::vector<std::string> roots() const {
    auto const& names = store_->keys();
    auto const reply = store_->run({details::Script::roots, {names.store(), names.roots()}, {names.value()}}, "list roots");
    std::vector<std::string> found;
    for (std::size_t i = 0; i != reply.size(); ++i) found.emplace_back(reply[i].text());
    std::sort(found.begin(), found.end());
    return found;
  }
  /// Takes nothing: the server compares when the writer commits.
  [[nodiscard]] Writer begin() { return Writer{store_}; }

  /// Removes every blob that was put before `cutoff` and is not live. Looks at every key of the server's database, a thousand or so a
  /// request.
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) {
    static_cast<void>(roots());  // the store is there
    auto const before = std::chrono::floor<std::chrono::milliseconds>(cutoff.time_since_epoch()).count();
    auto& server = store_->server();
    static_cast<void>(server.scan(store_->keys().blobs() + "*", store_->keys().store(), [&](std::vector<std::string_view> const& found) {
      std::vector<std::string_view> dead;
      for (auto const key : found) {
        auto const address = store_->keys().address_in(key);
        if (address && address->put_at() < before && !live(*address)) dead.push_back(key);
      }
      server.remove(dead);
    }));
  }

  /// Whether the server, as it was set up when it was last connected to, keeps what it acknowledges: a `:sync :relaxed` store may be on
  /// one that does not.
  [[nodiscard]] bool is_durable() const noexcept { return store_->server().keeps_commits(); }

 private:
  static constexpr std::size_t at_a_time = 128;

  std::shared_ptr<details::SharedStore> store_;
};

}  // namespace cairn::backends::redis
