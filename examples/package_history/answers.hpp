// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The questions and their answers, as text.
#pragma once

#include "biggest.hpp"
#include "facts.hpp"
#include "past.hpp"
#include "terminal.hpp"
#include "what_breaks.hpp"

#include <algorithm>
#include <cstddef>
#include <iomanip>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace package_history {

/// Up to `most` names, and how many there are besides.
[[nodiscard]] inline std::string list_text(std::vector<std::string> names, std::size_t most) {
  std::ranges::sort(names);
  std::string text;
  for (std::size_t i = 0; i != std::min(most, names.size()); ++i) text.append(i == 0 ? "" : ", ").append(names[i]);
  if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
  return text;
}

inline void show_biggest(Database const& db, std::string const& section) {
  constexpr std::size_t most = 8;
  Timer const timer;
  auto const biggest = biggest_of_section(db, section, most);
  print_timed("\nThe biggest of " + count_text(biggest.of, "package") + " in the section " + section,
              timer.milliseconds());
  for (auto const& package : biggest.packages) {
    std::cout << std::setw(12) << size_text(package.kib) << (package.is_installed ? "  * " : "    ") << std::left
              << std::setw(34) << package.name << " " << shortened(package.summary, 56) << std::right << '\n';
  }
  bool const any = std::ranges::any_of(biggest.packages, &SizedPackage::is_installed);
  std::cout << (any ? "              * is installed here\n" : "");
}

/// Among the packages with `presence`, of which `among` says what they are.
inline void show_collapse(Database const& db, std::string const& name, cairn::Keyword presence,
                          std::string_view among) {
  Collapse collapse{db, presence};
  auto const gone = collapse.providers(name);
  Timer const timer;
  std::string line = "  of " + std::to_string(collapse.of()) + " " + std::string{among} + " ";
  if (gone.empty()) {
    print_timed(line + "none provides it", timer.milliseconds());
    return;
  }
  auto const needing = how_many_need(db, gone, presence);
  std::vector<std::string> gone_names;
  for (auto const package : gone) gone_names.push_back(name_of(db, package));
  print_timed(line + std::to_string(needing) + " need " + list_text(std::move(gone_names), 3) + ", directly or through others",
              timer.milliseconds());
  Timer const collapse_timer;
  auto const waves = collapse.without(gone);
  std::size_t fallen = 0;
  for (auto const& wave : waves) fallen += wave.size();
  print_timed("      " + std::to_string(fallen) + " of them have no alternative and break", collapse_timer.milliseconds());
  std::string counts;
  for (auto const& wave : waves) counts.append(counts.empty() ? "" : " + ").append(std::to_string(wave.size()));
  if (waves.empty()) return;
  std::cout << "      in waves: " << counts << '\n';
  std::vector<std::string> first;
  for (auto const package : waves.front()) first.push_back(name_of(db, package));
  std::cout << "      at once: " << list_text(std::move(first), 8) << '\n';
}

inline void show_what_breaks(Database const& db, std::string const& name) {
  std::cout
      << "\nWhat would break if the package that provides " << name << " went\n"
      << "  A package needs what satisfies one of its (Pre-)Depends, and what that needs: a rule that calls itself. It\n"
      << "  breaks when nothing is left that does, no alternative and no other provider. Bounds on versions are not\n"
      << "  looked at.\n";
  show_collapse(db, name, attribute::version, "installed packages");
  show_collapse(db, name, attribute::available, "available packages");
}

inline void show_last_run(Database const& db) {
  Timer const timer;
  auto const run = last_run(db);
  if (!run) {
    print_timed("\nThe last run of the package manager: there was none", timer.milliseconds());
    return;
  }
  auto const changes = changes_of(db, *run);
  print_timed(
      "\nWhat the last run of the package manager changed (" + date_text(instant_of(db, *run).milliseconds) + ")",
      timer.milliseconds());
  std::vector<std::string> installed;
  std::vector<std::string> removed;
  std::vector<std::string> replaced;
  for (auto const& change : changes) {
    if (change.before.empty()) {
      installed.push_back(change.package + " " + change.after);
    } else if (change.after.empty()) {
      removed.push_back(change.package + " " + change.before);
    } else {
      replaced.push_back(change.package + " " + change.before + " -> " + change.after);
    }
  }
  auto const show = [](std::string_view what, std::vector<std::string> packages) {
    auto const count = packages.size();
    if (count != 0) std::cout << "  " << what << " " << count << ": " << list_text(std::move(packages), 6) << '\n';
  };
  show("installed", std::move(installed));
  show("removed", std::move(removed));
  show("replaced", std::move(replaced));
  if (changes.empty()) std::cout << "  no version, only the states that packages are in\n";
}

inline void show_earlier_version(Database const& db, std::string const& name) {
  Timer const timer;
  auto const package = db.entid(cairn::LookupRef{attribute::name, name});
  auto const versions = package ? versions_of(db, *package) : std::vector<VersionChange>{};
  if (versions.empty()) {
    print_timed("\nWhich version of " + name + " was there before? It was never installed", timer.milliseconds());
    return;
  }
  auto const changed = instant_of(db, versions.back().transaction);
  auto const before = cairn::Instant{changed.milliseconds - 1};
  auto const version = text(db.as_of(before), *package, attribute::version);
  print_timed("\nWhich version of " + name + " was there before " + date_text(changed.milliseconds) + "? " +
                  (version.empty() ? "None" : version),
              timer.milliseconds());
  for (std::size_t i = 0; i != versions.size(); ++i) {
    auto const& change = versions[i];
    bool const was_there = i == 0 && change.before.empty() && !has(db, change.transaction, attribute::run_finished);
    std::cout << "  "
              << (was_there ? "at the beginning   " : date_text(instant_of(db, change.transaction).milliseconds))
              << "  " << (change.after.empty() ? "removed" : change.after) << '\n';
  }
}

}  // namespace package_history
