// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What golden stores are compared by.
#pragma once

#include <cairn/database.hpp>

#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <string>

namespace cairn::test {

/// Everything that was ever true, a datom a line, in the order of EAVT.
template <class Connection>
std::string history_of(Connection const& conn) {
  std::string text;
  for (auto const& datom : conn.db().history().datoms(eavt)) {
    edn::write_to(text, to_edn(datom));
    text += '\n';
  }
  return text;
}

inline std::string content_of(std::filesystem::path const& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace cairn::test
