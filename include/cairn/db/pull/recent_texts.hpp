// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What was made of texts, kept for whoever brings one again.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::detail {

/// What a program made of the last texts: at most 64 of them, of at most 1 KiB.
/// Thread safety: any thread.
template <class Made>
class RecentTexts {
 public:
  /// Of the whole program. It is never destroyed, since objects that are may bring texts.
  [[nodiscard]] static RecentTexts& of_program() {
    static auto& recent = *new RecentTexts;
    return recent;
  }

  /// What `make()` gave for the text when it was brought before, or gives now. Complexity: linear in the text, else that of
  /// `make`. Errors: those of `make`.
  template <class Make>
  [[nodiscard]] std::shared_ptr<Made> find_or(std::string_view text, Make const& make) {
    if (text.size() > most_text) return make();
    auto const hash = std::hash<std::string_view>{}(text);
    auto& shelf = shelves_[hash % shelves];
    {
      std::lock_guard const lock{shelf.mutex};
      for (auto& one : shelf.kept) {
        if (one.hash != hash || one.made == nullptr || one.text != text) continue;
        one.used = ++shelf.clock;
        return one.made;
      }
    }
    auto made = make();
    Kept kept{hash, 0, std::string{text}, made};
    {
      std::lock_guard const lock{shelf.mutex};
      kept.used = ++shelf.clock;
      // What was brought longest ago makes room, and is destroyed behind the lock.
      std::swap(*std::ranges::min_element(shelf.kept, {}, &Kept::used), kept);
    }
    return made;
  }

 private:
  static constexpr std::size_t shelves = 8;  ///< so that threads seldom wait for each other
  static constexpr std::size_t texts_a_shelf = 8;
  static constexpr std::size_t most_text = 1024;

  struct Kept {
    std::size_t hash = 0;
    std::uint64_t used = 0;  ///< by the shelf's clock
    std::string text{};
    std::shared_ptr<Made> made{};
  };
  struct Shelf {
    std::mutex mutex{};
    std::uint64_t clock = 0;
    std::array<Kept, texts_a_shelf> kept{};
  };

  RecentTexts() = default;

  std::array<Shelf, shelves> shelves_{};
};

}  // namespace cairn::detail
