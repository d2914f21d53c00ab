// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a Redis server is set up to keep.
#pragma once

#include <cairn/backends/redis/reply.hpp>
#include <cairn/error/error.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::backends::redis::details {

/// A setting that a durable store needs.
struct Needed {
  std::string_view name;
  std::string_view value;
  std::string_view because;
};
inline constexpr std::array<Needed, 4> needed{
    Needed{"appendonly", "yes", "without its log the server forgets everything when it ends"},
    Needed{"appendfsync", "always", "otherwise it acknowledges commits before they are on its disk, and may lose the last second of them"},
    Needed{"no-appendfsync-on-rewrite", "no", "otherwise it acknowledges commits before they are on its disk while it rewrites its log"},
    Needed{"maxmemory-policy", "noeviction", "otherwise it drops keys when its memory is full, and with them parts of databases"},
};

/// What the server said of its settings; nothing where it would not say.
using Settings = std::array<std::optional<std::string>, needed.size()>;

/// The value in the reply to a `CONFIG GET`.
[[nodiscard]] inline std::optional<std::string> setting_in(ReplyView reply) {
  if (reply.size() != 2) return std::nullopt;
  return std::string{reply[1].text()};
}

[[nodiscard]] inline bool keep_commits(Settings const& settings) noexcept {
  for (std::size_t i = 0; i != needed.size(); ++i)
    if (settings[i] != needed[i].value) return false;
  return true;
}

/// Whether a log that was turned on while the server ran is not in force: until its base is written, nothing that is acknowledged meanwhile
/// survives a restart. `info` is the reply to `INFO`. The first time that a new server rewrites its log looks the same; a log that was
/// turned off and on again looks like one that is rewritten, which is nothing to wait for.
[[nodiscard]] inline bool is_log_to_come(std::string_view info) noexcept {
  auto const says = [&](std::string_view line) { return info.find(line) != std::string_view::npos; };
  return (says("aof_rewrite_in_progress:1") || says("aof_rewrite_scheduled:1")) && says("aof_base_size:0");
}

/// `config/mismatch` where a durable store can't be on a server with these settings, or nobody knows: it says all that is in the way.
inline void check_durable(Settings const& settings, std::string_view where) {
  if (keep_commits(settings)) return;
  std::string wrong;
  std::string unknown;
  for (std::size_t i = 0; i != needed.size(); ++i) {
    auto const& [name, value, because] = needed[i];
    if (!settings[i]) {
      unknown.append(unknown.empty() ? "" : ", ").append(name);
    } else if (*settings[i] != value) {
      wrong.append(" Its ").append(name).append(" is \"").append(*settings[i]).append("\" and must be \"").append(value).append("\": ");
      wrong.append(because).append(".");
    }
  }
  std::string message = "The Redis server at " + std::string{where} + " can't keep a durable store.";
  message += wrong;
  if (!unknown.empty()) {
    message += " It does not say what its " + unknown + (unknown.find(',') == std::string::npos ? " is" : " are") +
               ": let the user run CONFIG GET (ACL SETUSER ... +config|get).";
  }
  raise(Errc::config_mismatch, message + " Or take it as it is with :sync :relaxed, and what it may lose.", "{:key :sync}");
}

}  // namespace cairn::backends::redis::details
