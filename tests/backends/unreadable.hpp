// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend whose configuration nothing can read: what the check `store` is there to say.
#pragma once

#include "../compile_time/archetype.hpp"

#include <map>
#include <string>

namespace cairn::test {

struct Unreadable : archetype::HasId, archetype::HasIndexTag, archetype::HasCapabilities {
  struct Config {
    std::string id;
    std::map<std::string, int> labels;
  };

  static void empty_store(Config const&);
  static void delete_store(Config const&);
  static archetype::Connection connect_store(Config const&);
};

}  // namespace cairn::test
