// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A package, as a paragraph of a control file describes it.
#pragma once

#include "control_file.hpp"
#include "relation.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace package_history {

/// A package. Its texts refer to the file that it was read from.
struct Package {
  std::string name;
  std::string_view version;
  std::string_view section;
  std::string_view maintainer;
  std::string_view summary;
  std::string_view status;  ///< dpkg's word for the state it is in; `installed`. Empty in a list of what is available.
  std::optional<std::int64_t> installed_kib;  ///< where the file says so
  std::vector<Choice> depends;                ///< with `Pre-Depends`
  std::vector<Choice> recommends;
  std::vector<std::string> provides;
};

[[nodiscard]] inline Package to_package(Stanza const& stanza, std::string_view native) {
  Package package;
  package.name = qualified_name(stanza["Package"], stanza["Architecture"], native);
  package.version = stanza["Version"];
  package.section = stanza["Section"];
  package.maintainer = stanza["Maintainer"];
  package.summary = stanza["Description"];
  // `install ok installed`: what is wanted, whether there is an error, and what is the case.
  for_each_part(stanza["Status"], ' ', [&](std::string_view word) { package.status = word; });

  auto const size = stanza["Installed-Size"];
  std::int64_t kib = 0;
  if (std::from_chars(size.data(), size.data() + size.size(), kib).ec == std::errc{}) package.installed_kib = kib;

  for (auto const* field : {"Pre-Depends", "Depends"}) {
    for_each_relation(stanza.whole(field), native,
                      [&](Choice choice) { package.depends.push_back(std::move(choice)); });
  }
  for_each_relation(stanza.whole("Recommends"), native,
                    [&](Choice choice) { package.recommends.push_back(std::move(choice)); });
  for_each_relation(stanza.whole("Provides"), native, [&](Choice choice) {
    for (auto& name : choice) package.provides.push_back(std::move(name));
  });
  return package;
}

/// The machine's own architecture: that of dpkg itself, which is always installed for it. Empty where the file has no
/// dpkg.
[[nodiscard]] inline std::string_view native_architecture(std::string_view control_file) {
  ControlFile file{control_file};
  while (auto const* stanza = file.next()) {
    if ((*stanza)["Package"] == "dpkg") return (*stanza)["Architecture"];
  }
  return {};
}

/// The packages of a control file, in its order.
[[nodiscard]] inline std::vector<Package> read_packages(std::string_view control_file, std::string_view native) {
  std::vector<Package> packages;
  ControlFile file{control_file};
  while (auto const* stanza = file.next()) {
    if (!(*stanza)["Package"].empty()) packages.push_back(to_package(*stanza, native));
  }
  return packages;
}

}  // namespace package_history
