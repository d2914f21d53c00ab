// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A store on a backend: where a program starts.
#pragma once

#include <cairn/config/load.hpp>
#include <cairn/config/validate.hpp>
#include <cairn/db/options.hpp>
#include <cairn/store/connection.hpp>
#include <cairn/store/fixed_options.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace cairn {

namespace detail {

/// The backend's index, or a stand-in for a backend that names none: the ladder of `check_store_backend` says so in words.
template <class Backend>
struct DefaultIndex {
  using type = persistent_set_tag;
};
template <BackendHasIndexTag Backend>
struct DefaultIndex<Backend> {
  using type = typename Backend::index_tag;
};

/// The operations of a store. Nothing for a type that is no backend: one error in words is better than forty of ours.
template <class Backend, class IndexTag>
struct StoreOperations {};

template <StoreBackend Backend, class IndexTag>
struct StoreOperations<Backend, IndexTag> {
  using Config = typename Backend::Config;
  using Connection = cairn::Connection<Backend, IndexTag>;

  /// Creates a database: an empty one, or one with `:initial-tx` in it. Errors: `store/exists`; `config/...`; those of the first
  /// transaction, of which nothing is left; those of the backend. It is there as a whole or not at all: a creation that was cut off leaves
  /// no database, and can be repeated.
  static void create(Config const& config, DatabaseOptions const& options = {});
  /// From Datahike's whole map as EDN text, `{:store {:backend :file :path "people"} :keep-history? true}`, from a URI, or
  /// from variables alone where the text is empty.
  static void create(std::string_view text, Environment const& environment = process_environment());

  /// Opens a database. Reads its root and replays its tail, a mebibyte or two.
  /// Errors: `store/does-not-exist`; `config/...`; `config/mismatch` where it was created with another index;
  /// `store/format` where a newer version wrote it; those of the backend.
  [[nodiscard]] static Connection connect(Config const& config, std::string_view branch = "db");
  /// The same from text, as `create`. What it says of options that are fixed at creation must be true: `config/mismatch`.
  /// Of the variables of options, only the one of the branch is read.
  [[nodiscard]] static Connection connect(std::string_view text, Environment const& environment = process_environment());

  /// Whether there is a database. False only where there is none: any other fault is thrown.
  [[nodiscard]] static bool exists(Config const& config);

  [[nodiscard]] static bool exists(std::string_view text, Environment const& environment = process_environment());

  /// Removes the store with all that is in it. Does nothing where there is none.
  static void destroy(Config const& config);
  static void destroy(std::string_view text, Environment const& environment = process_environment());

 private:
  [[nodiscard]] static Connection open(Config const& config, DatabaseOptions const& options);
};

// Out of the struct, so that they are not inline; as the members of Connection.

template <StoreBackend Backend, class IndexTag>
void StoreOperations<Backend, IndexTag>::create(Config const& config, DatabaseOptions const& options) {
  config::validate_config<Backend>(config);
  config::validate_options(options);
  check_index(options, IndexTag::name);
  auto const first = Session<Backend, IndexTag>::first_snapshot(options);  // what is refused leaves nothing
  try {
    Backend::empty_store(config);
  } catch (Error const& error) {
    // Storage without a root in it is what a creation leaves that was cut off between the two steps.
    if (error.code() != Errc::store_exists || exists(config)) throw;
  }
  BackendHandle<Backend> handle{config};
  Session<Backend, IndexTag>::create_branch(handle, first);
}

template <StoreBackend Backend, class IndexTag>
void StoreOperations<Backend, IndexTag>::create(std::string_view text, Environment const& environment) {
  auto const loaded = config::load_database_config<Backend>(text, environment);
  create(loaded.store, loaded.options);
}

template <StoreBackend Backend, class IndexTag>
Connection<Backend, IndexTag> StoreOperations<Backend, IndexTag>::connect(Config const& config, std::string_view branch) {
  config::validate_config<Backend>(config);
  return open(config, {.branch = std::string{branch}});
}

template <StoreBackend Backend, class IndexTag>
Connection<Backend, IndexTag> StoreOperations<Backend, IndexTag>::connect(std::string_view text, Environment const& environment) {
  auto const loaded = config::load_database_config<Backend>(text, environment, config::OptionVariables::branch);
  check_index(loaded.options, IndexTag::name);
  auto connection = open(loaded.store, loaded.options);
  if (!text.empty() && !config::is_uri(text)) {
    auto const document = config::read_map_text(std::string{text});
    check_fixed_options(document.root(), loaded.options, connection.db().options());
  }
  return connection;
}

template <StoreBackend Backend, class IndexTag>
bool StoreOperations<Backend, IndexTag>::exists(Config const& config) {
  config::validate_config<Backend>(config);
  try {
    return std::ranges::any_of(BackendHandle<Backend>{config}.blobs().roots(), [](std::string_view name) { return !name.starts_with('\0'); });
  } catch (Error const& error) {
    if (error.code() == Errc::store_does_not_exist) return false;
    throw;
  }
}

template <StoreBackend Backend, class IndexTag>
bool StoreOperations<Backend, IndexTag>::exists(std::string_view text, Environment const& environment) {
  return exists(config::load_database_config<Backend>(text, environment, config::OptionVariables::none).store);
}

template <StoreBackend Backend, class IndexTag>
void StoreOperations<Backend, IndexTag>::destroy(Config const& config) {
  config::validate_config<Backend>(config);
  Backend::delete_store(config);
}

template <StoreBackend Backend, class IndexTag>
void StoreOperations<Backend, IndexTag>::destroy(std::string_view text, Environment const& environment) {
  destroy(config::load_database_config<Backend>(text, environment, config::OptionVariables::none).store);
}

template <StoreBackend Backend, class IndexTag>
Connection<Backend, IndexTag> StoreOperations<Backend, IndexTag>::open(Config const& config, DatabaseOptions const& options) {
  try {
    return Connection{std::make_shared<BackendHandle<Backend>>(config), options};
  } catch (Error const& error) {
    if (error.code() == Errc::store_locked) {
      log(LogLevel::warning, LogEvent::store_locked,
          [&] { return std::pair{error.message(), "{:backend :" + std::string{Backend::backend_id} + "}"}; });
    }
    throw;
  }
}

}  // namespace detail

/// A database on a backend, as a type: `Store<file::Backend>`, `Store<file::Backend, hitchhiker_tree_tag>`.
///
/// A type that is no backend does not compile, and the messages that begin `cairn::StoreBackend` say everything it lacks.
/// Thread safety: all members may be called at once from any thread.
template <class Backend, class IndexTag = typename detail::DefaultIndex<Backend>::type>
class Store : public detail::StoreOperations<Backend, IndexTag> {
  static_assert(check_store_backend<Backend>());
  static_assert(cairn::IndexTag<IndexTag>,
                "cairn::Store [index]: the second argument is no index tag; write cairn::persistent_set_tag or "
                "cairn::hitchhiker_tree_tag");
};

}  // namespace cairn
