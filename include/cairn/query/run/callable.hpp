// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a step calls, and its arguments row by row.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/meta/watch.hpp>
#include <cairn/query/function/call.hpp>
#include <cairn/query/function/registry.hpp>
#include <cairn/query/run/place_error.hpp>
#include <cairn/query/run/query_context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <vector>

namespace cairn::query {

/// Borrowed values as the arguments of a function.
class BorrowedRow {
 public:
  explicit BorrowedRow(std::size_t size) : storage_{new Slot[size == 0 ? 1 : size]} {
    pointers_.reserve(size);
    for (std::size_t i = 0; i != size; ++i) {
      set(i, Cell{});
      pointers_.push_back(std::launder(reinterpret_cast<Value const*>(storage_[i].bytes)));
    }
  }

  void set(std::size_t at, Cell cell) noexcept {
    ::new (static_cast<void*>(storage_[at].bytes)) Value{cairn::detail::ValueParts::join(cell.kind, cell.word)};
  }
  [[nodiscard]] Arguments values() const noexcept { return pointers_; }

 private:
  struct Slot {
    alignas(Value) std::byte bytes[sizeof(Value)];
  };
  std::unique_ptr<Slot[]> storage_;
  std::vector<Value const*> pointers_{};
};

/// A function of a step, ready to be called for the rows of batches.
class Callable {
 public:
  /// Errors: `query/where` where the program gave no function of that name.
  template <meta::Lazy = {}>
  Callable(QueryContext& context, Callee const& callee, std::span<Operand const> operands)
      : context_{context}, operands_{operands}, row_{operands.size()}, builtin_{callee.builtin}, form_{callee.form} {
    if (callee.custom) custom_ = find_custom(callee);
    memory_.watch = meta::Watch::of(context);
  }

  [[nodiscard]] bool is_custom() const noexcept { return custom_ != nullptr; }
  [[nodiscard]] std::span<Operand const> operands() const noexcept { return operands_; }

  /// What it makes of a row. Errors: those of the function.
  [[nodiscard]] Value operator()(Batch const& batch, std::uint32_t row) {
    for (std::size_t i = 0; i != operands_.size(); ++i) row_.set(i, context_.operand(operands_[i], batch, row));
    return at_place(context_.plan(), form_,
                    [&] { return custom_ != nullptr ? (*custom_)(row_.values()) : call(builtin_, row_.values(), memory_); });
  }

 private:
  template <meta::Lazy = {}>
  [[nodiscard]] QueryFunction const* find_custom(Callee const& callee) const {
    auto const name = form_of(context_.plan(), callee.form).raw();
    auto const* functions = context_.options().functions;
    auto const* found = functions == nullptr ? nullptr : functions->find_function(name);
    if (found != nullptr) return found;
    auto const near = functions == nullptr ? std::string_view{} : functions->nearest_function(name);
    throw error_at(form_of(context_.plan(), callee.form), callee.form.in_rules,
                   Error{Errc::query_where,
                         "There is no function " + std::string{name} + (near.empty() ? "" : "; the nearest is ") + std::string{near} +
                             ". Give it to the query: QueryOptions::functions has those of the program.",
                         "{:function " + std::string{name} + "}"});
  }

  QueryContext& context_;
  std::span<Operand const> operands_;
  BorrowedRow row_;
  FunctionId builtin_;
  FormAt form_;  ///< its name
  QueryFunction const* custom_ = nullptr;
  CallMemory memory_{};
};

}  // namespace cairn::query
