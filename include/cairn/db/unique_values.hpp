// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether a value of a unique attribute is one entity's alone.
#pragma once

#include <cairn/datom/datom.hpp>
#include <cairn/db/edn_conversion.hpp>
#include <cairn/db/schema.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>

#include <optional>
#include <string>

namespace cairn::detail {

/// Errors: `transact/unique`, always.
template <meta::Lazy = {}>
[[noreturn]] void raise_shared_value(Attribute const& attribute, Value const& value, EntityId first, EntityId second) {
  auto const name = to_text(attribute.ident);
  raise(Errc::transact_unique,
        name + " is unique, and entities " + std::to_string(first) + " and " + std::to_string(second) + " would both have " + to_text(value) + ".",
        "{:attribute " + name + " :value " + to_text(value) + " :entity-id " + std::to_string(first) + "}");
}

/// What is wrong with a database that is there, for an error.
template <meta::Lazy = {}>
[[nodiscard]] std::string describe_shared_value(Attribute const& attribute, Value const& value, EntityId first, EntityId second) {
  return "entities " + std::to_string(first) + " and " + std::to_string(second) + " both have " + to_text(value) + " under " + to_text(attribute.ident) +
         ", which is unique";
}

/// Goes through what is true in the order of AVET, where two entities with one value are neighbours. Requires: the schema stays where it is.
class UniqueValues {
 public:
  explicit UniqueValues(DatabaseSchema const& schema) noexcept : schema_{schema} {}

  /// The entity before this one that has the same value of the same unique attribute.
  template <meta::Lazy = {}>
  [[nodiscard]] std::optional<EntityId> other_with(RawDatom const& datom) {
    if (datom.a != before_.a) {
      auto const* attribute = schema_.find(datom.a);
      is_unique_ = attribute != nullptr && attribute->is_unique();
      before_ = {};
      before_.a = datom.a;
    }
    if (!is_unique_) return std::nullopt;
    bool const is_shared = before_.e != 0 && before_.e != datom.e && before_.v == datom.v;
    auto const other = before_.e;
    before_ = datom;
    return is_shared ? std::optional{other} : std::nullopt;
  }

 private:
  DatabaseSchema const& schema_;
  RawDatom before_{};
  bool is_unique_ = false;
};

}  // namespace cairn::detail
