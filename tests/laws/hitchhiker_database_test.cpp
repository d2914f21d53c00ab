// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A database whose index is a hitchhiker tree: the suite of all databases, on files, and a store that an earlier version wrote.
#ifdef CAIRN_LAWS_OF_AUDIT
#include "laws/audit.hpp"
#endif
#include "golden/history.hpp"
#include "laws/branches.hpp"
#include "laws/database.hpp"
#include "laws/dump.hpp"
#include "laws/gaps.hpp"
#include "laws/garbage.hpp"
#include "laws/temporary_directory.hpp"

#include <cairn/any_index.hpp>
#include <cairn/backends/file/backend.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace {

namespace fs = std::filesystem;
namespace file = cairn::backends::file;
using cairn::laws::code_of;
using cairn::test::content_of;
using cairn::test::history_of;

struct Harness {
  using Backend = cairn::With<file::Backend, cairn::hitchhiker_tree_tag>;
  cairn::test::TemporaryDirectory place{};
  [[nodiscard]] Backend::Config config() const { return {.path = place.path() / "store"}; }
};
using Store = cairn::Store<Harness::Backend>;

TEST_CASE("a database with the other index shows what one in memory shows") { cairn::laws::check_against_memory<Harness>(); }
TEST_CASE("threads that transact lose nothing") { cairn::laws::check_writing_threads<Harness>(); }
TEST_CASE("what was acknowledged survives kill -9") { cairn::laws::check_kills<Harness>(); }
TEST_CASE("a collection takes nothing away that anybody in the process holds") { cairn::laws::check_garbage<Harness>(); }
TEST_CASE("a collection beside writers loses nothing of theirs") { cairn::laws::check_garbage_beside_writers<Harness>(); }
TEST_CASE("a collection beside other processes loses nothing of theirs, and may be killed") { cairn::laws::check_garbage_beside_processes<Harness>(); }
TEST_CASE("a day's churn with collections takes little more than what is alive") { CHECK(cairn::laws::most_on_disk_in_a_day<Harness>() <= 1.5); }
TEST_CASE("what was purged and erased is nowhere on the disk") { cairn::laws::check_erasing<Harness>(); }

TEST_CASE("what does not need a damaged node goes on behind a transaction that adds below it") { cairn::laws::gaps::check_elsewhere<cairn::hitchhiker_tree_tag>(); }
TEST_CASE("what is unique is refused where a damaged node would have to say whether it is") { cairn::laws::gaps::check_unique<cairn::hitchhiker_tree_tag>(); }
TEST_CASE("what was can have a gap while what is has none") { cairn::laws::gaps::check_past<cairn::hitchhiker_tree_tag>(); }
TEST_CASE("a node that is gone is as one that is damaged, and one that is out of reach is waited for") { cairn::laws::gaps::check_gone<cairn::hitchhiker_tree_tag>(); }
TEST_CASE("the tail grows where no checkpoint can be made, and what has to be one is refused") { cairn::laws::gaps::check_tail<cairn::hitchhiker_tree_tag>(); }

TEST_CASE("branches go their own ways and are merged") { cairn::laws::check_branches<Harness>(); }

#ifdef CAIRN_LAWS_OF_AUDIT
struct AuditedHarness {
  using Backend = cairn::With<cairn::Audited<cairn::test::Adversary<file::Backend>>, cairn::hitchhiker_tree_tag>;
  cairn::test::TemporaryDirectory place{};
  [[nodiscard]] Backend::Config config() const { return {.store = {.path = place.path() / "store"}}; }
};
TEST_CASE("whatever node of a hitchhiker tree an adversary changes is named") { cairn::laws::check_tampered_nodes<AuditedHarness>(); }
#endif

struct OtherIndex {
  using Backend = file::Backend;
  cairn::test::TemporaryDirectory place{};
  [[nodiscard]] Backend::Config config() const { return {.path = place.path() / "store"}; }
};
TEST_CASE("a dump of either index is restored into either") {
  cairn::laws::check_dump<Harness, Harness>();
  cairn::laws::check_dump<Harness, OtherIndex>();
  cairn::laws::check_dump<OtherIndex, Harness>();
}

TEST_CASE("the index is named by its tag, and by the configuration") {
  Harness harness;
  auto const store = "{:store {:backend :file :path \"" + harness.config().path.string() + "\"} ";
  CHECK_THROWS_WITH(Store::create(store + ":index :persistent-set}"),
                    Catch::Matchers::ContainsSubstring("says :index :persistent-set, and this program makes and opens databases whose index is :hitchhiker-tree"));
  CHECK(code_of([&] { Store::create(store + ":index :persistent-set}"); }) == cairn::Errc::config_mismatch);
  Store::create(store + ":index :datahike.index/hitchhiker-tree}");
  Store::connect(harness.config()).transact(cairn::laws::database_schema);
  CHECK(code_of([&] { static_cast<void>(cairn::Store<file::Backend>::connect(harness.config())); }) == cairn::Errc::config_mismatch);
  CHECK_NOTHROW(static_cast<void>(Store::connect(store + ":index :hitchhiker-tree}")));
}

