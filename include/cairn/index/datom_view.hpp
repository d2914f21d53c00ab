// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A datom of a leaf, put together from its columns without counting its value.
#pragma once

#include <cairn/datom/datom.hpp>

#include <cstddef>
#include <cstdint>
#include <new>

namespace cairn {

/// A datom as an index shows it: the members of a `RawDatom`, to which it converts, without a share in its value. Valid as
/// long as the block that it came from; what is to outlive that is made a `RawDatom`, and a value is copied.
class DatomView {
 public:
  DatomView(EntityId entity, AttributeId attribute, bool is_added, EntityId transaction, ValueKind kind, std::uint64_t word) noexcept
      : e{entity}, a{attribute}, added{is_added}, tx{transaction}, v{detail::ValueParts::join(kind, word)} {}
  DatomView(DatomView const& other) noexcept
      : DatomView{other.e, other.a, other.added, other.tx, other.v.kind(), detail::ValueParts::word(other.v)} {}
  DatomView& operator=(DatomView const&) = delete;
  ~DatomView() {}  // NOLINT(modernize-use-equals-default): the value is not its own

  EntityId const e;
  AttributeId const a;
  bool const added;
  EntityId const tx;
  union {
    Value const v;
  };

  [[nodiscard]] operator RawDatom() const noexcept {  // NOLINT(google-explicit-constructor)
    return {.e = e, .a = a, .added = added, .tx = tx, .v = v};
  }

  friend bool operator==(DatomView const& left, DatomView const& right) noexcept {
    return left.e == right.e && left.a == right.a && left.tx == right.tx && left.added == right.added && left.v == right.v;
  }
};

namespace detail {

/// Room for a datom that is only looked at: its value is somebody else's, and nothing is counted or destroyed.
class DatomSlot {
 public:
  [[nodiscard]] RawDatom const& get() const noexcept { return *std::launder(reinterpret_cast<RawDatom const*>(storage_)); }

  void set(EntityId e, AttributeId a, bool added, EntityId tx, ValueKind kind, std::uint64_t word) noexcept {
    ::new (static_cast<void*>(storage_)) RawDatom{e, a, added, tx, ValueParts::join(kind, word)};
  }

 private:
  alignas(RawDatom) std::byte storage_[sizeof(RawDatom)]{};  // may be copied before it is set
};

}  // namespace detail

}  // namespace cairn
