// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend in memory that fails as it is told to, and counts what is asked of it.
#pragma once

#include <cairn/backends/mem/backend.hpp>
#include <cairn/concepts/store_backend.hpp>
#include <cairn/error/error.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::test::faulty {

/// What one store is to do wrong, and what it did. The next calls fail, as many as are said.
struct Plan {
  Errc code = Errc::io_error;
  std::atomic<int> connects{0}, reads{0}, roots{0}, commits{0}, sweeps{0};                     // calls
  std::atomic<int> failing_connects{0}, failing_reads{0}, failing_roots{0}, failing_sweeps{0};  // throw
  std::atomic<int> failed_commits{0};   // change nothing
  std::atomic<int> lost_replies{0};     // commit, and say unknown
  std::atomic<int> lost_requests{0};    // don't, and say unknown
  std::atomic<bool> is_gone{false};     // every call throws
  std::atomic<int> holders{0};          // writers that hold: others throw, instead of waiting
  std::function<void()> next_root{};    // what happens before the next look at a root

  void fail(std::atomic<int>& left) {
    if (is_gone || (left > 0 && left-- > 0)) raise(code, "as it was told to");
  }
};

inline Plan& plan_of(std::string const& id) {
  static std::mutex mutex;
  static std::map<std::string, Plan> plans;
  std::lock_guard const guard{mutex};
  return plans[id];
}

using Inner = backends::mem::Backend;

class Writer {
 public:
  Writer(Plan& plan, backends::mem::Writer inner) : plan_{&plan}, inner_{std::move(inner)} {}

  backends::mem::Address put(std::span<std::byte const> bytes) { return inner_.put(bytes); }
  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    return change([&] { return inner_.commit(branch, expected, state); });
  }
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    return change([&] { return inner_.append(branch, expected, frame); });
  }
  CommitResult drop(std::string_view branch, Version const& expected) {
    return change([&] { return inner_.drop(branch, expected); });
  }

 private:
  template <class Change>
  CommitResult change(Change change) {
    ++plan_->commits;
    if (plan_->is_gone) return {CommitResult::unknown, std::string{"it is gone"}};
    if (plan_->failed_commits > 0 && plan_->failed_commits-- > 0) return {CommitResult::failed, std::string{"as it was told to"}};
    if (plan_->lost_requests > 0 && plan_->lost_requests-- > 0) return {CommitResult::unknown, std::string{"lost on the way there"}};
    auto result = change();
    if (plan_->lost_replies > 0 && plan_->lost_replies-- > 0) return {CommitResult::unknown, std::string{"lost on the way back"}};
    return result;
  }

  Plan* plan_;

 protected:
  backends::mem::Writer inner_;
};

class Connection {
 public:
  using Address = backends::mem::Address;

  Connection(Plan& plan, backends::mem::Connection inner) : plan_{&plan}, inner_{std::move(inner)} {}

  [[nodiscard]] Bytes read(Address address) const {
    ++plan_->reads;
    plan_->fail(plan_->failing_reads);
    return inner_.read(address);
  }
  template <class Sink>
  void read_many(std::span<Address const> addresses, Sink&& sink) const {
    for (std::size_t i = addresses.size(); i-- != 0;) sink(i, read(addresses[i]));
  }
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const {
    ++plan_->roots;
    if (plan_->next_root) std::exchange(plan_->next_root, {})();
    plan_->fail(plan_->failing_roots);
    return inner_.root(branch);
  }
  [[nodiscard]] std::vector<std::string> roots() const { return inner_.roots(); }
  [[nodiscard]] Writer begin() { return Writer{*plan_, inner_.begin()}; }
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) {
    ++plan_->sweeps;
    plan_->fail(plan_->failing_sweeps);
    inner_.sweep(live, cutoff);
  }

 private:
  Plan* plan_;
  backends::mem::Connection inner_;
};

struct Backend {
  static constexpr std::string_view backend_id = "faulty";
  using index_tag = persistent_set_tag;
  using Config = Inner::Config;
  static constexpr Capabilities capabilities{
      .fence = Fence::compare_and_swap, .sharing = Sharing::process, .durable_append = true};

