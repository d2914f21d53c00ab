// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An index with nothing in it that the concept doesn't ask for.
#pragma once

#include <cairn/concepts/index_policy.hpp>

#include <cstdint>
#include <memory>
#include <span>

namespace archetype {

struct Position {};
struct Sink {};
struct Source {};
struct Place {
  bool operator==(Place const&) const = default;
};

class Index {
 public:
  using value_type = int;
  using Block = std::span<int const>;

  struct Cursor {
    bool valid() const;
    int const& operator*() const;
    void next();
    void prev();
    Block block() const;
    void next_block();
  };
  struct Transient {
    bool insert(int);
    bool erase(int const&);
    Index persistent() &&;
  };

  bool operator==(Index const&) const = default;
  std::uint64_t size() const;
  bool empty() const;
  Cursor begin() const;
  Cursor last() const;
  Cursor seek(Position const&) const;
  Cursor seek_before(Position const&) const;
  std::uint64_t count(Position const&, Position const&) const;
  Transient edit() const;
  static Index from_sorted(std::span<int const>);
  Place flush(Sink const&) const;
  static Index open(Place const&, std::uint64_t, std::shared_ptr<Source const>);
  template <class Visit>
  void for_each_address(Visit) const;
};

}  // namespace archetype
