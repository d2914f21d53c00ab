// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The server of a store: connections to it for any number of threads, the right node of a cluster, and patience.
#pragma once

#include <cairn/backends/redis/call.hpp>
#include <cairn/backends/redis/config.hpp>
#include <cairn/backends/redis/reply.hpp>
#include <cairn/backends/redis/session.hpp>
#include <cairn/error/error.hpp>
#include <cairn/error/log.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace cairn::backends::redis::details {

/// All keys of a store are in one slot, so at any time one node has them all.
///
/// Thread safety: every member may be called at once from any thread; a lease belongs to one thread.
class Server {
 public:
  explicit Server(Config config) : config_{std::move(config)} {
    if (config_.socket.empty()) {
      if (config_.host.empty()) raise(Errc::config_missing, "The Redis backend needs a :host, or a :socket.");
      nodes_.push_back({config_.host, config_.port});
    } else {
      if (!config_.nodes.empty())
        raise(Errc::config_mismatch, "A :socket is of one server, and :nodes are of a cluster: leave one of them out.", "{:key :nodes}");
      nodes_.push_back({});
    }
    for (auto const& text : config_.nodes) {
      auto place = host_and_port(text);
      if (!place) {
        raise(Errc::config_range, "Node " + std::to_string(nodes_.size()) + " of :nodes is not host:port, with a port from 1 to 65535.", "{:key :nodes}");
      }
      nodes_.push_back({std::move(place->first), place->second});
    }
    node_ = nodes_.front();
  }
  Server(Server const&) = delete;
  Server& operator=(Server const&) = delete;

  struct GiveBack {
    Server* server = nullptr;
    std::uint64_t generation = 0;
    void operator()(Session* session) const noexcept { server->take_back(std::unique_ptr<Session>{session}, generation); }
  };
  /// A connection for one thread's use, given back at the end of the scope.
  using Lease = std::unique_ptr<Session, GiveBack>;

  /// To the node that has the store, as far as is known. Throws `Disconnected`.
  [[nodiscard]] Lease lease() {
    check_process();
    {
      std::lock_guard const guard{mutex_};
      while (!idle_.empty()) {
        auto session = std::move(idle_.back());
        idle_.pop_back();
        // Otherwise nobody could tell whether what is sent now was done.
        if (session->is_alive()) return leased(std::move(session), generation_);
      }
    }
    return connect();
  }

  /// The reply to a call that may be sent again: for `:timeout` it is, after connections that broke and where the server asks for
  /// patience, and it follows where a cluster sends it. `may_have_run` becomes true when the reply to one sending was lost. Throws what
  /// an error means.
  Reply run(Call const& call, std::string_view what, bool& may_have_run) {
    return run_each([&]() -> Call const& { return call; }, what, may_have_run);
  }
  /// The same of a call that `make` makes anew for each sending.
  template <class Make>
  Reply run_each(Make make, std::string_view what, bool& may_have_run) {
    check_process();
    Patience patience{config_.timeout};
    std::uint64_t lost_replies = 0;
    std::unique_ptr<Session> other;  // where one call is sent to while the slot is on its way
    for (int redirections = 0;;) {
      try {
        auto&& call = make();
        auto const reply = other ? std::exchange(other, nullptr)->ask(call, true) : lease()->ask(call);
        if (!reply.is_error()) return reply;
        if (says(reply.text(), "READONLY")) begin_anew();  // behind the same address there may be another by now
        auto const to = redirection_of(reply.text());
        if (!to || ++redirections % most_redirections == 0) {
          if ((!to && !is_passing(reply.text())) || !patience.wait()) raise_error(reply.text(), what);
        }
        if (to) {
          auto const node = node_of(*to);
          if (to->is_for_once) {
            ++detours_;
            other = open(node);
          } else {
            go_to(node);
          }
        }
      } catch (Disconnected const& lost) {
        may_have_run = may_have_run || lost.was_asked;
        begin_anew();
        // Nothing that never answered is waited for: its name may be wrong.
        if ((!was_there_ && !lost.is_passing) || !patience.wait())
          raise(Errc::io_error, "Redis could not " + std::string{what} + ": " + lost.reason +
                                    ". Look at the server, and at :host, :port and :socket.");
        log_retry("Redis could not " + std::string{what} + ": " + lost.reason + ".", ++lost_replies);
      }
    }
  }
  Reply run(Call const& call, std::string_view what) {
    bool may_have_run = false;
    return run(call, what, may_have_run);
  }

