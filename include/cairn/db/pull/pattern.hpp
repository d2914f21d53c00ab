// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A pull pattern as a value.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/db/pull/parse.hpp>
#include <cairn/db/pull/plan.hpp>
#include <cairn/db/pull/run.hpp>
#include <cairn/db/pull/transform.hpp>
#include <cairn/edn/parse.hpp>
#include <cairn/edn/value.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace cairn {

/// A pull pattern that knows its database value: `auto pull = pattern.on(db); pull(1); pull(2);`. It keeps its memory
/// from entity to entity.
///
/// Complexity: of an entity O(log n + facts); where few attributes are named, what lies between them is jumped over.
/// Thread safety: one thread at a time.
template <class IndexTag>
class BoundPull {
 public:
  BoundPull(Db<IndexTag> db, std::shared_ptr<detail::PullPlan const> plan)
      : db_{std::move(db)}, plan_{std::move(plan)}, memory_{*plan_} {}

  /// Errors: `query/where` more than 1,000 entities deep; `query/memory` for more than 2^20 entities and values
  /// of other entities in one result; what a function of `:xform` throws.
  [[nodiscard]] notation::Value operator()(EntityId entity) { return detail::PullRun{db_, *plan_, memory_}(entity); }
  /// Errors: also those of `Db::require_entity`.
  [[nodiscard]] notation::Value operator()(EntityRef const& ref) { return (*this)(db_.require_entity(ref)); }

  [[nodiscard]] Db<IndexTag> const& db() const noexcept { return db_; }

 private:
  Db<IndexTag> db_;
  std::shared_ptr<detail::PullPlan const> plan_;
  detail::PullMemory memory_;
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
/// Parsed once, it may be used with any database. Copying it is O(1).
/// Thread safety: as an immutable value.
class PullPattern {
 public:
  /// Errors: `parser/find`, with the text around the place, for what is not a pattern; `edn/...` for what is not EDN.
  PullPattern(notation::Value const& pattern)  // NOLINT(google-explicit-constructor)
      : shared_{std::make_shared<Shared>()} {
    shared_->tree = detail::PullParser<>::parse(pattern);
  }
  PullPattern(std::string_view text) : PullPattern{notation::parse(text)} {}     // NOLINT
  PullPattern(std::string const& text) : PullPattern{std::string_view{text}} {}  // NOLINT
  PullPattern(char const* text) : PullPattern{std::string_view{text}} {}         // NOLINT

  /// The pattern as it was given.
  [[nodiscard]] notation::Value const& edn() const noexcept { return shared_->tree.written; }

  /// The pattern for many entities of one database value. `lookup` says what the names after `:xform` mean; then the
  /// database's own functions are asked, then `count dec first identity inc keyword last name not set str vector`.
  /// Errors: `transact/schema` for attributes that the schema doesn't know, and for reverse names of attributes that
  /// are no references; `query/where` for functions that nobody knows. Complexity: O(pattern); O(1) with the schema
  /// that it was used with last.
  template <class IndexTag>
  [[nodiscard]] BoundPull<IndexTag> on(Db<IndexTag> const& db, TransformLookup const& lookup = {}) const {
    return {db, plan_for(db, lookup)};
  }

  /// What it finds of one entity, a map or nil. Errors: those of `on` and of `BoundPull`.
  template <class IndexTag>
  [[nodiscard]] notation::Value of(Db<IndexTag> const& db, EntityRef const& ref) const {
    auto const entity = db.require_entity(ref);
    auto const plan = plan_for(db, {});
    auto memory = borrow(plan);
    auto found = detail::PullRun{db, *plan, *memory}(entity);
    give_back(plan, std::move(memory));
    return found;
  }

 private:
  /// The pattern, and what was made of it last, which most likely is what is needed next.
  struct Shared {
    detail::PullTree tree{};
    std::mutex mutex{};
    std::shared_ptr<detail::PullPlan const> last{};
    bool is_strict = false;
    std::unique_ptr<detail::PullMemory> memory{};  ///< of that plan, while nobody uses it
  };

  [[nodiscard]] std::unique_ptr<detail::PullMemory> borrow(std::shared_ptr<detail::PullPlan const> const& plan) const {
    {
      std::lock_guard const lock{shared_->mutex};
      if (shared_->last == plan && shared_->memory) return std::move(shared_->memory);
    }
    return std::make_unique<detail::PullMemory>(*plan);
  }
  void give_back(std::shared_ptr<detail::PullPlan const> const& plan,
                 std::unique_ptr<detail::PullMemory> memory) const {
    if (!memory->is_small()) return;
    std::lock_guard const lock{shared_->mutex};
    if (shared_->last == plan) shared_->memory = std::move(memory);
  }

  template <class IndexTag>
  [[nodiscard]] std::shared_ptr<detail::PullPlan const> plan_for(Db<IndexTag> const& db,
                                                                 TransformLookup const& lookup) const {
    auto const& schema = db.moment().schema;
    bool const is_strict = db.options().schema_flexibility == SchemaFlexibility::write;
    {
      std::lock_guard const lock{shared_->mutex};
      if (shared_->last && shared_->last->schema == schema && shared_->is_strict == is_strict) return shared_->last;
    }
    auto const& functions = db.moment().functions;
    TransformLookup const all = [&](std::string_view name) -> Transform {
      if (lookup) {
        if (auto found = lookup(name)) return found;
      }
      auto const* known = functions ? functions->find_transform(Keyword{name}) : nullptr;
      return known != nullptr ? *known : Transform{};
    };
    auto made =
        std::make_shared<detail::PullPlan const>(detail::PullPlanner<>{schema, is_strict, all}.plan(shared_->tree));
    if (made->has_transforms) return made;  // what names mean may change without the schema
    std::lock_guard const lock{shared_->mutex};
    shared_->last = made;
    shared_->memory.reset();
    shared_->is_strict = is_strict;
    return made;
  }

  std::shared_ptr<Shared> shared_;
};

}  // namespace cairn
