// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The roots of a store and their tails, inside a transaction.
#pragma once

#include <cairn/backends/common/followed_root.hpp>
#include <cairn/backends/common/last_root.hpp>
#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/lmdb/environment.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <lmdb.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cairn::backends::lmdb::details {

struct CloseCursor {
  void operator()(MDB_cursor* cursor) const noexcept { mdb_cursor_close(cursor); }
};
using CursorPtr = std::unique_ptr<MDB_cursor, CloseCursor>;

inline CursorPtr open_cursor(MDB_txn* transaction, MDB_dbi tree) {
  MDB_cursor* made = nullptr;
  check(mdb_cursor_open(transaction, tree, &made), "read a tree");
  return CursorPtr{made};
}

/// A root as one value of the tree.
struct StoredRoot {
  std::string_view epoch;
  std::string_view name;
  ByteSpan state;

  static StoredRoot read(MDB_val const& value) {
    auto const text = text_of(value);
    std::uint32_t length = 0;
    if (text.size() >= 20) std::memcpy(&length, text.data() + 16, sizeof length);
    if (text.size() < 20 || text.size() - 20 < length) raise(Errc::store_corrupt, "A root of the LMDB store is cut short: restore it from a backup.");
    return {text.substr(0, 16), text.substr(20, length), bytes_of(value).subspan(20 + length)};
  }
  [[nodiscard]] std::string write() const {
    auto const length = static_cast<std::uint32_t>(name.size());
    std::string made;
    made.reserve(20 + name.size() + state.size());
    made.append(epoch).append(reinterpret_cast<char const*>(&length), sizeof length).append(name);
    return made.append(reinterpret_cast<char const*>(state.data()), state.size());
  }
};

/// What must be known of a root before it is changed.
struct RootHead {
  bool is_there = false;
  std::string epoch{};
  std::uint64_t frames = 0;
};

/// One root: looked at, or changed in a transaction that writes. An append adds one value to `tail` and touches nothing else, so a
/// root's version is its epoch and how many frames there are.
class RootTable {
 public:
  /// As `known` says; looked up where that is nothing.
  RootTable(MDB_txn* transaction, Trees const& trees, std::string_view name, std::optional<RootHead> known = {})
      : transaction_{transaction}, trees_{trees}, name_{name}, key_{key_of(name)} {
    if (known) {
      head_ = *std::move(known);
      return;
    }
    auto key = value_of(key_);
    MDB_val found{};
    auto const result = mdb_get(transaction_, trees_.root, &key, &found);
    if (result == MDB_NOTFOUND) return;
    check(result, "read a root");
    auto const stored = StoredRoot::read(found);
    // Names may be longer than keys, so a key is a hash; nobody meets two names of one hash but who sets out to.
    if (stored.name != name_) raise(Errc::io_error, "Two names of roots have one hash in the LMDB store: choose another name for the branch.");
    state_ = stored.state;
    head_ = {true, std::string{stored.epoch}, count_frames()};
  }

  [[nodiscard]] bool is_there() const noexcept { return head_.is_there; }
  [[nodiscard]] Version version() const { return head_.is_there ? common::root_version(head_.epoch, head_.frames) : Version{}; }
  [[nodiscard]] bool is_at(Version const& expected) const noexcept {
    return head_.is_there ? common::is_root_version(expected, head_.epoch, head_.frames) : expected == Version{};
  }
  [[nodiscard]] RootHead const& head() const noexcept { return head_; }
  /// What is not in `last` is read. Requires that it was looked up.
  [[nodiscard]] RootRecord record(common::LastRoot& last) const {
    return common::read_root(last, name_, head_.epoch, head_.frames, [&] { return Bytes::copy(state_); },
                             [&](std::uint64_t place, std::vector<Bytes>& frames) {
                               auto const cursor = open_cursor(transaction_, trees_.tail);
                               each_frame(cursor.get(), place, [&](MDB_val const& frame) { frames.push_back(Bytes::copy(bytes_of(frame))); });
                             });
  }

  void commit(ByteSpan state) {
    head_ = {true, common::random_epoch(), 0};
    put_root(state);
    clear_tail();
  }
  void append(ByteSpan frame) {
    if (!head_.is_there) {
      head_ = {true, common::random_epoch(), 0};
      put_root({});
    }
    auto const frame_key = key_ + common::big_endian(head_.frames++);
    auto key = value_of(frame_key);
    auto value = value_of(frame);
    check(mdb_put(transaction_, trees_.tail, &key, &value, 0), "append a frame");
  }
  void drop() {
    if (!head_.is_there) return;
    head_ = {};
    auto key = value_of(key_);
    check(mdb_del(transaction_, trees_.root, &key, nullptr), "remove a root");
    clear_tail();
  }

 private:
  static std::string key_of(std::string_view name) {
    XXH128_canonical_t hash{};
    XXH128_canonicalFromHash(&hash, XXH3_128bits(name.data(), name.size()));
    return {reinterpret_cast<char const*>(hash.digest), sizeof hash.digest};
  }
  void put_root(ByteSpan state) {
    auto const made = StoredRoot{head_.epoch, name_, state}.write();
    auto key = value_of(key_);
    auto value = value_of(made);
    check(mdb_put(transaction_, trees_.root, &key, &value, 0), "write a root");
  }

  [[nodiscard]] std::uint64_t count_frames() const {
    auto const cursor = open_cursor(transaction_, trees_.tail);
    auto const end = key_ + std::string(8, '\xff');
    auto key = value_of(end);
    MDB_val value{};
    auto result = mdb_cursor_get(cursor.get(), &key, &value, MDB_SET_RANGE);
    result = mdb_cursor_get(cursor.get(), &key, &value, result == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
    if (result == MDB_NOTFOUND) return 0;
    check(result, "read a tail");
    auto const last = text_of(key);
    if (last.size() != 24 || !last.starts_with(key_)) return 0;
    std::uint64_t place = 0;
    for (auto const byte : last.substr(16)) place = place << 8U | static_cast<unsigned char>(byte);
    return place + 1;
  }

  template <class Call>
  void each_frame(MDB_cursor* cursor, std::uint64_t place, Call call) const {
    auto const first = key_ + common::big_endian(place);
    auto key = value_of(first);
    MDB_val value{};
    auto result = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    for (; result == MDB_SUCCESS && text_of(key).starts_with(key_); result = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) call(value);
    if (result != MDB_NOTFOUND) check(result, "read a tail");
  }
  void clear_tail() {
    auto const cursor = open_cursor(transaction_, trees_.tail);
    each_frame(cursor.get(), 0, [&](MDB_val const&) { check(mdb_cursor_del(cursor.get(), 0), "empty a tail"); });
  }

  MDB_txn* transaction_;
  Trees const& trees_;
  std::string_view name_;
  std::string key_;
  RootHead head_{};
  ByteSpan state_;
};

/// The names of all roots, sorted.
inline std::vector<std::string> names_of_roots(MDB_txn* transaction, Trees const& trees) {
  std::vector<std::string> names;
  auto const cursor = open_cursor(transaction, trees.root);
  MDB_val key{};
  MDB_val value{};
  int result = MDB_SUCCESS;
  while ((result = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT)) == MDB_SUCCESS) names.emplace_back(StoredRoot::read(value).name);
  if (result != MDB_NOTFOUND) check(result, "list roots");
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace cairn::backends::lmdb::details
