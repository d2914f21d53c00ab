// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which packages of a section are the biggest?
#pragma once

#include "facts.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

namespace package_history {

struct SizedPackage {
  std::string name;
  std::string summary;
  std::int64_t kib = 0;
  bool is_installed = false;
};

struct Biggest {
  std::vector<SizedPackage> packages;  ///< the biggest first
  std::size_t of = 0;                  ///< the packages of the section
};

/// The section's packages are a range of AVET. The sizes of all packages are another, and it is read from its end until
/// enough of them are of the section.
[[nodiscard]] inline Biggest biggest_of_section(Database const& db, std::string const& section, std::size_t most) {
  std::unordered_set<cairn::EntityId> members;
  for (auto const& datom : db.datoms(cairn::avet, attribute::section, section)) members.insert(datom.e);

  Biggest result{.packages = {}, .of = members.size()};
  for (auto const& datom : db.rseek_datoms(cairn::avet, attribute::size)) {
    if (datom.a != attribute::size || result.packages.size() == std::min(most, members.size())) break;
    if (!members.contains(datom.e)) continue;
    result.packages.push_back({name_of(db, datom.e), text(db, datom.e, attribute::summary), datom.v.as_integer(),
                               has(db, datom.e, attribute::version)});
  }
  return result;
}

}  // namespace package_history
