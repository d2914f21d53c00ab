// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Fields of aggregates that say more than a value does: references to entities, unique values.
#pragma once

#include <cairn/db/entity_ref.hpp>
#include <cairn/db/value_type.hpp>
#include <cairn/error/error.hpp>

#include <compare>
#include <concepts>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn {

/// A field that refers to an entity (`:db.type/ref`), which C++ sees as a `Target` where it is read or written.
///
/// To be transacted it is given as the entity's number, its ident (`kw(":color/red")`), a lookup ref, a temporary id
/// of the same transaction (`Ref<Company>::temp("acme")`), or a `Target` in place, which is transacted with it. Read
/// back, it holds the number. `Target` may be a struct that is not complete yet, such as the one that the field is in.
/// `Ref<>` refers to any entity.
template <class Target = void>
class Ref {
 public:
  /// To nothing; refused when it is transacted. `std::optional<Ref<T>>` is for what may be absent.
  Ref() noexcept = default;
  template <std::integral Id>
  requires(!std::same_as<Id, bool> && !std::same_as<Id, char>) Ref(Id entity)
      : to_{static_cast<EntityId>(entity)} {}  // NOLINT(google-explicit-constructor)
  Ref(Keyword ident) : to_{ident} {}           // NOLINT(google-explicit-constructor)
  Ref(LookupRef ref)                           // NOLINT(google-explicit-constructor)
      : to_{std::vector<Value>{Value{ref.attribute}, std::move(ref.value)}} {}
  template <std::same_as<Target> InPlace>
  Ref(InPlace target)  // NOLINT(google-explicit-constructor)
      : in_place_{std::make_shared<Target const>(std::move(target))} {}

  /// To the entity that has this temporary id in the transaction.
  [[nodiscard]] static Ref temp(std::string_view id) {
    Ref ref;
    ref.to_ = Value{id};
    return ref;
  }

  /// Whether it refers to something.
  [[nodiscard]] explicit operator bool() const noexcept { return !to_.is_nil() || in_place_ != nullptr; }
  /// Whether it holds an entity's number, as all do that were read back.
  [[nodiscard]] bool has_id() const noexcept { return to_.is(ValueKind::integer) && to_.as_integer() > 0; }
  /// The entity's number. Errors: `entity-id/syntax` where it holds none.
  [[nodiscard]] EntityId id() const {
    if (has_id()) return to_.as_integer();
    raise(Errc::entity_id_syntax,
          "This reference holds no entity's number: it is empty, or what it refers to was named in another way. Pull "
          "it from the database, or look the entity up.",
          "{}");
  }
  /// The entity, wherever the database is asked for one: `db.entity(person.employer)`, `pull<Company>(db, ...)`.
  operator EntityRef() const {  // NOLINT(google-explicit-constructor)
    if (to_.is(ValueKind::keyword)) return to_.as_keyword();
    if (to_.is(ValueKind::tuple)) return LookupRef{to_.as_tuple()[0].as_keyword(), to_.as_tuple()[1]};
    return id();
  }

  /// What transaction data writes for it: a number, an ident, a temporary id, or the two parts of a lookup ref as a
  /// tuple; nil where the entity is in place.
  [[nodiscard]] Value const& written() const noexcept { return to_; }
  /// The entity in place, or null.
  [[nodiscard]] Target const* in_place() const noexcept { return in_place_.get(); }

  /// Equal are references that are written in the same way; what is in place equals only its own copies.
  friend bool operator==(Ref const& left, Ref const& right) noexcept {
    return left.to_ == right.to_ && left.in_place_ == right.in_place_;
  }
  friend std::strong_ordering operator<=>(Ref const& left, Ref const& right) noexcept {
    auto const by_name = left.to_ <=> right.to_;
    return by_name != 0 ? by_name : std::compare_three_way{}(left.in_place_.get(), right.in_place_.get());
  }

 private:
  Value to_{};
  std::shared_ptr<Target const> in_place_{};
};

/// A field whose value no two entities share. By it transactions know the entity again: an aggregate with the value of
/// one that is there already is that entity (`:db.unique/identity`). `Unique<T, Uniqueness::value>` refuses the second
/// one instead.
///
/// Written as a `Type` is; read as `*field` and `field->`.
template <class Type, Uniqueness Kind = Uniqueness::identity>
struct Unique {
  static_assert(Kind != Uniqueness::none,
                "cairn::Unique [kind]: a unique field is of Uniqueness::identity or Uniqueness::value");

  Type value;

  Unique() requires std::default_initializable<Type> : value{} {}
  Unique(Type given) : value{std::move(given)} {}  // NOLINT(google-explicit-constructor)
  /// What converts to a `Type`, such as a literal to a string.
  template <class From>
  requires(std::is_class_v<Type>&& std::convertible_to<From, Type> && !std::is_class_v<std::remove_cvref_t<From>>)
      Unique(From&& from)
      : value(std::forward<From>(from)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] Type& operator*() noexcept { return value; }
  [[nodiscard]] Type const& operator*() const noexcept { return value; }
  [[nodiscard]] Type* operator->() noexcept { return &value; }
  [[nodiscard]] Type const* operator->() const noexcept { return &value; }

  friend bool operator==(Unique const&, Unique const&) requires std::equality_comparable<Type>
  = default;
  friend auto operator<=>(Unique const&, Unique const&) requires std::three_way_comparable<Type>
  = default;
};

}  // namespace cairn
