// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Roots: the only cells of a store that change, and how a commit to one can end.
#pragma once

#include <cairn/concepts/bytes.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace cairn {

/// The version of a root, opaque to everyone but the backend that made it: compared for equality only. A
/// default-constructed version is *absent*: as an expectation it says that there must be no root of that name yet.
class Version {
 public:
  Version() = default;
  /// `token` must not be empty.
  explicit Version(std::string token) : token_{std::move(token)} {}
  [[nodiscard]] bool absent() const noexcept { return token_.empty(); }
  [[nodiscard]] std::string const& token() const noexcept { return token_; }
  friend bool operator==(Version const&, Version const&) = default;

 private:
  std::string token_;
};

/// A root as it is now: a state that a `commit` wrote, and the frames that were appended since, oldest first.
struct RootRecord {
  Version version;
  Bytes state;
  std::vector<Bytes> tail;
};

/// How a commit, an append or a drop ended.
struct CommitResult {
  enum Outcome : std::uint8_t {
    committed,  ///< done, durable as far as the backend promises; `version` is the root's new one
    conflict,   ///< the root was not at the expected version: nothing has changed
    failed,     ///< nothing has changed, the writer has what was put, and trying again may help; `reason` says why
    unknown,    ///< the reply was lost: only a look at the root can tell
  };

  Outcome outcome = failed;
  /// Of a committed result: the new version; absent after a `drop`.
  Version version;
  std::string reason;

  CommitResult(Outcome how) : outcome{how} {}  // NOLINT(google-explicit-constructor): `return CommitResult::conflict;`
  CommitResult(Outcome how, Version now) : outcome{how}, version{std::move(now)} {}
  CommitResult(Outcome how, std::string why) : outcome{how}, reason{std::move(why)} {}

  friend bool operator==(CommitResult const& result, Outcome how) noexcept { return result.outcome == how; }
};

/// Times that a store compares: of its own clock, the system's unless a test replaced it.
using TimePoint = std::chrono::system_clock::time_point;

/// Says of each address whether a retained root can reach it. Handed to `sweep`; called any number of times.
template <class Address>
using LiveSet = std::function<bool(Address const&)>;

}  // namespace cairn
