// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a store on an SQL server asks of one connection to it.
#pragma once

#include <cairn/backends/common/timed_key.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::backends::common {

/// The connection to the server was lost, or its answer did not come in time. What was sent may have been done, or be done yet.
struct LostConnection {
  std::string reason;
};

/// The server gave up a transaction for another one's sake (a deadlock, a serialization failure): nothing has changed.
struct TryAgain {
  std::string reason;
};
/// Where nobody tries again.
[[noreturn]] inline void raise_given_up(TryAgain const& given_up) {
  raise(Errc::store_locked, "The server gave up for another transaction's sake: " + given_up.reason + " Nothing was changed by this call: do it again.");
}

struct SqlBlob {
  TimedKey key;
  std::vector<std::byte> bytes;
  bool may_replace;  ///< what was put under that key before
};

/// One change of a root, with the blobs that go along: a transaction. Each makes a version of 16 random bytes, and a row of the tail
/// carries the version that it made: so a change whose reply was lost is found again.
struct SqlChange {
  enum Kind : std::uint8_t { commit, append, drop };
  Kind kind;
  std::string_view branch;
  std::string_view expected;  ///< empty: there must be no such root
  std::string_view made;
  std::span<std::byte const> bytes;
  std::span<SqlBlob const> blobs;
};

/// The tables are the same on every server:
///
///     store  one row: format, the store's own 16 random bytes
///     blob   key, bytes
///     root   number, name, version, how many frames its tail has
///     tail   root, place, the version that put it there, bytes: the state is at place 0, frames follow
///
/// Anything may throw a `LostConnection`, after which the session is of no use, or a `TryAgain`, but for `open`, which throws an `Error`.
/// A session is used by one thread at a time.
template <class Type>
concept SqlSession = requires(Type& session, std::string_view text, RootRecord const& record, SqlChange const& change, TimedKey key, std::span<TimedKey const> keys,
                              std::span<SqlBlob const> blobs, void (*sink)(std::size_t, Bytes)) {
  requires std::constructible_from<Type, typename Type::Settings const&>;
  /// Whether the server has not hung up. Does not wait.
  { session.is_alive() } -> std::same_as<bool>;
  /// Done, or nothing has changed, in one transaction; where `hold` came before, that one, which ends only with what was done.
  { session.apply(change, text) } -> std::same_as<bool>;
  /// Whether that change is seen to have been made, after whatever has the root's row, for which it waits; false says nothing.
  { session.shows(change) } -> std::same_as<bool>;
  /// In a transaction of its own: not between `hold` and what ends it.
  { session.put(blobs) } -> std::same_as<void>;
  /// Begins a transaction in which no other session changes a root that is there.
  { session.hold() } -> std::same_as<void>;
  /// Whatever transaction is open is undone, or the session is not alive any more.
  { session.give_up() } noexcept -> std::same_as<void>;
  { session.read(key) } -> std::same_as<std::optional<Bytes>>;
  /// Of those that are there.
  { session.read_many(keys, sink) } -> std::same_as<void>;
  /// `store/does-not-exist` where the store is another than that of these bytes; so do the others that take them.
  { session.root(text, text) } -> std::same_as<std::optional<RootRecord>>;
  /// What was read of that root before and what was appended since, in time linear in the latter; nullopt where something else has become
  /// of it, or of the store.
  { session.root_since(text, text, record) } -> std::same_as<std::optional<RootRecord>>;
  { session.roots(text) } -> std::same_as<std::vector<std::string>>;
  /// The first keys from the one on that are before the other, in their order.
  { session.keys_between(key, key, std::size_t{}) } -> std::same_as<std::vector<TimedKey>>;
  { session.remove(keys, text) } -> std::same_as<void>;
};

}  // namespace cairn::backends::common
