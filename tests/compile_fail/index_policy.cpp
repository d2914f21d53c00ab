// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An index has all that an engine needs of one.
// EXPECT-ERROR: cairn::IndexPolicy .value_type.: missing or not regular
// EXPECT-ERROR: cairn::IndexPolicy .value.: an index is a regular value
// EXPECT-ERROR: cairn::IndexPolicy .size.: missing or wrong
// EXPECT-ERROR: cairn::IndexPolicy .Cursor.: missing or not copyable
// EXPECT-ERROR: cairn::IndexPolicy .begin.: missing or wrong
// EXPECT-ERROR: cairn::IndexPolicy .seek.: missing or wrong
// EXPECT-ERROR: cairn::IndexPolicy .count.: missing or wrong
// EXPECT-ERROR: cairn::IndexPolicy .Cursor.: cannot be read
// EXPECT-ERROR: cairn::IndexPolicy .Cursor.: cannot be moved
// EXPECT-ERROR: cairn::IndexPolicy .Block.: missing or wrong
// EXPECT-ERROR: cairn::IndexPolicy .edit.: missing or wrong
// EXPECT-ERROR: cairn::IndexPolicy .Transient.: cannot be changed
// EXPECT-ERROR: cairn::IndexPolicy .Transient.: does not become an index again
// EXPECT-ERROR: cairn::IndexPolicy .from_sorted.: missing or wrong
// EXPECT-ERROR: cairn::IndexPolicy .flush.: missing or wrong
// EXPECT-ERROR: cairn::IndexPolicy .open.: missing or wrong
// EXPECT-ERROR: cairn::IndexPolicy .for_each_address.: missing or wrong
#include "compile_time/index_archetype.hpp"

#ifdef SHOULD_FAIL
struct HalfAnIndex : archetype::Index {
  struct Cursor {
    bool valid() const;
  };
  struct Transient {
    void insert(int);
  };
  Transient edit() const;
  static void from_sorted(std::span<int const>);
  static HalfAnIndex open(archetype::Place const&);
  static constexpr int for_each_address = 0;
};
static_assert(cairn::check_index_policy<HalfAnIndex>());

class OtherHalf {
 public:
  struct value_type {};
  using Cursor = void;
  explicit OtherHalf(int);
  std::uint64_t size() const;
  void edit() const;
  void flush() const;
  template <class Visit>
  void for_each_address(Visit) const;
};
static_assert(cairn::check_index_policy<OtherHalf>());
#else
static_assert(cairn::check_index_policy<archetype::Index>());
#endif
