// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A field of a configuration has a type that text can be read into, nested ones too.
// EXPECT-ERROR: cairn::Config .field.: no configuration can be read into a field of this type
// EXPECT-ERROR: cairn::Config .field.: no configuration can be read into a field of this type
#include <cairn/config/check.hpp>

#include <map>
#include <string>
#include <vector>

struct Nested {
  std::string name;
#ifdef SHOULD_FAIL
  std::vector<char> letters;
#endif
};

struct Config {
  std::string path;
#ifdef SHOULD_FAIL
  std::map<std::string, int> labels;
#endif
  std::vector<Nested> nested;
};
static_assert(cairn::config::check_config<Config>());
