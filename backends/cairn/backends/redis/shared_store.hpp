// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a connection and its writers share.
#pragma once

#include <cairn/backends/common/last_root.hpp>
#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/common/timed_key.hpp>
#include <cairn/backends/redis/call.hpp>
#include <cairn/backends/redis/config.hpp>
#include <cairn/backends/redis/keys.hpp>
#include <cairn/backends/redis/reply.hpp>
#include <cairn/backends/redis/server.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::backends::redis::details {

/// A version, taken apart: the root's epoch, how many frames its tail has, and the 16 bytes that the append of the last one drew by lot,
/// none where there is no frame. The lot, since a server that lost what it had acknowledged may get as many other frames: that is
/// another version.
struct Head {
  std::string_view epoch;
  std::uint64_t frames = 0;
  std::string_view lot;
};
[[nodiscard]] inline Version version_of(Head const& head) {
  auto token = std::string{head.epoch} + common::big_endian(head.frames);
  return Version{std::move(token.append(head.lot))};
}
/// Looks into `version`.
[[nodiscard]] inline Head head_of(Version const& version) {
  if (version.absent()) return {};
  std::string_view const token = version.token();
  constexpr std::size_t fixed = common::epoch_size + 8;
  if (token.size() != fixed && token.size() != fixed + common::epoch_size) raise(Errc::io_error, "That version was not made by the Redis backend.");
  Head head{token.substr(0, common::epoch_size), 0, token.substr(fixed)};
  for (char const byte : token.substr(common::epoch_size, 8)) head.frames = head.frames << 8U | static_cast<unsigned char>(byte);
  return head;
}

/// Thread safety: every member may be called at once from any thread.
class SharedStore {
 public:
  explicit SharedStore(Config const& config) : server_{config}, keys_{look(Keys{config})} {}

  [[nodiscard]] Server& server() noexcept { return server_; }
  [[nodiscard]] StoreKeys const& keys() const noexcept { return keys_; }
  [[nodiscard]] common::LastRoot& last_root() noexcept { return last_root_; }
  [[nodiscard]] Address next_address() noexcept { return addresses_.next(); }

  /// As `Server::run`, for a script that looks whether the store is still the one that was connected to; `store/does-not-exist` otherwise.
  Reply run(Call const& call, std::string_view what, bool& may_have_run) {
    auto reply = server_.run(call, what, may_have_run);
    if (reply.text() == "gone")
      raise(Errc::store_does_not_exist, "The Redis store under the key " + keys_.store() + " was deleted: create it and connect again.");
    return reply;
  }
  Reply run(Call const& call, std::string_view what) {
    bool may_have_run = false;
    return run(call, what, may_have_run);
  }

 private:
  [[nodiscard]] StoreKeys look(Keys const& keys) {
    auto const found = server_.run({"GET", keys.store()}, "open the store");
    if (found.is_nothing()) raise(Errc::store_does_not_exist, "There is no store under the key " + keys.store() + " of that Redis: create it first.");
    return {keys, std::string{found.text()}};
  }

  Server server_;
  StoreKeys keys_;
  common::TimedKeys addresses_;
  common::LastRoot last_root_;
};

}  // namespace cairn::backends::redis::details
