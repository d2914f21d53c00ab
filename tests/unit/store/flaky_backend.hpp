// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A memory store whose replies get lost, on demand.
#pragma once

#include <cairn/backends/mem/backend.hpp>

#include <functional>
#include <string_view>

namespace flaky {

/// What happens to the next commits and appends; each is used up once.
enum class Fault { none, lost_reply, lost_request, refusal, put_throws };

struct Plan {
  static inline std::vector<Fault> next{};  // from the back
  static Fault take() {
    if (next.empty()) return Fault::none;
    auto const fault = next.back();
    next.pop_back();
    return fault;
  }
  /// Called between a lost request or reply and the engine's look at the root.
  static inline std::function<void()> meanwhile{};
};

using Mem = cairn::backends::mem::Backend;

class Writer {
 public:
  explicit Writer(cairn::backends::mem::Writer inner) : inner_{std::move(inner)} {}

  auto put(std::span<std::byte const> bytes) {
    if (!Plan::next.empty() && Plan::next.back() == Fault::put_throws && ++puts_ == 2) {
      Plan::take();
      cairn::raise(cairn::Errc::io_full, "no room");
    }
    return inner_.put(bytes);
  }
  cairn::CommitResult commit(std::string_view branch, cairn::Version const& expected, std::span<std::byte const> state) {
    return through([&] { return inner_.commit(branch, expected, state); });
  }
  cairn::CommitResult append(std::string_view branch, cairn::Version const& expected, std::span<std::byte const> frame) {
    return through([&] { return inner_.append(branch, expected, frame); });
  }
  cairn::CommitResult drop(std::string_view branch, cairn::Version const& expected) { return inner_.drop(branch, expected); }

 private:
  template <class Work>
  cairn::CommitResult through(Work work) {
    using cairn::CommitResult;
    auto const after = [](CommitResult result) {
      if (Plan::meanwhile) std::exchange(Plan::meanwhile, {})();
      return result;
    };
    switch (Plan::take()) {
      case Fault::lost_reply: work(); return after({CommitResult::unknown, "the reply was lost"});
      case Fault::lost_request: return after({CommitResult::unknown, "the request was lost"});
      case Fault::refusal: return {CommitResult::failed, "refused"};
      case Fault::none:
      case Fault::put_throws: break;
    }
    return work();
  }

  cairn::backends::mem::Writer inner_;
  int puts_ = 0;
};

class Connection {
 public:
  using Address = cairn::backends::mem::Address;
  using Writer = flaky::Writer;
  explicit Connection(cairn::backends::mem::Connection inner) : inner_{std::move(inner)} {}
  [[nodiscard]] cairn::Bytes read(Address address) const { return inner_.read(address); }
  [[nodiscard]] std::optional<cairn::RootRecord> root(std::string_view branch) const { return inner_.root(branch); }
  [[nodiscard]] std::vector<std::string> roots() const { return inner_.roots(); }
  [[nodiscard]] Writer begin() { return Writer{inner_.begin()}; }
  void sweep(cairn::LiveSet<Address> const& live, cairn::TimePoint cutoff) { inner_.sweep(live, cutoff); }

 private:
  cairn::backends::mem::Connection inner_;
};

struct Config {
  std::string id;
};

struct Backend {
  static constexpr std::string_view backend_id = "flaky";
  using index_tag = cairn::persistent_set_tag;
  using Config = flaky::Config;
  static constexpr cairn::Capabilities capabilities = Mem::capabilities;
  static void empty_store(Config const& config) { Mem::empty_store({"flaky-" + config.id}); }
  static void delete_store(Config const& config) { Mem::delete_store({"flaky-" + config.id}); }
  static Connection connect_store(Config const& config) { return Connection{Mem::connect_store({"flaky-" + config.id})}; }
  static void release_store(Config const&, Connection&) { ++releases; }
  static inline int releases = 0;
};
static_assert(cairn::check_store_backend<Backend>());

}  // namespace flaky
