// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Backends to choose from at run time, fixed at compile time.
#pragma once

#include <cairn/concepts/store_backend.hpp>
#include <cairn/config/backend_name.hpp>
#include <cairn/config/nearest.hpp>
#include <cairn/error/error.hpp>
#include <cairn/index/compiler.hpp>
#include <cairn/store/with.hpp>

#include <boost/hana/map.hpp>
#include <boost/hana/pair.hpp>
#include <boost/hana/string.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/hana/type.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cairn {

namespace detail {

/// One for each two entries, so that a compiler which reports a duplicate names both.
template <class Left, class Right>
consteval bool are_distinct() {
  static_assert(
      Left::backend_id != Right::backend_id,
      "cairn::BackendList [duplicate]: two entries of the list have the same backend_id, so no text can choose "
      "between them; leave one out, or give one another id");
  return true;
}

template <class First, class... Rest>
consteval void check_distinct() {
  static_assert((are_distinct<First, Rest>() && ...));
  if constexpr (sizeof...(Rest) > 0) check_distinct<Rest...>();
}

template <class Entry>
consteval bool check_list_entry() {
  if constexpr (std::is_class_v<EntryBackend<Entry>>) {
    constexpr bool is_index = std::same_as<Entry, EntryBackend<Entry>> || IndexTag<EntryIndex<Entry>>;
    static_assert(is_index,
                  "cairn::BackendList [index]: the second half of With<Backend, IndexTag> is a tag such as "
                  "cairn::hitchhiker_tree_tag");
    if constexpr (is_index) {
      // Not the concept itself, at whose failure compilers print all that it is made of.
      constexpr bool is_backend = StoreBackend<Entry>;
      static_assert(is_backend,
                    "cairn::BackendList [backend]: an entry is not a backend; the messages of cairn::StoreBackend say "
                    "what it lacks");
      return check_store_backend<Entry>() && is_backend;
    } else {
      return false;  // what else is wrong with the pair follows from that
    }
  } else {
    static_assert(std::is_class_v<EntryBackend<Entry>>,
                  "cairn::BackendList [backend]: an entry is not a backend: each is a backend's type, or With<Backend, "
                  "IndexTag>");
    return false;
  }
}

template <class... Entries>
consteval bool check_backend_list() {
  static_assert(sizeof...(Entries) > 0, "cairn::BackendList [empty]: name the backends that the program is to know");
  if constexpr ((std::size_t{0} + ... + std::size_t{check_list_entry<Entries>()}) == sizeof...(Entries) &&
                sizeof...(Entries) > 1) {
    check_distinct<Entries...>();
  }
  return true;  // after a failed assertion a second one at the call would add lines and no news
}

template <class Visit, class Entry>
using DispatchResult = std::invoke_result_t<Visit&, std::type_identity<Entry>>;

template <class Visit, class... Entries>
concept DispatchResultsAgree = requires {
  typename std::common_type_t<DispatchResult<Visit, Entries>...>;
};

/// A backend's id as a type, which is what a map at compile time has for keys.
template <class Entry>
inline constexpr auto backend_key = []<std::size_t... Index>(std::index_sequence<Index...>) {
  return boost::hana::string_c<Entry::backend_id[Index]...>;
}
(std::make_index_sequence<Entry::backend_id.size()>{});

/// Whether a text is an id, which is not empty. The last letter is asked before the others: ids of one length are often
/// alike in front (`store-a`, `store-b`), and sixteen comparisons of whole texts would cost more than a hundred
/// instructions.
[[nodiscard]] constexpr bool is_id(std::string_view text, std::string_view id) noexcept {
  return text.size() == id.size() && text.back() == id.back() && text == id;
}

/// Throws `config/unknown-backend`: lists the known ids and says which one was probably meant.
[[noreturn]] CAIRN_NOINLINE inline void raise_unknown_backend(std::string_view given, std::span<std::string_view const> known) {
  // What is no id is not repeated: it may be long, or a secret in the wrong place.
  bool const printable = given.size() <= 64 && is_backend_id(given);
  std::string message =
      printable ? "no backend is called :" + std::string{given} : "what is given is not the id of a backend";
  std::string data = "{:known [";
  char const* separator = "; this program knows :";
  for (auto const id : known) {
    message.append(separator).append(id);
    data.append(id.data() == known.front().data() ? ":" : " :").append(id);
    separator = ", :";
  }
  data.append("]");
  if (printable) data.append(" :backend :").append(given);
  if (auto const near = config::nearest(given, known); !near.empty())
    message.append("; did you mean :").append(near).append("?");
  raise(Errc::config_unknown_backend, std::move(message), data + "}");
}

}  // namespace detail

