// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A constraint of a config_spec is about a field of the backend's own Config.
// EXPECT-ERROR: cairn::Config .spec.: a constraint of config_spec is not about a field of the backend's Config
#include <cairn/config/validate.hpp>

#include <string_view>

struct Other {
  int port = 1;
};

struct Backend {
  static constexpr std::string_view backend_id = "mine";
  struct Config {
    int port = 1;
  };
#ifdef SHOULD_FAIL
  static constexpr auto config_spec = cairn::config_spec(cairn::range(&Other::port, 1, 2));
#else
  static constexpr auto config_spec = cairn::config_spec(cairn::range(&Config::port, 1, 2));
#endif
};

void use() { cairn::config::validate_config<Backend>({}); }
