// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The ways to say which entity and which attribute is meant.
#pragma once

#include <cairn/datom/datom.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace cairn {

/// The entity that has a value under a unique attribute: `[:name "Ivan"]`.
struct LookupRef {
  Keyword attribute;
  Value value;

  friend bool operator==(LookupRef const&, LookupRef const&) = default;
};

/// A lookup ref, in the words of a query's or a transaction's arguments: `lookup(":name", "Ivan")`.
template <meta::Lazy = {}>
[[nodiscard]] inline LookupRef lookup(std::string_view attribute, Value value) {
  return {Keyword{attribute}, std::move(value)};
}

namespace detail {

/// An entity's number that a user gave.
template <meta::Lazy = {}>
inline EntityId checked_entity(EntityId id) {
  if (id > 0) return id;
  raise(Errc::entity_id_syntax,
        "There is no entity " + std::to_string(id) +
            ": entities are numbered from 1. Negative numbers are temporary ids and "
            "mean something in transaction data only.",
        "{:entity-id " + std::to_string(id) + "}");
}

}  // namespace detail

/// The name of an attribute, with or without its colon: a string or a keyword. Or the entity that describes it, by
/// number, as datoms name attributes in a database with `:attribute-refs? true`; `entity-id/syntax` for one below 1.
struct AttributeName {
  Keyword keyword{};    ///< of no meaning where `entity` is given
  EntityId entity = 0;  ///< 0: the keyword says it

  template <std::integral Id>
    requires(!std::same_as<Id, bool> && !std::same_as<Id, char>)
  AttributeName(Id id)  // NOLINT(google-explicit-constructor)
      : entity{detail::checked_entity(static_cast<EntityId>(id))} {}

  AttributeName(Keyword name) : keyword{name} {}                               // NOLINT(google-explicit-constructor)
  AttributeName(char const* name) : keyword{std::string_view{name}} {}         // NOLINT(google-explicit-constructor)
  AttributeName(std::string_view name) : keyword{name} {}                      // NOLINT(google-explicit-constructor)
  AttributeName(std::string const& name) : keyword{std::string_view{name}} {}  // NOLINT(google-explicit-constructor)
};

/// An entity that is in the database: by number, by ident (a keyword, or a string such as `":color/red"`), by lookup
/// ref.
class EntityRef {
 public:
  template <std::integral Id>
  requires(!std::same_as<Id, bool> && !std::same_as<Id, char>) EntityRef(Id id)
      : which_{static_cast<EntityId>(id)} {}                                  // NOLINT(google-explicit-constructor)
  EntityRef(Keyword ident) : which_{ident} {}                                 // NOLINT(google-explicit-constructor)
  EntityRef(char const* ident) : which_{Keyword{std::string_view{ident}}} {}  // NOLINT(google-explicit-constructor)
  EntityRef(std::string_view ident) : which_{Keyword{ident}} {}               // NOLINT(google-explicit-constructor)
  EntityRef(std::string const& ident)
      : which_{Keyword{std::string_view{ident}}} {}     // NOLINT(google-explicit-constructor)
  EntityRef(LookupRef ref) : which_{std::move(ref)} {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] std::variant<EntityId, Keyword, LookupRef> const& which() const noexcept { return which_; }

 private:
  std::variant<EntityId, Keyword, LookupRef> which_;
};

}  // namespace cairn
