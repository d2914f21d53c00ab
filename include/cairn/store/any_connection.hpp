// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A database whose backend is chosen at run time, out of a list that was fixed at compile time.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/config/load.hpp>
#include <cairn/store/backend_list.hpp>
#include <cairn/store/store.hpp>

#include <chrono>
#include <concepts>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace cairn {

namespace detail {

/// The index that all entries have, where there is only one.
template <class First, class... Rest>
struct CommonIndex {
  static constexpr bool is_one = (std::same_as<EntryIndex<First>, EntryIndex<Rest>> && ...);
  using type = EntryIndex<First>;
};

template <class List>
struct AnyConnectionOf;
template <class... Entries>
struct AnyConnectionOf<BackendList<Entries...>> {
  using type = std::variant<typename Store<Entries>::Connection...>;
  using Index = CommonIndex<Entries...>;
};

}  // namespace detail

/// A connection to a database on any backend of a list. As `Connection`; choosing costs a comparison of a small number, and
/// nothing is virtual.
template <class List>
class AnyConnection {
  using Connections = typename detail::AnyConnectionOf<List>::type;
  using Index = typename detail::AnyConnectionOf<List>::Index;

 public:
  /// The database values of all backends of the list are of one type, since they do not know where they come from.
  using Database = Db<typename Index::type>;
  using Report = TxReport<typename Index::type>;
  static_assert(Index::is_one, "cairn::AnyConnection [index]: the backends of the list have different indexes, so their databases are "
                               "of different types; choose with BackendList::dispatch instead");

  template <class Connection>
    requires std::constructible_from<Connections, Connection>
  explicit AnyConnection(Connection connection) : connection_{std::move(connection)} {}

  /// Calls `use(connection)` with the connection itself.
  template <class Use>
  decltype(auto) visit(Use&& use) {
    return std::visit(std::forward<Use>(use), connection_);
  }
  template <class Use>
  decltype(auto) visit(Use&& use) const {
    return std::visit(std::forward<Use>(use), connection_);
  }

  [[nodiscard]] Database db() const {
    return visit([](auto const& connection) { return connection.db(); });
  }
  Database sync() {
    return visit([](auto& connection) { return connection.sync(); });
  }
  Report transact(TxData const& data) {
    return visit([&](auto& connection) { return connection.transact(data); });
  }
  Report transact(std::initializer_list<TxOp> operations) { return transact(TxData{operations}); }
  template <class Facts>
  ImportReport<typename Index::type> import(Facts&& facts, ImportOptions const& options = {}) {
    return visit([&](auto& connection) { return connection.import(std::forward<Facts>(facts), options); });
  }
  ListenerId listen(std::function<void(Report const&)> listener) {
    return visit([&](auto& connection) { return connection.listen(std::move(listener)); });
  }
  void unlisten(ListenerId id) {
    visit([&](auto& connection) { connection.unlisten(id); });
  }
  void set_functions(Functions<typename Index::type> functions) {
    visit([&](auto& connection) { connection.set_functions(std::move(functions)); });
  }
  [[nodiscard]] std::vector<Transaction> tx_range(TxBound from = {}, TxBound to = {}) const {
    return visit([&](auto const& connection) { return connection.tx_range(from, to); });
  }
  void checkpoint() {
    visit([](auto& connection) { connection.checkpoint(); });
  }
  GarbageReport collect_garbage(GarbageOptions const& options = {}) {
    return visit([&](auto& connection) { return connection.collect_garbage(options); });
  }
  void collect_garbage_every(std::chrono::milliseconds interval, GarbageOptions options = {}, GarbageOutcome outcome = {}) {
    visit([&](auto& connection) { connection.collect_garbage_every(interval, std::move(options), std::move(outcome)); });
  }
  [[nodiscard]] ConnectionStats stats(StatsDepth depth = StatsDepth::memory, std::function<void(GarbageProgress const&)> progress = {}) const {
    return visit([&](auto const& connection) { return connection.stats(depth, std::move(progress)); });
  }
  void release() {
    visit([](auto& connection) { connection.release(); });
  }
  [[nodiscard]] explicit operator bool() const noexcept {
    return visit([](auto const& connection) { return static_cast<bool>(connection); });
  }

 private:
  Connections connection_;
};

namespace detail {

/// Calls `use(std::type_identity<Entry>{})` for the backend that a configuration names.
template <class List, class Use>
decltype(auto) dispatch_config(std::string_view text, Environment const& environment, Use&& use) {
  return List::dispatch(config::backend_of_database(text, environment), std::forward<Use>(use));
}

}  // namespace detail

/// `Store<Backend>::create` for the backend of the list that the text names: Datahike's whole map
/// (`{:store {:backend :file :path "people"} :keep-history? true}`), a URI, or nothing, where variables say everything.
/// Errors: `config/unknown-backend`; `config/missing` where none is named; those of the store.
template <class List>
void create(std::string_view text, Environment const& environment = process_environment()) {
  detail::dispatch_config<List>(text, environment, [&]<class Entry>(std::type_identity<Entry>) { Store<Entry>::create(text, environment); });
}

/// `Store<Backend>::connect`, as `create`.
template <class List>
[[nodiscard]] AnyConnection<List> connect(std::string_view text, Environment const& environment = process_environment()) {
  return detail::dispatch_config<List>(text, environment, [&]<class Entry>(std::type_identity<Entry>) {
    return AnyConnection<List>{Store<Entry>::connect(text, environment)};
  });
}

/// `Store<Backend>::exists`, as `create`.
template <class List>
[[nodiscard]] bool exists(std::string_view text, Environment const& environment = process_environment()) {
  return detail::dispatch_config<List>(text, environment, [&]<class Entry>(std::type_identity<Entry>) {
    return Store<Entry>::exists(text, environment);
  });
}

/// `Store<Backend>::destroy`, as `create`.
template <class List>
void destroy(std::string_view text, Environment const& environment = process_environment()) {
  detail::dispatch_config<List>(text, environment, [&]<class Entry>(std::type_identity<Entry>) { Store<Entry>::destroy(text, environment); });
}

}  // namespace cairn
