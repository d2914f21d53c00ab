// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A memory store whose replies get lost, on demand.
#pragma once

#include "wrapped_mem.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flaky {

/// What happens to the next commits and appends; each is used up once. A late one's reply is lost at once, and it lands just
/// before the next commit or append.
enum class Fault { none, lost_reply, lost_request, late, refusal, put_throws };

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
  /// Called when the next commit or append has been done, before its caller learns of it.
  static inline std::function<void()> landed{};
  /// Whether the next looks at the root fail; each is used up once, from the back.
  static inline std::vector<bool> root_fails{};
  /// What is under way.
  static inline std::function<void()> late{};

  static void reset() {
    next.clear();
    root_fails.clear();
    meanwhile = {};
    landed = {};
    late = {};
  }
};

/// Versions of which each is longer than the one before, so that keeping one needs memory.
inline cairn::Version lengthened(cairn::Version const& version) {
  if (version.absent()) return version;
  auto const steps = static_cast<std::size_t>(static_cast<unsigned char>(version.token().front())) + 1;
  return cairn::Version{version.token() + std::string(64 * steps, '.')};
}
inline cairn::Version shortened(cairn::Version const& version) {
  return version.absent() ? version : cairn::Version{version.token().substr(0, sizeof(std::uint64_t))};
}

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
    return through([state = cairn::Bytes::copy(state), branch = std::string{branch}, version = shortened(expected)](auto& inner) {
      return inner.commit(branch, version, state);
    });
  }
  cairn::CommitResult append(std::string_view branch, cairn::Version const& expected, std::span<std::byte const> frame) {
    return through([frame = cairn::Bytes::copy(frame), branch = std::string{branch}, version = shortened(expected)](auto& inner) {
      return inner.append(branch, version, frame);
    });
  }
  cairn::CommitResult drop(std::string_view branch, cairn::Version const& expected) {
    return inner_.drop(branch, shortened(expected));
  }

 private:
  template <class Work>
  cairn::CommitResult through(Work work) {
    using cairn::CommitResult;
    if (Plan::late) std::exchange(Plan::late, {})();
    auto const after = [](CommitResult result) {
      if (Plan::meanwhile) std::exchange(Plan::meanwhile, {})();
      return result;
    };
    switch (Plan::take()) {
      case Fault::lost_reply: work(inner_); return after({CommitResult::unknown, "the reply was lost"});
      case Fault::lost_request: return after({CommitResult::unknown, "the request was lost"});
      case Fault::late:
        Plan::late = [work, inner = std::make_shared<cairn::backends::mem::Writer>(std::move(inner_))] { work(*inner); };
        return after({CommitResult::unknown, "the reply is late"});
      case Fault::refusal: return {CommitResult::failed, "refused"};
      case Fault::none:
      case Fault::put_throws: break;
    }
    auto result = work(inner_);
    result.version = lengthened(result.version);
    if (result == CommitResult::committed && Plan::landed) std::exchange(Plan::landed, {})();
    return result;
  }

  cairn::backends::mem::Writer inner_;
  int puts_ = 0;
};

class Connection : public wrapped_mem::Connection<Writer> {
 public:
  using wrapped_mem::Connection<Writer>::Connection;
  [[nodiscard]] std::optional<cairn::RootRecord> root(std::string_view branch) const {
    if (!Plan::root_fails.empty()) {
      bool const fails = Plan::root_fails.back();
      Plan::root_fails.pop_back();
      if (fails) cairn::raise(cairn::Errc::io_error, "the line is dead");
    }
    auto root = wrapped_mem::Connection<Writer>::root(branch);
    if (root) root->version = lengthened(root->version);
    return root;
  }
};

struct Backend : wrapped_mem::Backend<Backend, Connection> {
  static constexpr std::string_view backend_id = "flaky";
  static void release_store(Config const&, Connection&) { ++releases; }
  static inline int releases = 0;
};
static_assert(cairn::check_store_backend<Backend>());

}  // namespace flaky
