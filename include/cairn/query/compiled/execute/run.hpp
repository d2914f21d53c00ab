// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A static query from its inputs to its rows, where it runs compiled.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/compiled/execute/borrowed_input.hpp>
#include <cairn/query/compiled/execute/collect.hpp>
#include <cairn/query/compiled/execute/machine.hpp>
#include <cairn/query/compiled/execute/static_answer.hpp>
#include <cairn/query/function/registry.hpp>
#include <cairn/query/run/db_source.hpp>
#include <cairn/query/run/front_end.hpp>
#include <cairn/query/run/input.hpp>
#include <cairn/query/run/options.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace cairn::query::compiled {

/// Whether a query's plan is of the kind that runs compiled. What its database is decides the rest.
template <class Query>
inline constexpr bool is_compiled = Loops<Query>::program.is_compiled;

/// Which of the inputs is the one database.
template <class Query>
[[nodiscard]] consteval std::size_t place_of_database() {
  for (std::size_t i = 0; i != Query::sizes.inputs; ++i) {
    if (Query::frozen.inputs[i].kind == Input::Kind::source) return i;
  }
  return Query::sizes.inputs;
}
template <class Query, class... Inputs>
inline constexpr bool is_of_one_database = [] {
  constexpr auto place = place_of_database<Query>();
  if constexpr (place < sizeof...(Inputs)) {
    return query::detail::IsDb<std::tuple_element_t<place, std::tuple<Inputs...>>>;
  } else {
    return false;
  }
}();

template <std::size_t Place, class First, class... Others>
[[nodiscard]] auto const& input_at(First const& first, Others const&... others) noexcept {
  if constexpr (Place == 0) {
    return first;
  } else {
    return input_at<Place - 1>(others...);
  }
}

/// A query on a database, as loops.
template <class IndexTag>
using MakeLoops = std::unique_ptr<LoopFeed<IndexTag>> (*)();

template <class Query, class IndexTag, bool Follows>
[[nodiscard]] std::unique_ptr<LoopFeed<IndexTag>> make_loops() {
  return std::unique_ptr<LoopFeed<IndexTag>>{new Machine<Query, IndexTag, Follows>};
}
/// The same where entities may have many values; null where that is no other.
template <class Query, class IndexTag>
[[nodiscard]] constexpr MakeLoops<IndexTag> make_following() noexcept {
  if constexpr (Loops<Query>::can_follow) {
    return &make_loops<Query, IndexTag, true>;
  } else {
    return nullptr;
  }
}

/// A static query with its inputs.
template <class IndexTag>
class CompiledRows final : public RowsState, public std::enable_shared_from_this<CompiledRows<IndexTag>> {
  /// Ends a pass, and gives back its pins, if it has any.
  struct EndPass {
    CompiledRows const* rows = nullptr;
    LeafPins<IndexTag>* pins = nullptr;
    void operator()(LoopFeed<IndexTag>* feed) const noexcept {
      delete feed;
      if (pins != nullptr) rows->give_back(*pins);
    }
  };

 public:
  using Pass = std::unique_ptr<LoopFeed<IndexTag>, EndPass>;

  CompiledRows(Db<IndexTag> const& db, MakeLoops<IndexTag> make) : db_{db}, make_{make} {}
  /// Has passes made in another way from now on.
  void use(MakeLoops<IndexTag> make) noexcept { make_ = make; }

  /// Keeps an input's value. To be called before all others.
  void give(std::uint16_t variable, Value value) { values_.emplace_back(variable, std::move(value)); }
  /// The same of the rows of a collection, a tuple or a relation. False where the run-time engine has to do it.
  template <meta::Lazy = {}>
  [[nodiscard]] bool give(PlanView const& plan, Binding const& binding, Value value) {
    auto rows = input_rows(plan, binding, value);
    if (!rows) return false;
    inputs_.push_back({std::move(value), std::move(*rows)});
    return true;
  }

  /// A pass, which this must outlive; nothing where the run-time engine has to do it. `shows`: what it shows is valid as long as
  /// this, else as long as the pass. Errors: `entity-id/missing`, `lookup-ref/unique`.
  [[nodiscard]] Pass pass(bool shows = true) const {
    Pass made{make_().release(), EndPass{this}};
    if (shows && may_forget_leaves(db_)) made.get_deleter().pins = &lend();
    for (auto const& [variable, value] : values_) made->give(variable, Cell{value});
    for (auto const& input : inputs_) made->give(input.rows);
    if (!made->prepare(db_, made.get_deleter().pins)) made.reset();
    return made;
  }
  /// Leaves a pass for whoever starts first.
  void leave(Pass first) noexcept { first_ = std::move(first); }

  [[nodiscard]] std::shared_ptr<RowFeed> start() const override {
    return held(has_started_.exchange(true, std::memory_order_acq_rel) ? pass() : std::move(first_));
  }
  [[nodiscard]] std::shared_ptr<RowFeed> start_counting() const override { return held(pass(false)); }

  [[nodiscard]] Db<IndexTag> const& db() const noexcept { return db_; }

