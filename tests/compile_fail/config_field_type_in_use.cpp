// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whoever reads a configuration says what is wrong with its fields, and nothing else.
// EXPECT-ERROR: cairn::Config .field.: no configuration can be read into a field of this type
#include <cairn/config/describe.hpp>
#include <cairn/config/load.hpp>

#include <string>
#include <string_view>

struct Backend {
  static constexpr std::string_view backend_id = "mine";
  struct Config {
    std::string path;
#ifdef SHOULD_FAIL
    int* place = nullptr;
#endif
  };
};

std::string use() {
  auto const config = cairn::load_config<Backend>("{}");
  cairn::validate_config<Backend>(config);
  return cairn::config::to_edn(config) + cairn::config::describe_backend<Backend>().front().name;
}
