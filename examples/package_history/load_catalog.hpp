// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What packages are like: of those that are installed as dpkg has it, of the others as apt has it.
#pragma once

#include "batch.hpp"
#include "package.hpp"
#include "terminal.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>

namespace package_history {

namespace detail {

/// The entity that one of these names is enough for: the name's own, or a choice.
inline cairn::EntityId target_of(Batch& batch, Choice const& choice) {
  if (choice.size() == 1) return batch.entity(attribute::name, choice.front());
  std::string text;
  for (auto const& name : choice) text.append(text.empty() ? "" : " | ").append(name);
  bool is_new = false;
  auto const entity = batch.entity(attribute::choice_text, text, &is_new);
  if (is_new) {
    for (auto const& name : choice) batch.add(entity, attribute::choice_of, batch.entity(attribute::name, name));
  }
  return entity;
}

inline void describe(Batch& batch, cairn::EntityId entity, Package const& package) {
  auto const say = [&](cairn::Keyword attribute, std::string_view text) {
    if (!text.empty()) batch.add(entity, attribute, text);
  };
  say(attribute::section, package.section);
  say(attribute::summary, package.summary);
  if (package.installed_kib) batch.add(entity, attribute::size, *package.installed_kib);
  if (!package.maintainer.empty()) {
    batch.add(entity, attribute::maintainer, batch.entity(attribute::maintainer_name, std::string{package.maintainer}));
  }
  for (auto const& choice : package.depends) batch.add(entity, attribute::depends, target_of(batch, choice));
  for (auto const& choice : package.recommends) batch.add(entity, attribute::recommends, target_of(batch, choice));
  for (auto const& name : package.provides) {
    batch.add(entity, attribute::provides, batch.entity(attribute::name, name));
  }
}

}  // namespace detail

/// Writes what is known of the packages, in transactions of some ten thousand facts. Returns the number of
/// transactions.
inline std::size_t load_catalog(Batch& batch, std::span<Package const> status, std::span<Package const> available) {
  constexpr std::size_t facts_a_transaction = 60'000;
  std::size_t transactions = 0;
  std::size_t done = 0;
  std::unordered_set<std::string_view> described;
  Progress progress{"the catalog"};

  auto const write = [&](Package const& package, bool is_available) {
    auto const entity = batch.entity(attribute::name, package.name);
    if (is_available && !package.version.empty()) batch.add(entity, attribute::available, package.version);
    if (described.insert(package.name).second) detail::describe(batch, entity, package);
    ++done;
    if (batch.size() < facts_a_transaction) return;
    progress.show(done, status.size() + available.size());
    Interrupts::check();
    batch.commit();
    ++transactions;
  };
  for (auto const& package : status) write(package, false);
  for (auto const& package : available) write(package, true);
  if (batch.size() == 0) return transactions;
  batch.commit();
  return transactions + 1;
}

}  // namespace package_history