  /// All keys of that pattern, some of them twice, a thousand or so at a time. `anchor` names a key of the store's slot. Looks at every key
  /// of the server's database. False where `anchor` is not there and the slot is on its way to another node, which has the other keys.
  template <class Use>
  bool scan(std::string const& pattern, std::string const& anchor, Use use) {
    for (;;) {
      run({"EXISTS", anchor}, "look for keys");  // goes to the node that has them
      auto const begun = generation();
      std::string cursor = "0";
      do {
        auto const reply = run({"SCAN", cursor, "MATCH", pattern, "COUNT", "1000"}, "list keys");
        if (reply.size() != 2) raise(Errc::io_error, "Redis listed its keys in a way that is not known.");
        cursor = reply[0].text();
        std::vector<std::string_view> found;
        for (std::size_t i = 0; i != reply[1].size(); ++i) found.push_back(reply[1][i].text());
        if (!found.empty()) use(found);
      } while (cursor != "0" && generation() == begun);
      auto const detours = detours_.load();
      run({"EXISTS", anchor}, "look for keys");  // the slot may have gone meanwhile; a node on its way sends us on for what it has not
      if (generation() == begun) return detours_ == detours;  // a cursor is of one node, and of one life of it
    }
  }
  /// Removes keys; of a lost reply nobody need know.
  void remove(std::vector<std::string_view> const& keys) {
    if (keys.empty()) return;
    std::vector<std::string_view> words{"UNLINK"};
    words.insert(words.end(), keys.begin(), keys.end());
    run(Call{std::move(words)}, "remove keys");
  }

  /// `store/poisoned` in a child of a fork: its parent would read the replies.
  void check_process() const {
    if (::getpid() != process_)
      raise(Errc::store_poisoned, "This connection was opened before a fork and belongs to the parent: the child must connect by itself.");
  }
  /// Whether the server that answered last keeps what it acknowledges.
  [[nodiscard]] bool keeps_commits() const noexcept { return keeps_commits_; }

 private:
  static constexpr int most_redirections = 5;
  static constexpr std::size_t most_idle = 16;

  /// Sleeps for longer and longer, as long as that is within the limit, which begins with the first sleep.
  class Patience {
   public:
    explicit Patience(std::chrono::milliseconds limit) : limit_{limit} {}
    [[nodiscard]] bool wait() {
      auto const now = std::chrono::steady_clock::now();
      if (pause_ == std::chrono::milliseconds{0}) {
        end_ = now + limit_;
        pause_ = std::chrono::milliseconds{5};
      }
      if (now + pause_ > end_) return false;
      std::this_thread::sleep_for(pause_);
      pause_ = (std::min)(pause_ * 2, std::chrono::milliseconds{200});
      return true;
    }

   private:
    std::chrono::milliseconds limit_;
    std::chrono::milliseconds pause_{0};
    std::chrono::steady_clock::time_point end_;
  };

  /// To the node that had the store last; where it does not answer, to any: a cluster sends us on.
  [[nodiscard]] Lease connect() {
    Node node;
    std::uint64_t generation = 0;
    {
      std::lock_guard const guard{mutex_};
      node = node_;
      generation = generation_;
    }
    try {
      return leased(open(node), generation);
    } catch (Disconnected const&) {
      for (auto const& other : nodes_) {
        if (other == node) continue;
        try {
          auto session = open(other);
          return leased(std::move(session), go_to(other));
        } catch (Disconnected const&) {  // NOLINT(bugprone-empty-catch): the first one's reason is told
        }
      }
      throw;
    }
  }
  [[nodiscard]] std::unique_ptr<Session> open(Node const& node) {
    auto session = std::make_unique<Session>(config_, node);
    was_there_ = true;
    keeps_commits_ = session->keeps_commits();
    return session;
  }

  [[nodiscard]] Node node_of(Redirection const& to) const {
    if (!to.host.empty()) return {to.host, to.port};
    std::lock_guard const guard{mutex_};
    return {node_.host, to.port};
  }
  std::uint64_t go_to(Node const& node) {
    std::lock_guard const guard{mutex_};
    if (!(node == node_)) {
      node_ = node;
      ++generation_;
      idle_.clear();
    }
    return generation_;
  }
  [[nodiscard]] std::uint64_t generation() const {
    std::lock_guard const guard{mutex_};
    return generation_;
  }
  /// After a loss, or where the node takes nothing any more: there may be another, or another life of the same.
  void begin_anew() {
    std::lock_guard const guard{mutex_};
    ++generation_;
    idle_.clear();
  }
  [[nodiscard]] Lease leased(std::unique_ptr<Session> session, std::uint64_t generation) noexcept { return {session.release(), GiveBack{this, generation}}; }
  void take_back(std::unique_ptr<Session> session, std::uint64_t generation) noexcept {
    if (!session->is_clean()) return;
    try {
      std::lock_guard const guard{mutex_};
      if (generation == generation_ && idle_.size() < most_idle) idle_.push_back(std::move(session));
    } catch (...) {  // NOLINT(bugprone-empty-catch): without memory to keep it, the next one is opened anew
    }
  }

  Config config_;
  std::vector<Node> nodes_;  ///< those that the configuration names
  pid_t process_ = ::getpid();
  std::atomic<bool> was_there_ = false;
  std::atomic<bool> keeps_commits_ = false;
  std::atomic<std::uint64_t> detours_ = 0;  ///< calls that were to be sent to another node for once
  mutable std::mutex mutex_;
  Node node_;
  std::uint64_t generation_ = 0;  ///< counts the changes of `node_`, and how often all connections were given up
  std::vector<std::unique_ptr<Session>> idle_;
};

}  // namespace cairn::backends::redis::details
