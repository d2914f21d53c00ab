// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Roots that a front has of its own over those of a back that is only read. On disk, in the front.
#pragma once

#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace cairn::layer {

/// Whose version it is: its first letter says it.
[[nodiscard]] inline Version front_version(Version const& version) { return Version{"f" + version.token()}; }
[[nodiscard]] inline Version back_version(Version const& version) { return Version{"b" + version.token()}; }
[[nodiscard]] inline bool is_fronts(Version const& version) noexcept { return version.token().starts_with('f'); }
[[nodiscard]] inline Version inner_version(Version const& version) { return Version{version.token().substr(1)}; }

/// The state that the front stores: whether the root is there, the frames that the back's had when the front took it over, the state.
struct OverlayState {
  static constexpr std::byte dropped{0}, present{1};

  /// What says that the back's root is not to be seen.
  [[nodiscard]] static std::vector<std::byte> tombstone() { return {dropped}; }

  [[nodiscard]] static std::vector<std::byte> make(std::span<std::byte const> state, std::span<std::span<std::byte const> const> frames) {
    std::vector<std::byte> made{present};
    add_number(made, frames.size());
    for (auto const frame : frames) {
      add_number(made, frame.size());
      made.insert(made.end(), frame.begin(), frame.end());
    }
    made.insert(made.end(), state.begin(), state.end());
    return made;
  }

  [[nodiscard]] static bool is_tombstone(Bytes const& stored) noexcept { return stored.size() == 1 && stored.view()[0] == dropped; }

  /// The root as users see it; nothing where it was dropped. Errors: `store/corrupt`.
  [[nodiscard]] static std::optional<RootRecord> open(RootRecord record) {
    record.version = front_version(record.version);
    auto const stored = record.state;
    if (stored.empty()) return record;  // an append began it
    if (is_tombstone(stored)) return std::nullopt;
    std::size_t at = 1;
    auto const number = [&] {
      if (stored.size() - at < 8) raise_damaged();
      std::uint64_t read = 0;
      for (std::size_t i = 8; i-- != 0;) read = read << 8U | std::to_integer<std::uint64_t>(stored.view()[at + i]);
      at += 8;
      return read;
    };
    if (stored.view()[0] != present) raise_damaged();
    std::vector<Bytes> frames;
    for (auto left = number(); left != 0; --left) {
      auto const size = number();
      if (size > stored.size() - at) raise_damaged();
      frames.push_back(stored.slice(at, static_cast<std::size_t>(size)));
      at += static_cast<std::size_t>(size);
    }
    frames.insert(frames.end(), record.tail.begin(), record.tail.end());
    record.state = stored.slice(at, stored.size() - at);
    record.tail = std::move(frames);
    return record;
  }

 private:
  static void add_number(std::vector<std::byte>& to, std::uint64_t number) {
    for (std::size_t i = 0; i != 8; ++i) to.push_back(static_cast<std::byte>(number >> (8 * i)));
  }
  [[noreturn]] static void raise_damaged() {
    raise(Errc::store_corrupt, "A root in the front of a tier is not one that a tier wrote: its bytes have changed. Delete the front; what was committed to it alone is lost.");
  }
};

}  // namespace cairn::layer