TEST_CASE("what was purged is nowhere in the nodes of a hitchhiker tree") {
  // Whether it is true when it is purged, was replaced, or was retracted; and whether that was stored in between.
  auto const ended = GENERATE("", "[{:n 7 :text \"another text\"}]", "[[:db/retract [:n 7] :text]]");
  bool const checkpointed = GENERATE(true, false);
  CAPTURE(ended, checkpointed);
  // The log keeps its segments until they are swept; what is asked is whether the newest nodes hold it.
  Harness harness;
  Store::create(harness.config());
  auto connection = Store::connect(harness.config());
  connection.transact(cairn::laws::database_schema);
  std::string many = "[";
  for (int i = 0; i != 600; ++i) many += "{:n " + std::to_string(i) + " :text \"text " + std::to_string(i) + "\"}";
  connection.transact(many + "]");
  connection.checkpoint();
  std::string const secret = "#secret that is long enough to be found";
  connection.transact("[{:n 7 :text \"" + secret + "\"}]");
  connection.checkpoint();  // in buffers
  if (std::string_view{ended} != "") connection.transact(ended);
  if (checkpointed) connection.checkpoint();
  auto const is_there = [&] {
    auto const db = connection.db();
    auto const& snapshot = db.snapshot();
    auto const& source = *snapshot.current.eavt.source();
    bool found = false;
    auto const look = [&](auto const& index) {
      index.for_each_address([&](cairn::NodeAddress const& address) {
        auto const bytes = source.read(source.context, address);
        std::string_view const text{reinterpret_cast<char const*>(bytes.data()), bytes.size()};
        found = found || text.find(secret) != std::string_view::npos;
      });
    };
    for (auto const* indexes : {&snapshot.current, &snapshot.temporal}) {
      look(indexes->eavt);
      look(indexes->aevt);
      look(indexes->avet);
    }
    return found;
  };
  if (checkpointed) CHECK(is_there());
  connection.transact("[[:db.purge/attribute [:n 7] :text]]");
  CHECK_FALSE(is_there());
  CHECK(cairn::verify(connection.db()).current == connection.db().size());
}

fs::path const golden{CAIRN_GOLDEN_STORE};

TEST_CASE("a golden store with buffers is read as it was written") {
  cairn::test::TemporaryDirectory directory;
  auto const copy = directory.path() / "store";
  fs::copy(golden / "store", copy, fs::copy_options::recursive);
  {
    auto const conn = Store::connect({.path = copy});
    CHECK(history_of(conn) == content_of(golden / "history.edn"));
    CHECK(cairn::verify(conn.db()).current == conn.db().size());
  }
  auto conn = Store::connect({.path = copy});
  CHECK(history_of(conn) == content_of(golden / "history.edn"));
  conn.transact("[{:n 1000000}]");
  CHECK(conn.db().entid(cairn::lookup(":n", std::int64_t{1'000'000})));
}

TEST_CASE("a golden store with buffers", "[.][make]") {
  fs::remove_all(golden);
  fs::create_directories(golden);
  cairn::test::TemporaryDirectory directory;
  auto const path = directory.path() / "store";
  Store::create({.path = path});
  auto conn = Store::connect({.path = path});
  auto at = [&conn, day = 0](std::string const& tx) mutable {
    ++day;
    conn.transact("{:tx-data " + tx + " :tx-meta {:db/txInstant #inst \"2026-01-" + (day < 10 ? "0" : "") + std::to_string(day) +
                  "T00:00:00Z\"}}");
  };
  at(cairn::laws::database_schema);
  std::string many = "[";
  for (int i = 0; i != 400; ++i) many += "{:n " + std::to_string(i * 10) + " :text \"text " + std::to_string(i) + "\" :tag :a}";
  at(many + "]");
  conn.checkpoint();
  for (int round = 0; round != 5; ++round) {  // insertions, erasures and changes, all described
    std::string some = "[";
    for (int i = 0; i != 6; ++i) some += "{:n " + std::to_string(i * 600 + round + 1) + " :text \"more\"}";
    some += "[:db/retractEntity [:n " + std::to_string(round * 70 + 10) + "]]{:n " + std::to_string(round * 30 + 500) + " :text \"changed\"}";
    at(some + "]");
    conn.checkpoint();
  }
  at("[{:n 5555 :text \"in the tail\"}]");
  fs::copy(path, golden / "store", fs::copy_options::recursive);  // a connection checkpoints when it ends; this one must leave its tail
  std::ofstream{golden / "history.edn", std::ios::binary} << history_of(conn);
}

}  // namespace