/// The backends that a program knows. Nothing of a backend that is not in the list is in the program, and choosing one
/// calls nothing virtual.
///
/// Requires backends, or `With<Backend, IndexTag>`, no two with the same `backend_id`; what is wrong is said in words.
template <class... Entries>
struct BackendList {
  static_assert(detail::check_backend_list<Entries...>());

  static constexpr std::size_t size = sizeof...(Entries);

  /// The entries as Boost.Hana types, in order.
  static constexpr auto types = boost::hana::tuple_t<Entries...>;

  /// The entries by id: a Boost.Hana map from `hana::string` to `hana::type`.
  [[nodiscard]] static constexpr auto by_id() {
    return boost::hana::make_map(boost::hana::make_pair(detail::backend_key<Entries>, boost::hana::type_c<Entries>)...);
  }

  /// The ids, in order.
  static constexpr std::array<std::string_view, size> ids{Entries::backend_id...};

  /// Whether a text, as `dispatch` takes it, names an entry.
  [[nodiscard]] static constexpr bool contains(std::string_view id) noexcept {
    auto const named = config::canonical_backend_id(id);
    return ((named == Entries::backend_id) || ...) || layers_called(named) == 1;
  }

  /// Calls `visit(std::type_identity<Entry>{})` for the entry of that id, `file` or `:file`; `:memory` is `:mem`, and a layer
  /// that is the only one of its name in the list needs no more than that: `:tiered` for `tiered.mem.file`.
  /// Returns what it returns, as the common type of the results for all entries. Errors: `config/unknown-backend`, and
  /// what `visit` throws. Complexity: linear in the entries; under a hundred instructions for sixteen.
  template <class Visit>
  static constexpr decltype(auto) dispatch(std::string_view id, Visit&& visit) {
    constexpr bool takes_all = (std::is_invocable_v<Visit&, std::type_identity<Entries>> && ...);
    static_assert(takes_all,
                  "cairn::BackendList [dispatch]: the function must take std::type_identity<Backend> for every backend "
                  "of the list: "
                  "[]<class Backend>(std::type_identity<Backend>) { ... }");
    if constexpr (takes_all) {
      constexpr bool results_agree = detail::DispatchResultsAgree<Visit, Entries...>;
      static_assert(
          results_agree,
          "cairn::BackendList [dispatch]: the function's results for the backends of the list have no common type");
      if constexpr (results_agree) {
        using Result = std::common_type_t<detail::DispatchResult<Visit, Entries>...>;
        auto const named = config::canonical_backend_id(id);
        if constexpr ((!layer_name<Entries>.empty() || ...)) {
          if (layers_called(named) == 1) return choose<Result, Visit, Entries...>(id_of_layer(named), visit);
        }
        return choose<Result, Visit, Entries...>(named, visit);
      }
    }
  }

 private:
  [[nodiscard]] static constexpr std::size_t layers_called(std::string_view name) noexcept {
    return name.empty() ? 0 : (std::size_t{0} + ... + std::size_t{layer_name<Entries> == name});
  }
  [[nodiscard]] static constexpr std::string_view id_of_layer(std::string_view name) noexcept {
    std::string_view id;
    static_cast<void>(((layer_name<Entries> == name && (id = Entries::backend_id, true)) || ...));
    return id;
  }

  // In line, whatever else the unit holds: as calls, the last of sixteen costs half as much again.
  template <class Result, class Visit, class Entry, class... Rest>
  CAIRN_ALWAYS_INLINE static constexpr Result choose(std::string_view id, Visit& visit) {
    if (detail::is_id(id, Entry::backend_id)) return static_cast<Result>(visit(std::type_identity<Entry>{}));
    if constexpr (sizeof...(Rest) > 0) {
      return choose<Result, Visit, Rest...>(id, visit);
    } else {
      detail::raise_unknown_backend(id, ids);
    }
  }
};

}  // namespace cairn
