// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Between the values of queries and EDN: all of EDN is a value here.
#pragma once

#include <cairn/db/edn_conversion.hpp>
#include <cairn/edn/utf8.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::query {

namespace detail {

struct EdnLess {
  bool operator()(notation::Value const& left, notation::Value const& right) const { return compare(left, right) < 0; }
};

/// What is equal is there once.
template <meta::Lazy = {}>
[[nodiscard]] inline notation::Value set_of(std::vector<notation::Value> items) {
  std::ranges::sort(items, EdnLess{});
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return notation::Value::set(std::move(items));
}

/// Of equal keys the last counts.
template <meta::Lazy = {}>
[[nodiscard]] inline notation::Value map_of(std::vector<std::pair<notation::Value, notation::Value>> entries) {
  std::map<notation::Value, notation::Value, EdnLess> ordered;
  for (auto& [key, value] : entries) ordered.insert_or_assign(std::move(key), std::move(value));
  return notation::Value::map({ordered.begin(), ordered.end()});
}

/// The same, in the one form that all its equals share inside maps and sets: lists are vectors, zero has no sign, instants and
/// uuids are spelled in one way. What becomes equal by that is there once. Without recursion: what is pulled may be nested deep.
template <meta::Lazy = {}>
[[nodiscard]] inline notation::Value canonical(notation::Value const& edn) {
  using Edn = notation::Value;
  struct Open {
    Edn const* edn;
    std::span<Edn const> children;
    std::vector<Edn> made;
  };
  auto const closed = [](Open& open) {
    switch (open.edn->kind()) {
      case notation::Kind::set:
        return set_of(std::move(open.made));
      case notation::Kind::map: {
        std::vector<std::pair<Edn, Edn>> entries;
        entries.reserve(open.made.size() / 2);
        for (std::size_t i = 0; i != open.made.size(); i += 2) entries.emplace_back(std::move(open.made[i]), std::move(open.made[i + 1]));
        return map_of(std::move(entries));
      }
      case notation::Kind::tagged:
        return Edn::tagged(open.edn->tag(), std::move(open.made[0]));
      default:
        return Edn::vector(std::move(open.made));
    }
  };
  std::vector<Open> opened;
  for (auto const* one = &edn;;) {
    Edn made = one->is_real() && one->as_real() == 0 ? Edn::real(0.0) : *one;
    if (auto const instant = one->instant()) {
      made = Edn::instant(*instant);
    } else if (auto const uuid = one->uuid()) {
      made = Edn::uuid(*uuid);
    } else if (one->is_sequence() || one->is_set() || one->is_map() || one->is_tagged()) {
      opened.push_back({one, one->items().subspan(one->is_tagged() ? 1 : 0), {}});
      opened.back().made.reserve(opened.back().children.size());
      if (!one->empty()) {
        one = &opened.back().children[0];
        continue;
      }
      made = closed(opened.back());
      opened.pop_back();
    }
    for (;; opened.pop_back()) {
      if (opened.empty()) return made;
      auto& open = opened.back();
      open.made.push_back(std::move(made));
      if (open.made.size() != open.children.size()) break;
      made = closed(open);
    }
    one = &opened.back().children[opened.back().made.size()];
  }
}

/// Of a value, in that form. What is EDN text already is in it.
template <meta::Lazy = {}>
[[nodiscard]] inline notation::Value canonical(Value const& value) {
  auto edn = cairn::to_edn(value);
  return value.is(ValueKind::edn) ? edn : canonical(edn);
}

/// Of EDN in that form that no datom can hold.
template <meta::Lazy = {}>
[[nodiscard]] inline Value value_of_canonical(notation::Value const& edn) {
  return EdnValue{notation::write(edn, {.sorted = true})};
}

template <meta::Lazy = {}>
[[nodiscard]] inline Value to_value_at(std::uint32_t depth, notation::Value const& edn) {
  using Kind = notation::Kind;
  switch (edn.kind()) {
    case Kind::list:
    case Kind::vector: {
      cairn::detail::require_depth_left(depth);
      std::vector<Value> elements;
      elements.reserve(edn.size());
      for (auto const& item : edn.items()) elements.push_back(to_value_at(depth + 1, item));
      return elements;
    }
    case Kind::tagged: {
      bool const is_bytes = edn.tag() == "bytes" && edn.tagged_value().is_string() &&
                            cairn::detail::from_base64(edn.tagged_value().as_string()).has_value();
      if (edn.instant() || edn.uuid() || is_bytes) return cairn::to_value(edn);
      break;
    }
    case Kind::character:
    case Kind::map:
    case Kind::set:
      break;
    default:
      return cairn::to_value(edn);
  }
  return value_of_canonical(canonical(edn));
}

}  // namespace detail

/// The value that an EDN form is in a query: what a datom can hold as `cairn::to_value` has it, lists and vectors as tuples
/// whatever is in them, and anything else (maps, sets, characters, tagged values) as its canonical text, so that what is equal
/// has equal text: maps and sets in order, lists in them as vectors.
/// Linear, but for the sorting of maps and sets. Errors: `edn/limit` where lists and vectors are nested in each other more than 256 deep,
/// which those of no text are.
template <meta::Lazy = {}>
[[nodiscard]] inline Value to_value(notation::Value const& edn) {
  return detail::to_value_at(0, edn);
}

/// The elements that a collection has for `[?x ...]` and for functions: of a tuple and a set their own, of a map its entries
/// `[key value]`, of a string its characters (for functions only: a binding takes no string apart), of nil none. Nothing where a value is no collection. Sets and maps are in order.
template <meta::Lazy = {}>
[[nodiscard]] inline std::optional<std::vector<Value>> elements_of(Value const& collection) {
  std::vector<Value> elements;
  switch (collection.kind()) {
    case ValueKind::nil:
      return elements;
    case ValueKind::tuple:
      return std::vector<Value>{collection.as_tuple().begin(), collection.as_tuple().end()};
    case ValueKind::string: {
      auto const text = collection.as_string();
      for (std::size_t at = 0; at != text.size();) {
        auto const decoded = notation::utf8::decode(text, at);
        std::string character;
        notation::write_character_to(character, decoded.size == 0 ? char32_t{0xFFFD} : decoded.point);
        elements.emplace_back(EdnValue{std::move(character)});
        at += decoded.size == 0 ? 1 : decoded.size;
      }
      return elements;
    }
    case ValueKind::edn: {
      auto const edn = cairn::to_edn(collection);
      if (edn.is_set()) {
        for (auto const& item : edn.items()) elements.push_back(to_value(item));
        return elements;
      }
      if (!edn.is_map()) return std::nullopt;
      for (std::size_t i = 0; i != edn.size(); ++i) {
        elements.emplace_back(std::vector<Value>{to_value(edn.key(i)), to_value(edn.value(i))});
      }
      return elements;
    }
    default:
      return std::nullopt;
  }
}

/// The EDN form of any value of a query. Linear. Errors: `edn/syntax` for text that is not UTF-8.
using cairn::to_edn;

}  // namespace cairn::query
