// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Functions in transactions: C++ that makes operations out of what the database holds at that point.
#pragma once

#include <cairn/concepts/index_tag.hpp>
#include <cairn/db/tx_data.hpp>
#include <cairn/error/error.hpp>

#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cairn {

template <class IndexTag>
class Db;

namespace detail {
/// Its address stands for the type.
template <class IndexTag>
inline constexpr char index_identity = 0;
}  // namespace detail

/// A function of a database, for data that does not name the database's type.
class TxFunction {
 public:
  template <class IndexTag, class Function>
  [[nodiscard]] static TxFunction of(Function function) {
    return {[function = std::move(function)](void const* db) -> TxData {
              return function(*static_cast<Db<IndexTag> const*>(db));
            },
            &detail::index_identity<IndexTag>};
  }

  /// Errors: what the function throws; `transact/syntax` where it was made for databases of another index.
  template <class IndexTag>
  [[nodiscard]] TxData operator()(Db<IndexTag> const& db) const {
    if (index_ == &detail::index_identity<IndexTag>) return run_(&db);
    raise(Errc::transact_syntax,
          "The function was made for databases of another index. Write call<IndexTag>(...) with this one's tag.", "{}");
  }

 private:
  TxFunction(std::function<TxData(void const*)> run, char const* index) : run_{std::move(run)}, index_{index} {}

  std::function<TxData(void const*)> run_;
  char const* index_;
};

/// `[:db.fn/call f argument...]` with a C++ function: `call([](auto const& db, EntityId e) -> TxData { ... }, e)`. It is
/// given the database as the operations before it have made it, and its operations take its place. It may run several
/// times for one transaction, where temporary ids resolve late or another writer commits first, so it should do nothing
/// but look and answer. What it throws refuses the transaction.
template <class IndexTag = persistent_set_tag, class Function, class... Arguments>
  requires std::is_invocable_r_v<TxData, Function const&, Db<IndexTag> const&, Arguments const&...>
[[nodiscard]] TxOp call(Function function, Arguments... arguments) {
  auto bound = [function = std::move(function), bound_arguments = std::tuple{std::move(arguments)...}](
                   Db<IndexTag> const& db) -> TxData {
    return std::apply([&](auto const&... each) -> TxData { return function(db, each...); }, bound_arguments);
  };
  return {.kind = TxOpKind::call,
          .entity = {},
          .attribute = {},
          .value = {},
          .expected = {},
          .function = std::make_shared<TxFunction const>(TxFunction::of<IndexTag>(std::move(bound)))};
}

}  // namespace cairn
