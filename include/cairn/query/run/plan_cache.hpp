// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Queries that were planned, kept for whoever asks them again.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/access/text_hash.hpp>
#include <cairn/query/run/prepared.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>

namespace cairn::query {

/// The queries that a program has asked of late, read and planned: at most 128 of them, none with more than 4 KiB of text or 4,096
/// steps, and none that was planned while a store could not be read. They keep nothing of the databases that they were asked of. A
/// query is planned anew where its rules are others, or where a database is not like the one that it was planned for
/// (`Source::likeness`).
/// Thread safety: any thread.
class PlanCache {
 public:
  /// Of the whole program. It is never destroyed, since objects that are may ask queries.
  [[nodiscard]] static PlanCache& of_program() {
    static auto& cache = *new PlanCache;
    return cache;
  }

  /// Complexity: without a plan to find, that of planning; else linear in the texts. Errors: those of `Prepared`.
  template <meta::Lazy = {}>
  [[nodiscard]] std::shared_ptr<Prepared const> prepare(std::string_view text, std::span<GivenInput const> inputs,
                                                        QueryOptions const& options, Deadline const& deadline);
  template <meta::Lazy = {}>
  [[nodiscard]] std::shared_ptr<Prepared const> prepare(std::string_view text, std::span<GivenInput const> inputs,
                                                        QueryOptions const& options) {
    return prepare(text, inputs, options, Deadline{options});
  }

 private:
  static constexpr std::size_t shelves = 16;  ///< so that threads seldom wait for each other
  static constexpr std::size_t plans_a_shelf = 8;
  static constexpr std::size_t most_text = 4096;
  static constexpr std::size_t most_steps = 4096;  ///< rules that are put in one another make many of a short text

  struct Kept {
    std::size_t hash = 0;
    std::uint64_t used = 0;  ///< by the shelf's clock
    std::shared_ptr<Prepared const> prepared{};
  };
  struct Shelf {
    std::mutex mutex{};
    std::uint64_t clock = 0;
    std::array<Kept, plans_a_shelf> kept{};
  };

  PlanCache() = default;

  /// So that one text that is asked of many databases is on many shelves.
  [[nodiscard]] static std::uint64_t first_likeness(std::span<GivenInput const> inputs) {
    for (auto const& input : inputs) {
      if (input.source() != nullptr) return Prepared::likeness_of(input);
    }
    return 0;
  }
  [[nodiscard]] static bool is_kept(Prepared const& made) noexcept {
    return made.bytes_of_text() <= most_text && made.plan().steps.size() <= most_steps && !made.is_guess();
  }

  std::array<Shelf, shelves> shelves_{};
};

// Out of the class, so that it is not inline: reading and planning is much to compile, and cairn::engine has it.
template <meta::Lazy>
std::shared_ptr<Prepared const> PlanCache::prepare(std::string_view text, std::span<GivenInput const> inputs, QueryOptions const& options,
                                                   Deadline const& deadline) {
  auto const hash = std::hash<std::string_view>{}(text);
  auto& shelf = shelves_[detail::mixed(hash, first_likeness(inputs)) % shelves];
  {
    std::lock_guard const lock{shelf.mutex};
    for (auto& one : shelf.kept) {
      if (one.hash != hash || one.prepared == nullptr || !one.prepared->suits(text, inputs, options)) continue;
      one.used = ++shelf.clock;
      return one.prepared;
    }
  }
  auto made = std::make_shared<Prepared const>(text, inputs, options, deadline);
  if (!is_kept(*made)) return made;
  Kept kept{hash, 0, made};
  {
    std::lock_guard const lock{shelf.mutex};
    kept.used = ++shelf.clock;
    // What was asked longest ago makes room, and is destroyed behind the lock.
    std::swap(*std::ranges::min_element(shelf.kept, {}, &Kept::used), kept);
  }
  return made;
}

#ifdef CAIRN_ENGINE
extern template std::shared_ptr<Prepared const> PlanCache::prepare<>(std::string_view, std::span<GivenInput const>, QueryOptions const&,
                                                                           Deadline const&);
#endif

}  // namespace cairn::query