  static void empty_store(Config const& config) {
    plan_of(config.id).fail(plan_of(config.id).failing_connects);
    Inner::empty_store(config);
  }
  static void delete_store(Config const& config) { Inner::delete_store(config); }
  static Connection connect_store(Config const& config) {
    auto& plan = plan_of(config.id);
    ++plan.connects;
    plan.fail(plan.failing_connects);
    return Connection{plan, Inner::connect_store(config)};
  }
};
static_assert(check_store_backend<Backend>());

/// The same as a front: under addresses that are given.
class KeyedWriter : public Writer {
 public:
  KeyedWriter(Plan& plan, backends::mem::Writer inner) : Writer{plan, std::move(inner)}, plan_{&plan} {}

  using Writer::put;
  void put(backends::mem::Address const& address, std::span<std::byte const> bytes) { inner_.put(address, bytes); }
  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    if (plan_->is_gone) raise(plan_->code, "it is gone");
    return Writer::commit(branch, expected, state);
  }

 private:
  Plan* plan_;
};

class KeyedConnection : public Connection {
 public:
  KeyedConnection(Plan& plan, backends::mem::Connection inner) : Connection{plan, inner}, keyed_{std::move(inner)}, plan_{&plan} {}
  [[nodiscard]] KeyedWriter begin() { return KeyedWriter{*plan_, keyed_.begin()}; }

 private:
  backends::mem::Connection keyed_;
  Plan* plan_;
};

struct Front : Backend {
  static constexpr std::string_view backend_id = "faulty-front";
  static KeyedConnection connect_store(Config const& config) {
    auto& plan = plan_of(config.id);
    ++plan.connects;
    plan.fail(plan.failing_connects);
    return KeyedConnection{plan, Inner::connect_store(config)};
  }
};
static_assert(check_store_backend<Front>() && KeyedBlobStore<ConnectionOf<Front>>);

/// One whose writers can hold. Anybody else's commit meanwhile is an error here, where another store would have it wait.
class HoldingWriter : public KeyedWriter {
 public:
  HoldingWriter(Plan& plan, backends::mem::Writer inner) : KeyedWriter{plan, std::move(inner)}, plan_{&plan} {}

  void hold() {
    ++plan_->holders;
    held_ = {plan_, [](Plan* plan) { --plan->holders; }};
  }
  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    return let_go([&] { return KeyedWriter::commit(branch, expected, state); });
  }
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    return let_go([&] { return KeyedWriter::append(branch, expected, frame); });
  }
  CommitResult drop(std::string_view branch, Version const& expected) {
    return let_go([&] { return KeyedWriter::drop(branch, expected); });
  }

 private:
  template <class Change>
  CommitResult let_go(Change change) {
    if (!held_ && plan_->holders != 0) raise(Errc::store_locked, "another writer holds");
    auto result = change();
    if (result == CommitResult::committed) held_.reset();
    return result;
  }

  Plan* plan_;
  std::shared_ptr<Plan> held_{};
};

class HoldingConnection : public Connection {
 public:
  HoldingConnection(Plan& plan, backends::mem::Connection inner) : Connection{plan, inner}, keyed_{std::move(inner)}, plan_{&plan} {}
  [[nodiscard]] HoldingWriter begin() { return HoldingWriter{*plan_, keyed_.begin()}; }

 private:
  backends::mem::Connection keyed_;
  Plan* plan_;
};

struct HoldingFront : Backend {
  static constexpr std::string_view backend_id = "holding-front";
  static HoldingConnection connect_store(Config const& config) {
    return HoldingConnection{plan_of(config.id), Inner::connect_store(config)};
  }
};
static_assert(check_store_backend<HoldingFront>() && KeyedBlobStore<ConnectionOf<HoldingFront>> && BlobStoreHolds<ConnectionOf<HoldingFront>>);

/// A name that no other test has.
inline std::string fresh_id() {
  static std::atomic<int> count{0};
  return "layer-" + std::to_string(++count);
}

}  // namespace cairn::test::faulty
