// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What stands for an entity or a value in the data of a transaction.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/db/entity_ref.hpp>

#include <concepts>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace cairn {

struct EntityMap;

/// A value as transaction data writes it: what it means depends on the attribute that it is given to. A string is a
/// string, or a temporary id where an entity is meant; a list is many values, a tuple or a lookup ref; a map is a
/// further entity.
///
/// Copying shares what is long.
class TxValue {
 public:
  enum class Form : std::uint8_t { scalar, list, set, map };

  /// nil.
  TxValue() noexcept = default;
  template <class T>
  requires(std::convertible_to<T, Value> && !std::same_as<std::remove_cvref_t<T>, TxValue> &&
           !std::same_as<std::remove_cvref_t<T>, std::vector<Value>>) TxValue(T&& value)
      : scalar_{std::forward<T>(value)} {}  // NOLINT(google-explicit-constructor)
  template <class T>
  requires std::convertible_to<T const&, TxValue> TxValue(
      std::vector<T> const& elements)  // NOLINT(google-explicit-constructor)
      : TxValue{Form::list, std::vector<TxValue>{elements.begin(), elements.end()}} {}
  TxValue(LookupRef ref)  // NOLINT(google-explicit-constructor)
      : TxValue{Form::list, std::vector<TxValue>{TxValue{ref.attribute}, TxValue{std::move(ref.value)}}} {}
  TxValue(EntityMap map);  // NOLINT(google-explicit-constructor)

  [[nodiscard]] static TxValue list(std::vector<TxValue> elements) { return {Form::list, std::move(elements)}; }
  [[nodiscard]] static TxValue set(std::vector<TxValue> elements) { return {Form::set, std::move(elements)}; }

  [[nodiscard]] Form form() const noexcept { return form_; }
  [[nodiscard]] bool is_scalar() const noexcept { return form_ == Form::scalar; }
  [[nodiscard]] bool is_list() const noexcept { return form_ == Form::list; }
  [[nodiscard]] bool is_map() const noexcept { return form_ == Form::map; }
  [[nodiscard]] bool is_nil() const noexcept { return is_scalar() && scalar_.is_nil(); }
  /// Requires: a scalar.
  [[nodiscard]] Value const& scalar() const noexcept { return scalar_; }
  /// Of a list or a set.
  [[nodiscard]] std::span<TxValue const> elements() const noexcept;
  /// Requires: a map.
  [[nodiscard]] EntityMap const& map() const noexcept;

 private:
  struct Compound;
  TxValue(Form form, std::vector<TxValue> elements);

  Form form_ = Form::scalar;
  Value scalar_{};
  std::shared_ptr<Compound const> compound_{};
};

/// An entity and what is to be true of it: `{:db/id "t" :name "Ivan" :friend {...}}`.
struct EntityMap {
  TxValue id{};  ///< nil: a new entity, or the one that a unique identity among the attributes names
  std::vector<std::pair<AttributeName, TxValue>> attributes{};
};

struct TxValue::Compound {
  std::vector<TxValue> elements{};
  EntityMap map{};
};

inline TxValue::TxValue(Form form, std::vector<TxValue> elements)
    : form_{form}, compound_{std::make_shared<Compound const>(Compound{std::move(elements), {}})} {}
inline TxValue::TxValue(EntityMap map)
    : form_{Form::map}, compound_{std::make_shared<Compound const>(Compound{{}, std::move(map)})} {}
inline std::span<TxValue const> TxValue::elements() const noexcept { return compound_->elements; }
inline EntityMap const& TxValue::map() const noexcept { return compound_->map; }

}  // namespace cairn
