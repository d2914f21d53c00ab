// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The functions that make and take collections.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/edn_values.hpp>
#include <cairn/query/function/arithmetic.hpp>
#include <cairn/query/function/builtins.hpp>
#include <cairn/query/function/refuse.hpp>
#include <cairn/query/function/text.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace cairn::query::detail {

/// A tuple of the arguments.
template <meta::Lazy = {}>
[[nodiscard]] inline Value tuple_of(Arguments arguments) {
  std::vector<Value> elements;
  elements.reserve(arguments.size());
  bool flat = true;
  for (auto const* argument : arguments) {
    elements.push_back(*argument);
    flat = flat && !argument->is(ValueKind::tuple) && !argument->is(ValueKind::edn);
  }
  Value made{std::move(elements)};
  if (!flat) check_size("vector", made);
  return made;
}

template <meta::Lazy = {}>
[[nodiscard]] inline std::vector<Value> elements_for(FunctionId id, Value const& collection) {
  auto elements = elements_of(collection);
  if (!elements) refuse(info_of(id).name, "a collection", collection);
  return *std::move(elements);
}

/// Of an EDN map or set, in canonical form.
template <meta::Lazy = {}>
[[nodiscard]] inline Value measured(std::string_view function, notation::Value const& made) {
  auto value = value_of_canonical(made);
  check_size(function, value);
  return value;
}

template <meta::Lazy = {}>
[[nodiscard]] inline Value set_of_elements(Value const& collection) {
  check_size("set", collection);
  std::vector<notation::Value> items;
  for (auto const& element : elements_for(FunctionId::set, collection)) items.push_back(canonical(element));
  return measured("set", set_of(std::move(items)));
}

/// `(hash-map :a 1 :b 2)`; of equal keys the last counts.
template <meta::Lazy = {}>
[[nodiscard]] inline Value map_of_arguments(Arguments arguments) {
  if (arguments.size() % 2 != 0) {
    raise(Errc::query_where, "hash-map wants keys and values in turn, and got " + std::to_string(arguments.size()) + " arguments.",
          "{:function hash-map}");
  }
  std::size_t size = 0;
  for (auto const* argument : arguments) measure("hash-map", *argument, 1, size);
  std::vector<std::pair<notation::Value, notation::Value>> entries;
  for (std::size_t i = 0; i != arguments.size(); i += 2) {
    entries.emplace_back(canonical(*arguments[i]), canonical(*arguments[i + 1]));
  }
  return measured("hash-map", map_of(std::move(entries)));
}

template <meta::Lazy = {}>
[[nodiscard]] inline std::int64_t count_of(FunctionId id, Value const& collection) {
  switch (collection.kind()) {
    case ValueKind::nil:
      return 0;
    case ValueKind::tuple:
      return static_cast<std::int64_t>(collection.as_tuple().size());
    case ValueKind::string:
      return count_characters(collection.as_string());
    case ValueKind::edn: {
      auto const edn = cairn::to_edn(collection);
      if (edn.is_map() || edn.is_set()) return static_cast<std::int64_t>(edn.size());
      break;
    }
    default:
      break;
  }
  refuse(info_of(id).name, "a collection", collection);
}

/// `(range end)`, `(range start end)`, `(range start end step)`: a tuple.
template <meta::Lazy = {}>
[[nodiscard]] inline Value range_of(Arguments arguments) {
  if (arguments.empty()) raise(Errc::query_where, "range needs an end: (range 10).", "{:function range}");
  for (auto const* argument : arguments) {
    if (!argument->is(ValueKind::integer)) refuse("range", "integers", *argument);
  }
  auto const at = [&](std::size_t i) { return arguments[i]->as_integer(); };
  auto const from = arguments.size() > 1 ? at(0) : 0;
  auto const to = at(arguments.size() > 1 ? 1 : 0);
  auto const step = arguments.size() > 2 ? at(2) : 1;
  if (step == 0) raise(Errc::query_where, "range needs a step that is not 0.", "{:function range}");
  std::vector<Value> numbers;
  for (auto next = from; step > 0 ? next < to : next > to;) {
    if (numbers.size() == most_elements) refuse_size("range", "more than a million numbers");
    numbers.emplace_back(next);
    if (__builtin_add_overflow(next, step, &next)) break;  // past every end
  }
  return numbers;
}

/// Clojure's `empty`, by which Datahike spells `empty?`: the empty collection of that kind, nil of all else.
template <meta::Lazy = {}>
[[nodiscard]] inline Value empty_of(Value const& of) {
  if (of.is(ValueKind::tuple)) return std::vector<Value>{};
  if (!of.is(ValueKind::edn)) return {};
  if (of.as_string().starts_with('{')) return EdnValue{"{}"};
  return of.as_string().starts_with("#{") ? Value{EdnValue{"#{}"}} : Value{};
}

/// A map or set that was looked into before: it is not read again by a filter that asks one for every row.
class ReadCollection {
 public:
  template <meta::Lazy = {}>
  [[nodiscard]] notation::Value const& of(Value const& edn) {
    using Parts = cairn::detail::ValueParts;
    if (!last_.is(ValueKind::edn) || Parts::word(last_) != Parts::word(edn)) {
      last_ = {};
      read_ = cairn::to_edn(edn);
      last_ = edn;
    }
    return read_;
  }

 private:
  Value last_{};  ///< a share in it, so that no other comes to lie where it does
  notation::Value read_{};
};

template <meta::Lazy = {}>
[[nodiscard]] inline bool contains_key(Value const& in, Value const& key, ReadCollection& read) {
  if (in.is(ValueKind::edn) && (in.as_string().starts_with('{') || in.as_string().starts_with("#{"))) {
    return read.of(in).contains(canonical(key));
  }
  if (!in.is(ValueKind::tuple) && !in.is(ValueKind::string) && !in.is_nil()) {
    refuse("contains?", "a map, a set or a vector", in);
  }
  return key.is(ValueKind::integer) && key.as_integer() >= 0 && key.as_integer() < count_of(FunctionId::contains, in);
}

/// `-differ?`: whether the first half of the arguments differs from the second.
template <meta::Lazy = {}>
[[nodiscard]] inline bool halves_differ(Arguments arguments) {
  auto const half = (arguments.size() + 1) / 2;
  return !std::ranges::equal(arguments.first(half), arguments.subspan(half),
                             [](Value const* left, Value const* right) { return equals(*left, *right); });
}

}  // namespace cairn::query::detail
