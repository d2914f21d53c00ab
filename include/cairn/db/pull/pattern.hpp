// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A pull pattern as a value.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/db/pull/transform.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/meta/watch.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace cairn {

namespace detail {
struct PullMemory;
struct PullPlan;
}  // namespace detail

/// A pull pattern that knows its database value: `auto pull = pattern.on(db); pull(1); pull(2);`. It keeps its memory
/// from entity to entity.
///
/// Complexity: of an entity O(log n + facts); where few attributes are named, what lies between them is jumped over.
/// Thread safety: one thread at a time.
template <class IndexTag>
class BoundPull {
 public:
  BoundPull(Db<IndexTag> db, std::shared_ptr<detail::PullPlan const> plan);
  BoundPull(BoundPull&&) noexcept;
  BoundPull& operator=(BoundPull&&) noexcept;
  ~BoundPull();

  /// Errors: `query/memory` for more than 2^20 entities and values of other entities in one result, or more than 64 MiB of text that
  /// functions of `:xform` make of these; what such a function throws.
  [[nodiscard]] notation::Value operator()(EntityId entity);
  /// Errors: also those of `Db::require_entity`.
  [[nodiscard]] notation::Value operator()(EntityRef const& ref);

  [[nodiscard]] Db<IndexTag> const& db() const noexcept { return db_; }
  /// Has `watch` asked, which ends a pull by an exception, now and then in all that is pulled from here on.
  void set_watch(meta::Watch const& watch) noexcept;

 private:
  Db<IndexTag> db_;
  std::shared_ptr<detail::PullPlan const> plan_;
  std::unique_ptr<detail::PullMemory> memory_;
};

/// What to pull of an entity: `[:name (:age :default 0) {:friend [:name]} :_parent *]`, as EDN or its text.
///
/// - `:a`, `"a"`: what the entity has under an attribute; `:db/id` its number; `*` all that it has, its components
/// whole.
/// - `:_a`, `:ns/_a`: the entities that refer to it; one of a component, a vector of others.
/// - `{:a [...]}`: a pattern for what it refers to; `{:a 3}`, `{:a ...}`: this same pattern, so many levels deep, or to
///   the end. An entity that the way there has passed already is shown by number, which ends circles.
/// - `(:a :as "key" :limit 10 :default 0 :xform f)`, in brackets too; `(limit :a 10)`, `(default :a 0)`. A limit is of
/// the
///   values looked at, 1000 where none is given and none where it is nil. `:xform` names a `Transform`.
///
/// Parsed once, it may be used with any database. Copying it is O(1). The texts that a program brought last are kept as they were
/// parsed, with the schema that each was used with last, so that one that is brought again costs a look.
/// Thread safety: as an immutable value.
class PullPattern {
 public:
  /// Errors: `parser/find`, with the text around the place, for what is not a pattern; `edn/...` for what is not EDN.
  template <meta::Lazy = {}>
  PullPattern(notation::Value const& pattern);  // NOLINT(google-explicit-constructor)
  template <meta::Lazy = {}>
  PullPattern(std::string_view text);  // NOLINT(google-explicit-constructor)
  template <meta::Lazy = {}>
  PullPattern(std::string const& text) : PullPattern{std::string_view{text}} {}  // NOLINT
  template <meta::Lazy = {}>
  PullPattern(char const* text) : PullPattern{std::string_view{text}} {}         // NOLINT

  /// The pattern as it was given.
  template <meta::Lazy = {}>
  [[nodiscard]] notation::Value const& edn() const noexcept;

  /// The pattern for many entities of one database value. `lookup` says what the names after `:xform` mean; then the
  /// database's own functions are asked, then `count dec first identity inc keyword last name not set str vector`.
  /// Errors: `transact/schema` for attributes that the schema doesn't know, and for reverse names of attributes that
  /// are no references; `query/where` for functions that nobody knows. Complexity: O(pattern); O(1) with the schema
  /// that it was used with last.
  template <class IndexTag>
  [[nodiscard]] BoundPull<IndexTag> on(Db<IndexTag> const& db, TransformLookup const& lookup = {}) const;

  /// What it finds of one entity, a map or nil. Errors: those of `on` and of `BoundPull`.
  template <class IndexTag>
  [[nodiscard]] notation::Value of(Db<IndexTag> const& db, EntityRef const& ref) const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace cairn

#ifndef CAIRN_ENGINE
#include <cairn/db/pull/pattern_members.hpp>
#endif
