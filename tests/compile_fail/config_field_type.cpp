// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Every field of a configuration, nested ones too, has a type that can be read.
// EXPECT-ERROR: cairn::Config .field.: no configuration can be read into a field of this type
// EXPECT-ERROR: cairn::Config .field.: no configuration can be read into a field of this type
// EXPECT-ERROR: cairn::Config .field.: a struct has vectors or optionals of itself inside
// EXPECT-ERROR: cairn::Config .field.: a struct has vectors or optionals of itself inside
// EXPECT-ERROR: cairn::Config .field.: the enumeration has no enumerator from 0 to 15
// EXPECT-ERROR: cairn::Config .aggregate.: a configuration is a plain struct: no constructors, bases, or private members
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

struct Tree {
  int size = 0;
#ifdef SHOULD_FAIL
  std::vector<Tree> branches;
#endif
};
static_assert(cairn::config::check_config<Tree>());

struct There;
struct Here {
#ifdef SHOULD_FAIL
  std::vector<There> there;
#else
  int there = 0;
#endif
};
struct There {
  std::vector<Here> here;
};
static_assert(cairn::config::check_config<Here>());

#ifdef SHOULD_FAIL
enum class Mode { far = 16 };
#else
enum class Mode { near = 15 };
#endif
struct HasMode {
  Mode mode = {};
};
static_assert(cairn::config::check_config<HasMode>());

struct Closed {
#ifdef SHOULD_FAIL
  explicit Closed(int);
#endif
  int field = 0;
};
static_assert(cairn::config::check_config<Closed>());
