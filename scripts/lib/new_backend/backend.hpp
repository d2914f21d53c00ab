// The backend @name@: stores in ... (say where).
#pragma once

#include <cairn/concepts/store_backend.hpp>
#include <cairn/error/error.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace @name@ {

/// What is not written yet says so. Delete it when nothing calls it any more.
[[noreturn]] inline void blank(std::string_view operation) {
  cairn::raise(cairn::Errc::io_error, "@name@: " + std::string{operation} + " is not written yet.");
}

/// The fields are the keys of the configuration: {:store {:backend :@id@ :path "..."}}. A path or a string that is empty here must
/// be given. Say units, defaults and bounds.
struct Config {
  std::filesystem::path path;
};

/// Where a blob is: yours to choose, at most 48 bytes without padding and pointers, and 24 if every layer is to fit over it. A default one must be nowhere. The same address
/// must not be given twice, not even after a sweep.
struct Address {
  std::uint64_t number = 0;
  friend constexpr auto operator<=>(Address const&, Address const&) = default;
};

/// Gathers blobs and publishes them with one change of a root. Used by one thread; several writers at a time.
class Writer {
 public:
  /// Keep the bytes; others may see them after the commit. Destroyed without one, the writer leaves nothing but garbage.
  Address put(std::span<std::byte const> /*bytes*/) { blank("put"); }

  /// In one atomic step: if the root `branch` is at `expected` (absent: there is no such root), make everything that was put durable,
  /// replace the root's state, empty its tail, and say the new version. Else say conflict, change nothing, and keep what was put.
  /// A reply that was lost is `unknown`; what may be tried again is `failed`, with a reason.
  cairn::CommitResult commit(std::string_view /*branch*/, cairn::Version const& /*expected*/, std::span<std::byte const> /*state*/) {
    blank("commit");
  }
  /// The same, but the state stays and the frame is added to the end of the tail. A root that is not there, and is not expected to be,
  /// begins with an empty state. This is what a small transaction costs.
  cairn::CommitResult append(std::string_view /*branch*/, cairn::Version const& /*expected*/, std::span<std::byte const> /*frame*/) {
    blank("append");
  }
  /// The same, but the root is removed; its new version is absent. No version ever comes again.
  cairn::CommitResult drop(std::string_view /*branch*/, cairn::Version const& /*expected*/) { blank("drop"); }
};

/// Const members are called from any thread at any time.
class Connection {
 public:
  using Address = @name@::Address;

  /// Exactly the bytes that were put. Nothing there: `io/error`. Something else there: `store/corrupt`.
  cairn::Bytes read(Address const& /*address*/) const { blank("read"); }
  /// The root as it is now, others' commits included: version, state and tail of one moment. Nothing where there is none.
  std::optional<cairn::RootRecord> root(std::string_view /*branch*/) const { blank("root"); }
  /// The names of all roots, sorted. Names are bytes: "", "../x" and "a\0b" are three of them.
  std::vector<std::string> roots() const { blank("roots"); }
  Writer begin() { return {}; }
  /// May remove the blobs that were put before `cutoff` and are not `live`. `live` may read this very store.
  void sweep(cairn::LiveSet<Address> const& /*live*/, cairn::TimePoint /*cutoff*/) { blank("sweep"); }
};

struct Backend {
  // 1. The name that configurations choose it by.
  static constexpr std::string_view backend_id = "@id@";
  // 2. The index that its databases have unless they say otherwise.
  using index_tag = cairn::persistent_set_tag;
  // 3. The configuration. `default_config` and `config_spec` are optional:
  //      static Config default_config(Config const& known, cairn::Environment const& environment);
  //      static constexpr auto config_spec = cairn::config_spec(cairn::range(&Config::port, 1, 65535));
  using Config = @name@::Config;
  // 4. What it promises. The suite tests what is claimed here, so claim what you mean to keep.
  static constexpr cairn::Capabilities capabilities{
      .durable = false, .fence = cairn::Fence::compare_and_swap, .sharing = cairn::Sharing::process};

  // 5. The operations.
  /// Creates a store without roots. There is one already: `store/exists`.
  static void empty_store(Config const& /*config*/) { blank("empty_store"); }
  /// Deletes it. There is none: nothing happens.
  static void delete_store(Config const& /*config*/) { blank("delete_store"); }
  /// Connects. There is none: `store/does-not-exist`.
  static Connection connect_store(Config const& /*config*/) { blank("connect_store"); }
  // `static void release_store(Config const&, Connection&)` is optional: without it, the connection's destructor releases.
};

}  // namespace @name@

// 6. Says in words what is missing. Nothing is registered: programs name the backend in `cairn::Store<@name@::Backend>`, or in a
// `cairn::BackendList<...>` to choose by its id.
static_assert(cairn::check_store_backend<@name@::Backend>());
