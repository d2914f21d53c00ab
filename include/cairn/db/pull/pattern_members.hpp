// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a pull pattern does.
#pragma once

#include <cairn/db/db_lookup.hpp>
#include <cairn/db/pull/memory.hpp>
#include <cairn/db/pull/parse.hpp>
#include <cairn/db/pull/pattern.hpp>
#include <cairn/db/pull/plan.hpp>
#include <cairn/db/pull/recent_texts.hpp>
#include <cairn/db/pull/run.hpp>
#include <cairn/db/pull/tree.hpp>
#include <cairn/edn/parse.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/meta/watch.hpp>

#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

namespace cairn {

template <class IndexTag>
BoundPull<IndexTag>::BoundPull(Db<IndexTag> db, std::shared_ptr<detail::PullPlan const> plan)
    : db_{std::move(db)}, plan_{std::move(plan)}, memory_{std::make_unique<detail::PullMemory>(*plan_)} {}
template <class IndexTag>
BoundPull<IndexTag>::BoundPull(BoundPull&&) noexcept = default;
template <class IndexTag>
BoundPull<IndexTag>& BoundPull<IndexTag>::operator=(BoundPull&&) noexcept = default;
template <class IndexTag>
BoundPull<IndexTag>::~BoundPull() = default;

template <class IndexTag>
notation::Value BoundPull<IndexTag>::operator()(EntityId entity) {
  return detail::PullRun{db_, *plan_, *memory_}(entity);
}
template <class IndexTag>
notation::Value BoundPull<IndexTag>::operator()(EntityRef const& ref) {
  return (*this)(db_.require_entity(ref));
}

template <class IndexTag>
void BoundPull<IndexTag>::set_watch(meta::Watch const& watch) noexcept {
  memory_->watch = watch;
}

/// The pattern, and what was made of it last, which most likely is what is needed next.
struct PullPattern::Shared {
  detail::PullTree tree{};
  std::mutex mutex{};
  std::shared_ptr<detail::PullPlan const> last{};
  bool strict = false;
  std::unique_ptr<detail::PullMemory> memory{};  ///< of that plan, while nobody uses it

  template <meta::Lazy = {}>
  [[nodiscard]] std::unique_ptr<detail::PullMemory> borrow(std::shared_ptr<detail::PullPlan const> const& plan) {
    {
      std::lock_guard const lock{mutex};
      if (last == plan && memory) return std::move(memory);
    }
    return std::make_unique<detail::PullMemory>(*plan);
  }
  template <meta::Lazy = {}>
  void give_back(std::shared_ptr<detail::PullPlan const> const& plan,
                 std::unique_ptr<detail::PullMemory> used) {
    if (!used->is_small()) return;
    std::lock_guard const lock{mutex};
    if (last == plan) memory = std::move(used);
  }

  template <class IndexTag>
  [[nodiscard]] std::shared_ptr<detail::PullPlan const> plan_for(Db<IndexTag> const& db,
                                                                 TransformLookup const& lookup) {
    auto const& schema = db.moment().schema;
    bool const is_strict = db.options().schema_flexibility == SchemaFlexibility::write;
    {
      std::lock_guard const lock{mutex};
      if (last && last->schema == schema && strict == is_strict) return last;
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
        std::make_shared<detail::PullPlan const>(detail::PullPlanner<>{schema, is_strict, all}.plan(tree));
    if (made->has_transforms) return made;  // what names mean may change without the schema
    std::lock_guard const lock{mutex};
    last = made;
    memory.reset();
    strict = is_strict;
    return made;
  }
};

template <meta::Lazy>
PullPattern::PullPattern(notation::Value const& pattern) : shared_{std::make_shared<Shared>()} {
  shared_->tree = detail::PullParser<>::parse(pattern);
}
// Who writes the text where it pulls brings the same one for each entity.
template <meta::Lazy>
PullPattern::PullPattern(std::string_view text)
    : shared_{detail::RecentTexts<Shared>::of_program().find_or(text, [&] {
        return PullPattern{notation::parse(text)}.shared_;
      })} {}

template <meta::Lazy>
notation::Value const& PullPattern::edn() const noexcept {
  return shared_->tree.written;
}

template <class IndexTag>
BoundPull<IndexTag> PullPattern::on(Db<IndexTag> const& db, TransformLookup const& lookup) const {
  return {db, shared_->plan_for(db, lookup)};
}

template <class IndexTag>
notation::Value PullPattern::of(Db<IndexTag> const& db, EntityRef const& ref) const {
  auto const entity = db.require_entity(ref);
  auto const plan = shared_->plan_for(db, {});
  auto memory = shared_->borrow(plan);
  auto found = detail::PullRun{db, *plan, *memory}(entity);
  shared_->give_back(plan, std::move(memory));
  return found;
}

}  // namespace cairn
