// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Why there may be no plan.
#pragma once

#include <cairn/query/plan/plan.hpp>

#include <cstdint>

namespace cairn::query::planning {

/// Why there is no plan.
struct Failure {
  enum class Kind : std::uint8_t {
    none,
    unbound,        ///< `form` waits for a variable that nothing binds: `variable`
    unbound_find,   ///< nothing binds what :find or :with names
    no_join,        ///< a `not` that has no variable in common with what is around it
    denies_itself,  ///< a rule whose negation needs the rule itself
    no_rules,       ///< a rule is called, and there is none of that name
    too_large,
  };
  Kind kind = Kind::none;
  FormAt form{};
  FormAt variable{};
};

/// How much a query may grow to, so that none that somebody types takes all memory or all time.
struct Bounds {
  static constexpr std::uint32_t numbers =
      0xFFFF;  ///< of variables, blocks, constants and tables: what plans number by 16 bits
  static constexpr std::uint32_t goals = 30'000;
  static constexpr std::uint32_t depth = 96;      ///< of blocks in blocks
  static constexpr std::uint32_t steps = 512;     ///< one behind the other, in blocks and around them: each calls the next
  static constexpr std::uint32_t inlined = 256;   ///< calls that rules are put in for; later ones get tables
  static constexpr std::uint32_t branches = 512;  ///< of one recursive rule, after its or's are multiplied out
  /// Of or's and and's in one of these that call the rule: each is taken apart in a copy of the branch.
  static constexpr std::uint32_t taken_apart = 64;
  static constexpr std::uint32_t tables = 1'024;
  static constexpr std::uint64_t checks = 4'000'000;  ///< of clauses, for whether they can be taken
};

}  // namespace cairn::query::planning
