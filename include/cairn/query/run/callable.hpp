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

/// The function of the program that is called. Errors: `query/where` where there is none of that name, or where it takes another
/// number of arguments.
template <meta::Lazy = {}>
[[nodiscard]] inline QueryFunction const& custom_function(QueryContext const& context, Callee const& callee, std::size_t arguments) {
  auto const form = form_of(context.plan(), callee.form);
  auto const name = form.raw();
  auto const* functions = context.options().functions;
  auto const* found = functions == nullptr ? nullptr : functions->find_function(name);
  if (found == nullptr) {
    auto const near = functions == nullptr ? std::string_view{} : functions->nearest_function(name);
    throw error_at(form, callee.form.in_rules,
                   Error{Errc::query_where,
                         "There is no function " + std::string{name} + (near.empty() ? "" : "; the nearest is ") + std::string{near} +
                             ". Give it to the query: QueryOptions::functions has those of the program.",
                         "{:function " + std::string{name} + "}"});
  }
  if (!found->takes(arguments)) {  // said as of a built-in one, of which it shows when the query is read
    syntax::Problem problem{syntax::Fault::wrong_arguments, Errc::query_where, form.offset(), name.size(), "this function"};
    problem.in_rules = callee.form.in_rules;
    problem.count = {"argument", arguments, found->least, found->most};
    throw syntax::error_of(form.whole_text(), problem);
  }
  return *found;
}

/// That all functions of the program are there and take what they are given, whatever the data is. Errors: those of `custom_function`.
template <meta::Lazy = {}>
inline void check_functions(QueryContext const& context) {
  auto const& plan = context.plan();
  for (auto const& step : plan.steps) {
    bool const calls = step.kind == Step::Kind::filter || step.kind == Step::Kind::compute;
    if (calls && step.callee.custom) static_cast<void>(custom_function(context, step.callee, step.operands.count));
  }
  for (auto const& having : plan.having) {
    if (having.callee.custom) static_cast<void>(custom_function(context, having.callee, having.operands.count));
  }
}

/// A function of a step, ready to be called for the rows of batches.
class Callable {
 public:
  /// Errors: `query/where` where the program gave no function of that name, or one that takes another number of arguments.
  template <meta::Lazy = {}>
  Callable(QueryContext& context, Callee const& callee, std::span<Operand const> operands)
      : context_{context}, operands_{operands}, row_{operands.size()}, builtin_{callee.builtin}, form_{callee.form} {
    if (callee.custom) custom_ = &custom_function(context, callee, operands.size());
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
  QueryContext& context_;
  std::span<Operand const> operands_;
  BorrowedRow row_;
  FunctionId builtin_;
  FormAt form_;  ///< its name
  QueryFunction const* custom_ = nullptr;
  CallMemory memory_{};
};

}  // namespace cairn::query
