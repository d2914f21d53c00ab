// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One connection to a Redis server.
#pragma once

#include <cairn/backends/redis/call.hpp>
#include <cairn/backends/redis/config.hpp>
#include <cairn/backends/redis/promises.hpp>
#include <cairn/backends/redis/reply.hpp>
#include <cairn/backends/redis/scripts.hpp>
#include <cairn/error/error.hpp>

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <system_error>

namespace cairn::backends::redis::details {

/// A server, or a node of a cluster.
struct Node {
  std::string host;
  std::uint16_t port = 0;
  friend bool operator==(Node const&, Node const&) = default;
};

/// Thrown inside this backend: the connection is of no use any more, or could not be had. Another one may do.
struct Disconnected {
  std::string reason;
  bool was_asked = false;   ///< the server has the whole call and may have done it
  bool is_passing = false;  ///< the server is there and asks for patience
};

/// Not for several threads at once.
class Session {
 public:
  /// Connects and says who we are; `config/mismatch` where the store is to be durable and the server is not. Throws `Disconnected` where
  /// that fails, or where the server is not durable yet.
  Session(Config const& config, Node const& node)
      : where_{config.socket.empty() ? node.host + ":" + std::to_string(node.port) : config.socket.string()} {
    using std::chrono::milliseconds;
    auto const micros = std::chrono::duration_cast<std::chrono::microseconds>((std::max)(config.timeout, milliseconds{1})).count();
    timeval const limit{static_cast<time_t>(micros / 1'000'000), static_cast<suseconds_t>(micros % 1'000'000)};
    context_.reset(config.socket.empty() ? redisConnectWithTimeout(node.host.c_str(), node.port, limit)
                                         : redisConnectUnixWithTimeout(config.socket.c_str(), limit));
    if (!context_) throw std::bad_alloc{};
    if (context_->err != 0) throw Disconnected{"can't connect to " + where_ + ": " + context_->errstr, false, false};
    redisSetTimeout(context_.get(), limit);
    if (config.socket.empty()) redisEnableKeepAlive(context_.get());
    try {
      greet(config);
    } catch (Disconnected& lost) {
      lost.was_asked = false;  // the call that this is for was not sent
      throw;
    }
  }

  /// The reply to a call; one that is an error is the caller's to look at. `is_asking`: for this one call the node is to answer for a
  /// slot that is on its way to it.
  [[nodiscard]] Reply ask(Call const& call, bool is_asking = false) {
    auto const digest = call.script() ? std::string_view{digests_[static_cast<std::size_t>(*call.script())]} : std::string_view{};
    auto reply = ask(call, digest, is_asking);
    // It knows no scripts after a restart; given the text it keeps it.
    if (reply.is_error() && says(reply.text(), "NOSCRIPT")) return ask(call, {}, is_asking);
    return reply;
  }

  /// Sends what `Call::write` wrote, `count` calls; `receive` as often takes the replies.
  void send(std::string_view bytes, std::size_t count) {
    awaited_ += count;
    while (!bytes.empty()) {
      // Not hiredis' own: a server that went away would end this process by SIGPIPE.
      auto const sent = ::send(context_->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) throw Disconnected{"could not send to " + where_ + ": " + std::system_category().message(errno), false, false};
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  [[nodiscard]] Reply receive() {
    void* reply = nullptr;
    if (redisGetReply(context_.get(), &reply) != REDIS_OK || reply == nullptr)
      throw Disconnected{"no reply from " + where_ + ": " + context_->errstr, true, false};
    --awaited_;
    return Reply{static_cast<redisReply*>(reply)};
  }

  /// Whether nothing says that the server hung up. Nothing is to be read between calls but its goodbye.
  [[nodiscard]] bool is_alive() const noexcept {
    pollfd look{context_->fd, POLLIN, 0};
    return ::poll(&look, 1, 0) == 0;
  }
  /// Whether all that was asked is answered: otherwise the next one would get the replies to this one's questions.
  [[nodiscard]] bool is_clean() const noexcept { return awaited_ == 0 && context_->err == 0; }
  /// Whether the server says that it syncs its log before it answers, and drops nothing.
  [[nodiscard]] bool keeps_commits() const noexcept { return keep_commits(settings_) && !is_log_to_come_; }

 private:
  [[nodiscard]] Reply ask(Call const& call, std::string_view digest, bool is_asking) {
    std::string bytes;
    if (is_asking) Call{"ASKING"}.write(bytes);
    call.write(bytes, digest);
    send(bytes, is_asking ? 2 : 1);
    if (is_asking) static_cast<void>(receive());
    return receive();
  }

  /// All in one round trip.
  void greet(Config const& config) {
    auto const database = std::to_string(config.database);
    std::string bytes;
    bytes.reserve(std::size_t{16} << 10U);  // it doesn't move, and leaves no password behind
    std::size_t count = 0;
    auto const say = [&](Call const& call) {
      call.write(bytes);
      ++count;
    };
    bool const has_name = !config.user.empty();
    bool const has_password = has_name || !config.password.empty();
    if (has_name) {
      say({"AUTH", config.user, config.password.reveal()});
    } else if (has_password) {
      say({"AUTH", config.password.reveal()});
    }
    bool const selects = config.database != 0;
    if (selects) say({"SELECT", database});
    for (auto const text : script_texts) say({"SCRIPT", "LOAD", text});
    for (auto const& setting : needed) say({"CONFIG", "GET", setting.name});
    say({"INFO"});
    send(bytes, count);
    cairn::detail::wipe(bytes);

    // Errors are told after the last reply.
    auto const next = [&] {
      auto reply = receive();
      if (reply.is_error() && is_passing(reply.text())) throw Disconnected{where_ + " says " + std::string{reply.text()}, false, true};
      if (reply.is_error() && says(reply.text(), "NOAUTH")) raise_error(reply.text(), "let us in");
      return reply;
    };
    auto const must = [&](std::string_view what) {
      auto const reply = next();
      if (reply.is_error()) raise_error(reply.text(), what);
    };
    if (has_password) must("take the name and password");
    if (selects) must("use database " + database);
    for (auto& digest : digests_) {
      auto const reply = next();  // who may not keep a script sends it each time
      if (!reply.is_error()) digest = reply.text();
    }
    for (auto& setting : settings_) setting = setting_in(next());
    auto const info = next();
    check_is_no_replica(info.text());
    is_log_to_come_ = is_log_to_come(info.text());
    if (config.sync == Sync::durable) {
      check_durable(settings_, where_);
      if (is_log_to_come_) throw Disconnected{where_ + " has yet to write the base of its log, and keeps nothing until then", false, true};
    }
  }

  /// What a replica shows is old, and it takes nothing. In a cluster it sends us on.
  void check_is_no_replica(std::string_view info) const {
    if (info.find("role:slave") != std::string_view::npos && info.find("cluster_enabled:1") == std::string_view::npos)
      raise(Errc::io_read_only, "The Redis server at " + where_ + " is a replica: name the one that it follows.");
  }

  struct Free {
    void operator()(redisContext* context) const noexcept { redisFree(context); }
  };

  std::string where_;
  std::unique_ptr<redisContext, Free> context_;
  std::size_t awaited_ = 0;
  Digests digests_;
  Settings settings_;
  bool is_log_to_come_ = false;
};

}  // namespace cairn::backends::redis::details