 private:
  /// Keeps this as long as the pass, to which an iterator may hold on.
  [[nodiscard]] std::shared_ptr<RowFeed> held(Pass pass) const {
    struct Held {
      std::shared_ptr<CompiledRows const> rows;
      Pass pass;  // goes first
    };
    auto const made = std::make_shared<Held>(Held{this->shared_from_this(), std::move(pass)});
    return {made, made->pass.get()};
  }

  /// Pins that no pass has now. They keep what earlier ones have shown, so that a leaf is in them once, however many passes read it.
  [[nodiscard]] LeafPins<IndexTag>& lend() const {
    std::lock_guard const lock{mutex_};
    if (idle_.empty()) {
      idle_.reserve(pins_.size() + 1);
      return *pins_.emplace_back(std::make_unique<LeafPins<IndexTag>>());
    }
    auto& pins = *idle_.back();
    idle_.pop_back();
    return pins;
  }
  void give_back(LeafPins<IndexTag>& pins) const noexcept {
    std::lock_guard const lock{mutex_};
    idle_.push_back(&pins);  // there is room
  }

  // Leaves go before the database, which has the cache that counts them, and passes before both.
  Db<IndexTag> db_;
  mutable std::mutex mutex_{};
  mutable std::vector<std::unique_ptr<LeafPins<IndexTag>>> pins_{};
  mutable std::vector<LeafPins<IndexTag>*> idle_{};
  MakeLoops<IndexTag> make_;
  std::vector<std::pair<std::uint16_t, Value>> values_{};
  struct GivenRows {
    Value owner;
    InputRows rows;
  };
  std::vector<GivenRows> inputs_{};
  mutable Pass first_{};
  mutable std::atomic<bool> has_started_{false};
};

/// A static query whose plan is of the kind that runs compiled.
template <class IndexTag>
struct CompiledQuery {
  PlanView const& plan;
  MakeLoops<IndexTag> loops;
  MakeLoops<IndexTag> following;  ///< where entities may have many values; null where that is no other
  bool shows_rows;
};
template <class Query, class IndexTag>
inline constexpr CompiledQuery<IndexTag> compiled_query{Query::plan(), &make_loops<Query, IndexTag, false>, make_following<Query, IndexTag>(),
                                                        Loops<Query>::program.shows_rows};

/// Gives a query its inputs. False where the run-time engine has to do it.
template <class IndexTag>
[[nodiscard]] bool give_inputs(CompiledRows<IndexTag>& rows, PlanView const& plan, std::span<BorrowedInput const> inputs) {
  for (std::size_t place = 0; place != inputs.size(); ++place) {
    if (plan.inputs[place].kind != Input::Kind::binding || !inputs[place].is_value()) continue;
    auto const& binding = plan.bindings[plan.inputs[place].binding];
    if (programs::gives_rows(plan, binding)) {
      if (!rows.give(plan, binding, inputs[place].value())) return false;
    } else if (binding.kind == Binding::Kind::scalar) {
      rows.give(binding.variable.index, inputs[place].value());
    }
  }
  return true;
}

/// What the loops of a query find, or nothing, where the run-time engine has to do it. Errors: `entity-id/missing`,
/// `lookup-ref/unique`; and, of a result, those of the store, of aggregates and of functions.
template <class IndexTag>
[[nodiscard]] StaticAnswer run_compiled(CompiledQuery<IndexTag> const& query, Db<IndexTag> const& db, std::span<BorrowedInput const> inputs) {
  auto rows = std::make_shared<CompiledRows<IndexTag>>(db, query.loops);
  if (!give_inputs(*rows, query.plan, inputs)) return {};
  auto feed = rows->pass();
  if (feed == nullptr && query.following != nullptr) {
    rows->use(query.following);
    feed = rows->pass();
  }
  if (feed == nullptr) return {};
  if (!query.shows_rows || feed->has_duplicates()) {
    feed->allow_tables();
    return shown(collect(*feed, feed->has_duplicates(), query.plan, std::make_shared<DbSource<IndexTag> const>(rows->db()), rows));
  }
  rows->leave(std::move(feed));
  StaticAnswer answer;
  answer.state = rows.get();
  answer.owner = std::move(rows);
  return answer;
}

/// The answer of the run-time engine.
template <meta::Lazy = {}>
[[nodiscard]] StaticAnswer interpret(PlanView const& plan, std::span<BorrowedInput const> inputs, FunctionRegistry const* functions) {
  QueryOptions options;
  options.functions = functions;
  std::vector<GivenInput> given;
  given.reserve(inputs.size());
  for (auto const& input : inputs) given.push_back(input.given());
  return shown(run_plan(plan, given, options, nullptr, RowsAs::columns));
}

/// The answer, by whichever does it: to queries whose databases and values are of the same types it is one function, and no query has
/// one of its own. Errors: those of `run_compiled` and `run_plan`.
template <class IndexTag>
[[nodiscard, gnu::noinline]] StaticAnswer answer_of(CompiledQuery<IndexTag> const& query, Db<IndexTag> const& db,
                                                    std::span<BorrowedInput const> inputs) {
  auto answer = run_compiled(query, db, inputs);
  if (answer.owner == nullptr) answer = interpret(query.plan, inputs, nullptr);
  return answer;
}

}  // namespace cairn::query::compiled
