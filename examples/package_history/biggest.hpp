// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which packages of a section are the biggest?
#pragma once

#include "schema.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
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

/// Queries that the compiler reads and plans: a mistake in one doesn't compile.
[[nodiscard]] inline Biggest biggest_of_section(Database const& db, std::string const& section, std::size_t most) {
  auto const of = cairn::q<"[:find (count ?package) . :in $ ?section :where [?package :package/section ?section]]">(db, section);
  auto const rows = cairn::q<R"([:find ?name ?kib ?summary ?version
                                 :in $ ?section
                                 :where [?package :package/section ?section]
                                        [?package :package/size ?kib]
                                        [?package :package/name ?name]
                                        [(get-else $ ?package :package/summary "") ?summary]
                                        [(get-else $ ?package :package/version "") ?version]
                                 :order-by [?kib :desc ?name :asc]])">(db, section);
  Biggest result{.packages = {}, .of = static_cast<std::size_t>(of.value_or(0))};
  for (auto const& [name, kib, summary, version] : rows) {
    if (result.packages.size() == most) break;
    result.packages.push_back({std::string{name.as_string()}, std::string{summary.as_string()}, kib.as_integer(),
                               !version.as_string().empty()});
  }
  return result;
}

}  // namespace package_history
