// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What branches of a database do, whatever the backend.
#pragma once

#include "laws/database.hpp"

#include <cairn/database.hpp>
#include <cairn/db/verify.hpp>
#include <cairn/store/branching.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace cairn::laws {

/// A branch goes its own way and is merged, a conflict changes nothing, old commits are read as they were, and all of it is there for who
/// comes later.
template <BlobStoreHarness Harness>
void check_branches() {
  using Store = cairn::Store<typename Harness::Backend>;
  using Numbers = std::vector<std::int64_t>;
  Harness harness;
  auto const config = harness.config();
  Store::create(config);
  auto conn = Store::connect(config);
  conn.transact(database_schema);
  conn.transact(R"([{:n 1 :text "one"} {:n 2 :text "two"}])");
  create_branch(conn, "draft");
  auto const first = commit_id(conn);
  conn.transact("[{:n 4}]");
  {
    auto draft = connect_branch(conn, "draft");
    draft.transact(R"([{:n 1 :text "of the draft"} {:n 3}])");
    CHECK((numbers_of(draft.db()) == Numbers{1, 2, 3}));
  }
  CHECK((numbers_of(conn.db()) == Numbers{1, 2, 4}));
  CHECK(merge(conn, "draft").merged());
  CHECK((numbers_of(conn.db()) == Numbers{1, 2, 3, 4}));

  connect_branch(conn, "draft").transact(R"([{:n 2 :text "theirs"}])");
  conn.transact(R"([{:n 2 :text "ours"}])");
  auto const facts = facts_of(conn.db());
  CHECK(merge(conn, "draft").conflicts.size() == 1);
  CHECK((facts_of(conn.db()) == facts));
  CHECK((numbers_of(commit_as_db(conn, first)) == Numbers{1, 2}));

  // Whatever it changes, it comes from both.
  auto const draft = [&] {
    auto other = connect_branch(conn, "draft");
    return commit_id(other);
  }();
  merge_commits(conn, std::array{draft}, "[{:n 5}]");
  auto const merged = commit_log(conn).front();
  CHECK(merged.parents.size() == 2);
  CHECK(merged.parents.back() == draft);

  delete_branch(conn, "draft");
  CHECK(branches(conn) == std::vector<std::string>{"db"});
  conn.collect_garbage({.keep_for = std::chrono::hours{1}});
  conn.release();
  auto const again = Store::connect(config);
  CHECK((numbers_of(again.db()) == Numbers{1, 2, 3, 4, 5}));
  CHECK((numbers_of(commit_as_db(again, draft)) == Numbers{1, 2, 3}));
  CHECK(verify(again.db()).current == again.db().size());
}

}  // namespace cairn::laws
