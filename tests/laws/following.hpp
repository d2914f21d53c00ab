// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a connection sees of a root that others move.
#pragma once

#include "laws/blob_words.hpp"

#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace cairn::laws {

/// Whoever looks at a root sees all of it, whatever happened to it since the last look. For two connections to one empty store.
template <class Connection>
void check_following(Connection& connection, Connection& reader) {
  using Frames = std::vector<std::string>;
  auto const check = [&](std::string_view branch, Version const& version, std::string_view state, Frames const& tail) {
    for (int look = 0; look != 2; ++look) {
      auto const record = reader.root(branch);
      REQUIRE(record.has_value());
      CHECK(record->version == version);
      CHECK(text(record->state) == state);
      Frames seen;
      for (auto const& frame : record->tail) seen.push_back(text(frame));
      CHECK(seen == tail);
    }
  };
  auto const drop = [&](std::string_view branch, Version const& version) {
    auto writer = connection.begin();
    REQUIRE(writer.drop(branch, version) == CommitResult::committed);
  };
  auto version = commit(connection, "main", {}, "one");
  check("main", version, "one", {});
  version = append(connection, "main", version, "a");
  check("main", version, "one", {"a"});
  auto const before = reader.root("main");
  version = append(connection, "main", version, "");
  version = append(connection, "main", version, "c");
  check("main", version, "one", {"a", "", "c"});
  version = append(reader, "main", version, "d");
  check("main", version, "one", {"a", "", "c", "d"});
  CHECK(before->tail.size() == 1);  // who has an earlier record keeps it as it was

  // Two roots in turn, and one that there is not.
  auto side = append(connection, "side", {}, "s");
  check("side", side, "", {"s"});
  check("main", version, "one", {"a", "", "c", "d"});
  side = append(connection, "side", side, "t");
  version = append(connection, "main", version, "e");
  check("side", side, "", {"s", "t"});
  check("main", version, "one", {"a", "", "c", "d", "e"});
  CHECK_FALSE(reader.root("none").has_value());
  check("main", version, "one", {"a", "", "c", "d", "e"});

  // Another state: with fewer frames than before, with none, and with as many.
  version = commit(connection, "main", version, "two");
  version = append(connection, "main", version, "f");
  version = append(connection, "main", version, "g");
  check("main", version, "two", {"f", "g"});
  version = commit(connection, "main", version, "three");
  check("main", version, "three", {});
  version = append(connection, "main", version, "h");
  check("main", version, "three", {"h"});
  version = append(connection, "main", commit(connection, "main", version, "three"), "i");
  check("main", version, "three", {"i"});

  // Another root of the same name, seen in between and not.
  drop("main", version);
  CHECK_FALSE(reader.root("main").has_value());
  version = append(connection, "main", {}, "j");
  check("main", version, "", {"j"});
  drop("main", version);
  version = append(connection, "main", {}, "k");
  check("main", version, "", {"k"});
  drop("main", version);
  version = append(connection, "main", commit(connection, "main", {}, ""), "l");
  version = append(connection, "main", version, "m");
  check("main", version, "", {"l", "m"});
  check("side", side, "", {"s", "t"});
}

/// Of a backend that keeps what it read of a root: the same bytes are read once.
template <class Connection>
void check_nothing_is_read_twice(Connection& connection, Connection const& reader) {
  auto version = commit(connection, "main", {}, "state");
  version = append(connection, "main", version, "one");
  auto const first = reader.root("main");
  version = append(connection, "main", version, "two");
  auto const second = reader.root("main");
  auto const third = reader.root("main");
  REQUIRE(third->tail.size() == 2);
  CHECK(text(third->tail[1]) == "two");
  CHECK(third->version == version);
  CHECK(second->state.data() == first->state.data());
  CHECK(second->tail[0].data() == first->tail[0].data());
  CHECK(third->state.data() == first->state.data());
  CHECK(third->tail[0].data() == first->tail[0].data());
  CHECK(third->tail[1].data() == second->tail[1].data());
}

/// Of a backend that may go on after it lost what it acknowledged: as many other frames in the place of those make another version.
/// `lose_last` takes away the last frame of the root `unsteady`, which is not there yet. For two connections to one store.
template <class Connection, class Lose>
void check_no_version_comes_again(Connection& connection, Connection& other, Lose lose_last) {
  auto const kept = append(connection, "unsteady", commit(connection, "unsteady", {}, "state"), "one");
  auto const lost = append(connection, "unsteady", append(connection, "unsteady", kept, "lost"), "lost, too");
  REQUIRE(connection.root("unsteady")->version == lost);
  lose_last();
  lose_last();
  REQUIRE(other.root("unsteady")->version == kept);
  auto const now = append(other, "unsteady", append(other, "unsteady", kept, "instead"), "instead, too");
  CHECK(now != lost);
  auto writer = connection.begin();
  CHECK(writer.append("unsteady", lost, bytes("more")) == CommitResult::conflict);
  CHECK(writer.commit("unsteady", lost, bytes("more")) == CommitResult::conflict);
  CHECK(writer.drop("unsteady", lost) == CommitResult::conflict);
  CHECK(connection.root("unsteady")->version == now);
  CHECK(tail_of(connection, "unsteady") == std::vector<std::string>{"one", "instead", "instead, too"});
}

/// A store that was deleted and created anew is another, even where it has a root of the same name.
template <class Backend>
void check_another_store_is_not_followed(typename Backend::Config const& config, typename Backend::Connection const& reader) {
  Backend::delete_store(config);
  CHECK(code_of([&] { static_cast<void>(reader.root("main")); }) == Errc::store_does_not_exist);
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  append(connection, "main", commit(connection, "main", {}, "another"), "other");
  CHECK(code_of([&] { static_cast<void>(reader.root("main")); }) == Errc::store_does_not_exist);
  CHECK(tail_of(connection, "main") == std::vector<std::string>{"other"});
}

}  // namespace cairn::laws
