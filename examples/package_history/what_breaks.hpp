// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What would break if a package went?
#pragma once

#include "facts.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace package_history {

/// Who needs whom, in Datalog: a package asks for whatever provides what it depends on, be it by name or as one of a choice, and it
/// needs what that needs. `?presence` is the attribute that packages have which count.
inline constexpr std::string_view needs = R"([
  [(satisfies ?package ?wanted) [?package :package/name] [(identity ?package) ?wanted]]
  [(satisfies ?package ?wanted) [?package :package/provides ?wanted]]
  [(asks-for ?package ?other ?presence)
   [?package :package/depends ?wanted] [?package ?presence]
   (or-join [?wanted ?other]
     (satisfies ?other ?wanted)
     (and [?wanted :choice/of ?name] (satisfies ?other ?name)))]
  [(needs ?package ?other ?presence) (asks-for ?package ?other ?presence)]
  [(needs ?package ?other ?presence) (asks-for ?package ?between ?presence) (needs ?between ?other ?presence)]])";

/// How many packages need one of some, directly or through others: more than fall without these, for who asks for one of a choice
/// may have the other.
[[nodiscard]] inline std::size_t how_many_need(Database const& db, std::span<cairn::EntityId const> packages,
                                               cairn::Keyword presence) {
  auto const found = cairn::q(db,
                              R"([:find (count ?package) .
                                  :in $ % [?other ...] ?presence
                                  :where (needs ?package ?other ?presence)])",
                              cairn::rules(needs), packages, presence);
  return found.empty() ? 0 : static_cast<std::size_t>(found.value().as_integer());
}

/// Packages fall in waves: the first depend on one that went, the second on one of the first wave, and so on.
///
/// A package falls when something that it depends on, or pre-depends on, is no longer to be had. A name is to be had as
/// long as a package of that name or one that provides it stands; a choice, `a | b`, as long as one of its names is.
/// Bounds on versions are not looked at, and what was not to be had before breaks nothing now.
class Collapse {
 public:
  /// Among the packages that have `presence`: `:package/version` for what is installed, `:package/available` for all
  /// there is.
  Collapse(Database db, cairn::Keyword presence) : db_{std::move(db)} {
    for (auto const& datom : db_.datoms(cairn::aevt, presence)) standing_.insert(datom.e);
    of_ = standing_.size();
  }

  /// The packages of that name, or else those that provide it.
  [[nodiscard]] std::vector<cairn::EntityId> providers(std::string const& name) const {
    auto const entity = db_.entid(cairn::LookupRef{attribute::name, name});
    if (!entity) return {};
    if (standing_.contains(*entity)) return {*entity};
    std::vector<cairn::EntityId> found;
    for (auto const& datom : db_.datoms(cairn::avet, attribute::provides, *entity)) {
      if (standing_.contains(datom.e)) found.push_back(datom.e);
    }
    return found;
  }

  /// Takes packages away; returns what falls, wave by wave.
  [[nodiscard]] std::vector<std::vector<cairn::EntityId>> without(std::span<cairn::EntityId const> gone) {
    std::vector<std::vector<cairn::EntityId>> waves;
    std::vector<cairn::EntityId> fallen{gone.begin(), gone.end()};
    while (!fallen.empty()) {
      for (auto const package : fallen) standing_.erase(package);
      std::unordered_set<cairn::EntityId> next;
      for (auto const package : fallen) {
        lose_name(package, next);
        for (auto const& datom : db_.datoms(cairn::eavt, package, attribute::provides)) {
          lose_name(datom.v.as_integer(), next);
        }
      }
      fallen.assign(next.begin(), next.end());
      if (!fallen.empty()) waves.push_back(fallen);
    }
    return waves;
  }

  /// How many packages there were.
  [[nodiscard]] std::size_t of() const noexcept { return of_; }

 private:
  void lose_name(cairn::EntityId name, std::unordered_set<cairn::EntityId>& fallen) {
    if (can_be_had(name)) return;
    let_dependents_fall(name, fallen);
    for (auto const& datom : db_.datoms(cairn::avet, attribute::choice_of, name)) {
      if (!choice_can_be_had(datom.e)) let_dependents_fall(datom.e, fallen);
    }
  }

  void let_dependents_fall(cairn::EntityId target, std::unordered_set<cairn::EntityId>& fallen) {
    for (auto const& datom : db_.datoms(cairn::avet, attribute::depends, target)) {
      if (standing_.contains(datom.e)) fallen.insert(datom.e);
    }
  }

  [[nodiscard]] bool can_be_had(cairn::EntityId name) const {
    if (standing_.contains(name)) return true;
    for (auto const& datom : db_.datoms(cairn::avet, attribute::provides, name)) {
      if (standing_.contains(datom.e)) return true;
    }
    return false;
  }

  [[nodiscard]] bool choice_can_be_had(cairn::EntityId choice) const {
    for (auto const& datom : db_.datoms(cairn::eavt, choice, attribute::choice_of)) {
      if (can_be_had(datom.v.as_integer())) return true;
    }
    return false;
  }

  Database db_;
  std::unordered_set<cairn::EntityId> standing_;
  std::size_t of_ = 0;
};

}  // namespace package_history
