// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Values in two parts that somebody else owns.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/index/datom_view.hpp>
#include <cairn/query/access/text_hash.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

namespace cairn::query {

/// A value that is somebody else's: its kind and its word. Copied without counting; whoever has it sees to it that the owner
/// lives.
struct Cell {
  ValueKind kind = ValueKind::nil;
  std::uint64_t word = 0;

  Cell() = default;
  Cell(ValueKind its_kind, std::uint64_t its_word) noexcept : kind{its_kind}, word{its_word} {}
  explicit Cell(Value const& value) noexcept : kind{value.kind()}, word{cairn::detail::ValueParts::word(value)} {}

  [[nodiscard]] static Cell integer(std::int64_t number) noexcept {
    return {ValueKind::integer, static_cast<std::uint64_t>(number)};
  }
  [[nodiscard]] std::int64_t as_integer() const noexcept { return static_cast<std::int64_t>(word); }
};

/// Shows a cell as the value that it is, without a share in it.
class BorrowedValue {
 public:
  explicit BorrowedValue(Cell cell) noexcept : value_{cairn::detail::ValueParts::join(cell.kind, cell.word)} {}
  BorrowedValue(ValueKind kind, std::uint64_t word) noexcept : value_{cairn::detail::ValueParts::join(kind, word)} {}
  BorrowedValue(BorrowedValue const&) = delete;
  BorrowedValue& operator=(BorrowedValue const&) = delete;
  ~BorrowedValue() {}  // NOLINT(modernize-use-equals-default): the value is not its own

  [[nodiscard]] Value const& get() const noexcept { return value_; }
  [[nodiscard]] Value const* operator->() const noexcept { return &value_; }
  [[nodiscard]] Value const& operator*() const noexcept { return value_; }

 private:
  union {
    Value value_;
  };
};

/// Whether two values of this kind are equal exactly if their words are.
[[nodiscard]] constexpr bool equal_by_word(ValueKind kind) noexcept {
  switch (kind) {
    case ValueKind::nil:
    case ValueKind::boolean:
    case ValueKind::integer:
    case ValueKind::instant:
    case ValueKind::keyword:
    case ValueKind::symbol: return true;
    default: return false;
  }
}

/// As values are equal.
[[nodiscard]] inline bool operator==(Cell const& left, Cell const& right) noexcept {
  if (left.kind != right.kind) return false;
  if (left.word == right.word && left.kind != ValueKind::nil) return true;
  if (equal_by_word(left.kind)) return left.kind == ValueKind::nil || left.word == right.word;
  return *BorrowedValue{left} == *BorrowedValue{right};
}

/// Equal cells have equal hashes; all bits of it count. In another process they are others.
[[nodiscard]] inline std::size_t hash_of(Cell cell) noexcept {
  auto const mixed = [](std::uint64_t word) { return static_cast<std::size_t>(detail::mixed(detail::hash_seed, word)); };
  if (equal_by_word(cell.kind)) return mixed(cell.kind == ValueKind::nil ? 0 : cell.word + static_cast<std::uint64_t>(cell.kind));
  BorrowedValue const value{cell};
  return mixed(cell.kind == ValueKind::string ? detail::text_hash(value->as_string()) : value->hash());
}

}  // namespace cairn::query
