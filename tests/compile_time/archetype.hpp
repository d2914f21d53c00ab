// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend in pieces, one a requirement, with nothing in it that the concept doesn't ask for.
#pragma once

#include <cairn/concepts/store_backend.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace archetype {

/// A type that has the members of its parts: what a test composes with a part left out, or a wrong one put in.
template <class... Parts>
struct Composed : Parts... {};

using Address = std::uint64_t;
using Blob = std::span<std::byte const>;

struct Puts {
  Address put(Blob);
};
struct Commits {
  cairn::CommitResult commit(std::string_view, cairn::Version const&, Blob);
};
struct Appends {
  cairn::CommitResult append(std::string_view, cairn::Version const&, Blob);
};
struct Drops {
  cairn::CommitResult drop(std::string_view, cairn::Version const&);
};
using Writer = Composed<Puts, Commits, Appends, Drops>;

struct HasAddress {
  using Address = archetype::Address;
};
struct Reads {
  cairn::Bytes read(Address) const;
};
struct HasRoot {
  std::optional<cairn::RootRecord> root(std::string_view) const;
};
struct ListsRoots {
  std::vector<std::string> roots() const;
};
template <class WriterType = Writer>
struct Begins {
  WriterType begin();
};
struct Sweeps {
  void sweep(cairn::LiveSet<Address> const&, cairn::TimePoint);
};
using Connection = Composed<HasAddress, Reads, HasRoot, ListsRoots, Begins<>, Sweeps>;

struct Config {
  std::string name;
};

struct HasId {
  static constexpr std::string_view backend_id = "archetype";
};
struct HasIndexTag {
  using index_tag = cairn::persistent_set_tag;
};
struct HasConfig {
  using Config = archetype::Config;
};
struct HasCapabilities {
  static constexpr cairn::Capabilities capabilities{.fence = cairn::Fence::compare_and_swap};
};
struct Creates {
  static void empty_store(Config const&);
};
struct Deletes {
  static void delete_store(Config const&);
};
template <class ConnectionType = Connection>
struct Connects {
  static ConnectionType connect_store(Config const&);
};
using Backend = Composed<HasId, HasIndexTag, HasConfig, HasCapabilities, Creates, Deletes, Connects<>>;

/// A whole backend around a connection.
template <class ConnectionType>
using BackendOver =
    Composed<HasId, HasIndexTag, HasConfig, HasCapabilities, Creates, Deletes, Connects<ConnectionType>>;

/// A whole connection around a writer.
template <class WriterType>
using ConnectionOver = Composed<HasAddress, Reads, HasRoot, ListsRoots, Begins<WriterType>, Sweeps>;

}  // namespace archetype
