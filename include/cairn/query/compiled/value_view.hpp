// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A value of a row, without a share in it.
#pragma once

#include <cairn/query/access/cell.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <span>
#include <string_view>

namespace cairn {

/// A value that belongs to a result: a `Value const&` that is copied as the 16 bytes that a value is, without counting. Valid
/// as long as the result; what is to outlive it is made a `Value`.
class ValueView {
 public:
  /// nil.
  ValueView() noexcept : ValueView{query::Cell{}} {}
  explicit ValueView(query::Cell cell) noexcept : value_{detail::ValueParts::join(cell.kind, cell.word)} {}
  // In its two parts, which a compiler keeps in registers.
  ValueView(ValueView const& other) noexcept : ValueView{query::Cell{other.value_}} {}
  ValueView& operator=(ValueView const& other) noexcept {
    if (this != &other) ::new (static_cast<void*>(this)) ValueView{other};
    return *this;
  }
  ~ValueView() {}  // NOLINT(modernize-use-equals-default): the value is not its own

  [[nodiscard]] Value const& get() const noexcept { return value_; }
  [[nodiscard]] operator Value const&() const noexcept { return get(); }  // NOLINT(google-explicit-constructor)

  [[nodiscard]] ValueKind kind() const noexcept { return get().kind(); }
  [[nodiscard]] bool is(ValueKind kind) const noexcept { return get().is(kind); }
  [[nodiscard]] bool is_nil() const noexcept { return get().is_nil(); }
  [[nodiscard]] bool is_number() const noexcept { return get().is_number(); }
  // As of a `Value`: each requires that `kind()` is the one it names.
  [[nodiscard]] bool as_boolean() const noexcept { return get().as_boolean(); }
  [[nodiscard]] std::int64_t as_integer() const noexcept { return get().as_integer(); }
  [[nodiscard]] double as_double() const noexcept { return get().as_double(); }
  [[nodiscard]] Instant as_instant() const noexcept { return get().as_instant(); }
  [[nodiscard]] Keyword as_keyword() const noexcept { return get().as_keyword(); }
  [[nodiscard]] Symbol as_symbol() const noexcept { return get().as_symbol(); }
  [[nodiscard]] std::string_view as_string() const noexcept { return get().as_string(); }
  [[nodiscard]] std::span<std::byte const> as_bytes() const noexcept { return get().as_bytes(); }
  [[nodiscard]] Uuid as_uuid() const noexcept { return get().as_uuid(); }
  [[nodiscard]] std::span<Value const> as_tuple() const noexcept { return get().as_tuple(); }

  friend bool operator==(ValueView left, ValueView right) noexcept { return left.get() == right.get(); }
  friend bool operator==(ValueView left, Value const& right) noexcept { return left.get() == right; }
  friend std::strong_ordering operator<=>(ValueView left, ValueView right) noexcept { return left.get() <=> right.get(); }
  friend std::strong_ordering operator<=>(ValueView left, Value const& right) noexcept { return left.get() <=> right; }

 private:
  union {
    Value value_;
  };
};

}  // namespace cairn

template <>
struct std::hash<cairn::ValueView> {
  std::size_t operator()(cairn::ValueView view) const noexcept { return view.get().hash(); }
};
