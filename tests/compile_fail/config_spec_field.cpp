// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A constraint of a config_spec is about a field of the Config that it belongs to: not of another struct, and not of
// one inside, which has a config_spec of its own.
// EXPECT-ERROR: cairn::Config .spec.: a constraint of config_spec is not about a field of the Config that it belongs to. a struct inside has a `static constexpr auto config_spec` of its own
// EXPECT-ERROR: cairn::Config .spec.: a constraint of config_spec is not about a field of the Config that it belongs to. a struct inside has a `static constexpr auto config_spec` of its own
// EXPECT-ERROR: cairn::Config .spec.: config_spec is there, but is no specification
#include <cairn/config/validate.hpp>

#include <string_view>

struct Other {
  int port = 1;
};
struct Inner {
  int depth = 1;
};

struct Backend {
  static constexpr std::string_view backend_id = "mine";
  struct Config {
    int port = 1;
    Inner inner = {};
  };
#ifdef SHOULD_FAIL
  static constexpr auto config_spec =
      cairn::config_spec(cairn::range(&Other::port, 1, 2), cairn::range(&Inner::depth, 1, 2));
#else
  static constexpr auto config_spec = cairn::config_spec(cairn::range(&Config::port, 1, 2));
#endif
};

struct Part {
  int size = 1;
#ifdef SHOULD_FAIL
  static constexpr int config_spec = 5;
#else
  static constexpr auto config_spec = cairn::config_spec(cairn::range(&Part::size, 1, 2));
#endif
};
struct Whole {
  Part part = {};
};

void use() {
  cairn::config::validate_config<Backend>({});
  static_assert(cairn::config::check_config<Whole>());
}
