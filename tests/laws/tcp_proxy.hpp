// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A network that fails when it is told to.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace cairn::test {

/// What happens to one request. After most the connection is gone, and new ones are served as if nothing had been.
enum class NetworkFault : std::uint8_t {
  lose_request,  ///< the server never hears of it
  lose_reply,    ///< the server does it, and its reply is lost
  cut_reply,     ///< the same after the first half of what came
  stall_reply,   ///< the same after the first byte, and the connection stays
  flip_reply,    ///< a bit in the last byte of the reply is another, behind its head, which an empty line ends; the connection stays
};

/// Listens on a port of loopback and passes what comes on to another.
///
/// Thread safety: `fail_next` may be called from any thread while clients are connected.
class TcpProxy {
 public:
  explicit TcpProxy(std::uint16_t target) : target_{target}, listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (listener_ < 0 || ::bind(listener_, as_sockaddr(address), size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, as_sockaddr(address), &size) != 0 || ::pipe2(wake_.data(), O_CLOEXEC) != 0)
      throw std::runtime_error{"the proxy can't listen"};
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { serve(); }};
  }
  TcpProxy(TcpProxy const&) = delete;
  TcpProxy& operator=(TcpProxy const&) = delete;
  ~TcpProxy() {
    ::close(wake_[1]);
    thread_.join();
    ::close(wake_[0]);
    ::close(listener_);
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  /// The next request with that text in it meets the fault. `meanwhile` runs before the client notices, on a thread of the proxy's; for it
  /// the proxy stands still.
  void fail_next(NetworkFault fault, std::string text, std::function<void()> meanwhile = {}) {
    std::lock_guard const guard{mutex_};
    next_ = Order{fault, std::move(text), std::move(meanwhile)};
  }
  /// How many requests have met one.
  [[nodiscard]] int faults() const noexcept { return faults_; }

  /// Connections that come from now on are passed on to that port.
  void send_on_to(std::uint16_t target) noexcept { target_ = target; }
  /// The connections that there are stay, and nothing passes on them any more.
  void silence() noexcept { is_to_silence_ = true; }

  /// Every reply takes so much longer from now on.
  void set_delay(std::chrono::milliseconds delay) noexcept { delay_ = delay; }
  /// How many replies were kept back for that.
  [[nodiscard]] int held() const noexcept { return held_; }
  /// How many requests have come, of clients that wait for each reply before they ask again.
  [[nodiscard]] int requests() const noexcept { return requests_; }
  /// How many of them were waited for at once since this was last asked.
  [[nodiscard]] int most_at_once() noexcept { return most_at_once_.exchange(0); }
  /// What there was when a reply was handed over.
  struct Handover {
    int begun;    ///< requests that had come, that of the reply among them
    int at_once;  ///< of these, those that were waited for, that of the reply among them
  };
  /// Of each reply, in their order.
  [[nodiscard]] std::vector<Handover> handovers() {
    std::lock_guard const guard{mutex_};
    return handovers_;
  }
  /// How long all replies that have come were waited for, one after the other.
  [[nodiscard]] std::chrono::nanoseconds waited() const noexcept { return waited_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Order {
    NetworkFault fault;
    std::string text;
    std::function<void()> meanwhile;
  };
  struct Pair {
    int client;
    int server;
    std::optional<Order> order{};  ///< what its reply meets
    bool is_over = false;
    bool is_waiting = false;  ///< the client waits for a reply
    Clock::time_point asked{};
    bool is_stalled = false;  ///< and won't get it
    bool is_silent = false;   ///< nothing of it goes on
    bool is_in_body = false;  ///< the head of a reply whose body is to change has gone by
    std::string held{};       ///< what of a reply is late
    Clock::time_point due{};
  };

  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static sockaddr* as_sockaddr(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }

  void serve() {
    std::list<Pair> pairs;
    for (;;) {
      std::vector<pollfd> waits{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
      for (auto const& pair : pairs) {
        waits.push_back({pair.client, POLLIN, 0});
        waits.push_back({pair.server, POLLIN, 0});
      }
      if (::poll(waits.data(), waits.size(), next_due(pairs)) < 0) continue;
      if (waits[0].revents != 0) break;
      if (is_to_silence_.exchange(false)) {
        for (auto& pair : pairs) pair.is_silent = true;
      }
      std::size_t at = 2;
      for (auto& pair : pairs) {
        if (waits[at].revents != 0) request(pair);
        if (waits[at + 1].revents != 0 && !pair.is_over) reply(pair);
        if (!pair.held.empty() && pair.due <= Clock::now() && !give_reply(pair, std::exchange(pair.held, {}))) end_quietly(pair);
        at += 2;
      }
      pairs.remove_if([](Pair const& pair) {
        if (pair.is_over) close_both(pair);
        return pair.is_over;
      });
      if (waits[1].revents != 0) accept(pairs);
    }
    for (auto const& pair : pairs) close_both(pair);
  }
  void accept(std::list<Pair>& pairs) const {
    auto const client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    auto const server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(target_);
    Pair const pair{client, server};
    if (server >= 0 && ::connect(server, as_sockaddr(address), sizeof address) == 0) {
      pairs.push_back(pair);
    } else {
      close_both(pair);
    }
  }
  /// In milliseconds, for poll.
  static int next_due(std::list<Pair> const& pairs) {
    std::chrono::milliseconds wait{-1};
    for (auto const& pair : pairs) {
      if (pair.held.empty()) continue;
      auto const left = (std::max)(std::chrono::ceil<std::chrono::milliseconds>(pair.due - Clock::now()), std::chrono::milliseconds{0});
      wait = wait.count() < 0 ? left : (std::min)(wait, left);
    }
    return static_cast<int>(wait.count());
  }
  static void close_both(Pair const& pair) {
    ::close(pair.client);
    if (pair.server >= 0) ::close(pair.server);
  }

  /// What there is to read now.
  static std::string take(int from) {
    std::string bytes(std::size_t{1} << 16U, '\0');
    auto const size = ::recv(from, bytes.data(), bytes.size(), 0);
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }
  static bool give(int to, std::string_view bytes) {
    while (!bytes.empty()) {
      auto const size = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
  }

  void request(Pair& pair) {
    auto const bytes = take(pair.client);
    if (bytes.empty()) return end_quietly(pair);
    if (pair.is_silent) return;
    {
      std::lock_guard const guard{mutex_};
      if (next_ && bytes.find(next_->text) != std::string::npos) pair.order = std::exchange(next_, std::nullopt);
    }
    if (!pair.is_waiting) {
      pair.is_waiting = true;
      pair.asked = Clock::now();
      pair.is_in_body = false;
      ++requests_;
      most_at_once_ = (std::max)(most_at_once_.load(), ++waiting_);
    }
    if (pair.order && pair.order->fault == NetworkFault::lose_request) return end(pair);
    if (!give(pair.server, bytes)) end_quietly(pair);
  }
  void reply(Pair& pair) {
    auto bytes = take(pair.server);
    if ((pair.is_stalled || pair.is_silent) && !bytes.empty()) return;
    if (pair.order && !bytes.empty()) {
      switch (pair.order->fault) {
        case NetworkFault::flip_reply: {
          auto const head = bytes.find("\r\n\r\n");
          if (!pair.is_in_body && (head == std::string::npos || head + 4 == bytes.size())) {
            pair.is_in_body = head != std::string::npos;  // which is yet to come, where there is one
            break;
          }
          bytes.back() = static_cast<char>(bytes.back() ^ 1);
          ++faults_;
          pair.order.reset();
          break;
        }
        case NetworkFault::stall_reply:
          give(pair.client, std::string_view{bytes}.substr(0, 1));
          ++faults_;
          if (pair.order->meanwhile) pair.order->meanwhile();
          pair.order.reset();
          pair.is_stalled = true;
          return;
        case NetworkFault::cut_reply: give(pair.client, std::string_view{bytes}.substr(0, bytes.size() / 2)); [[fallthrough]];
        default: return end(pair);
      }
    }
    if (bytes.empty()) return end_quietly(pair);
    if (delay_.load().count() == 0 && pair.held.empty()) {
      if (!give_reply(pair, bytes)) end_quietly(pair);
      return;
    }
    if (pair.held.empty()) {
      pair.due = Clock::now() + delay_.load();
      ++held_;
    }
    pair.held += bytes;
  }
  bool give_reply(Pair& pair, std::string_view bytes) {
    if (pair.is_waiting) {
      std::lock_guard const guard{mutex_};
      handovers_.push_back({requests_, waiting_});
    }
    stop_waiting(pair);
    return give(pair.client, bytes);
  }
  void stop_waiting(Pair& pair) {
    if (!std::exchange(pair.is_waiting, false)) return;
    --waiting_;
    waited_ = waited_.load() + (Clock::now() - pair.asked);
  }
  void end_quietly(Pair& pair) {
    stop_waiting(pair);
    pair.is_over = true;
  }
  void end(Pair& pair) {
    ++faults_;
    if (pair.order->meanwhile) pair.order->meanwhile();
    end_quietly(pair);
  }

  std::atomic<std::uint16_t> target_;
  std::uint16_t port_ = 0;
  int listener_;
  std::array<int, 2> wake_{-1, -1};
  std::mutex mutex_;
  std::optional<Order> next_;
  std::vector<Handover> handovers_;
  std::atomic<bool> is_to_silence_ = false;
  std::atomic<int> faults_ = 0;
  std::atomic<std::chrono::milliseconds> delay_{};
  std::atomic<int> held_ = 0;
  std::atomic<int> requests_ = 0;
  std::atomic<int> most_at_once_ = 0;
  std::atomic<std::chrono::nanoseconds> waited_{};
  int waiting_ = 0;
  std::thread thread_;
};

}  // namespace cairn::test
