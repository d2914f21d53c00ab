// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Stores that earlier versions wrote: each stays readable, datom by datom.
#include "golden/history.hpp"
#include "laws/temporary_directory.hpp"

#include <cairn/backends/file/backend.hpp>
#include <cairn/database.hpp>
#include <cairn/db/verify.hpp>
#include <cairn/index/node_codec.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

namespace cairn::golden_test {

namespace {

using Store = cairn::Store<cairn::backends::file::Backend>;
namespace fs = std::filesystem;
using cairn::test::content_of;
using cairn::test::history_of;

fs::path const stores{CAIRN_GOLDEN_STORES};

/// One of everything: each type of value, history, a checkpoint and a tail after it. `collects`: most of it has been compacted.
void write_store(Store::Config const& config, bool collects = false) {
  auto const& path = config.path;
  Store::create(config);
  auto conn = Store::connect(config);
  auto const at = [&conn](std::string const& tx, std::string const& instant) {
    conn.transact("{:tx-data " + tx + " :tx-meta {:db/txInstant #inst \"" + instant + "\"}}");
  };
  std::string schema = "[";
  for (std::string const type : {"bigdec", "bigint", "boolean", "bytes", "double", "float", "instant", "keyword", "long",
                                 "ref", "string", "symbol", "uuid"}) {
    schema += "{:db/ident :one/" + type + " :db/valueType :db.type/" + type + " :db/cardinality :db.cardinality/one :db/index true}";
    schema += "{:db/ident :many/" + type + " :db/valueType :db.type/" + type + " :db/cardinality :db.cardinality/many}";
  }
  schema += "{:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}]";
  at(schema, "2026-01-01T00:00:00Z");
  at(R"([{:db/id "a" :name "everything" :one/bigdec 1.10M :one/bigint 12345678901234567890N :one/boolean true :one/bytes #bytes "AAEC/w=="
          :one/double -0.5 :one/float 0.25 :one/instant #inst "1969-12-31T23:59:59.999Z" :one/keyword :a.b/c? :one/long -9223372036854775808
          :one/ref {:name "another"} :one/string "line\nпривет \"x\"" :one/symbol a/b :one/uuid #uuid "00112233-4455-6677-8899-aabbccddeeff"
          :many/long [1 2 3] :many/string ["" "b"] :many/double [##Inf ##NaN 1.0e300] :many/boolean [true false]}])",
     "2026-01-02T00:00:00Z");
  at(R"([[:db/add [:name "everything"] :one/long 7] [:db/retract [:name "everything"] :many/long 2]])", "2026-01-03T00:00:00Z");
  conn.checkpoint();
  std::string many = "[";
  for (int i = 0; i != 300; ++i) many += "{:name \"n" + std::to_string(i) + "\" :one/long " + std::to_string(i * i) + "}";
  at(many + "]", "2026-01-04T00:00:00Z");
  conn.checkpoint();
  if (collects) {
    std::this_thread::sleep_for(std::chrono::milliseconds{10});  // segments are old by the millisecond
    conn.collect_garbage({.keep_for = std::chrono::milliseconds{0}, .erase = true});
  }
  at(R"([[:db/retractEntity [:name "n7"]] {:name "in the tail" :one/double 2.5}])", "2026-01-05T00:00:00Z");
  // A connection checkpoints when it ends; this one must leave its tail.
  fs::copy(path, fs::path{path} += ".copy", fs::copy_options::recursive);
  conn.release();
  fs::remove_all(path);
  fs::rename(fs::path{path} += ".copy", path);
}

/// What a segment says of itself (docs/format.md, "Segment").
struct SegmentKind {
  std::uint32_t format = 0, layout = 0, runs = 0;
};
SegmentKind kind_of(fs::path const& segment) {
  auto const header = content_of(segment);
  SegmentKind kind;
  std::memcpy(&kind.format, header.data() + 8, 4);
  std::memcpy(&kind.layout, header.data() + 64, 4);
  std::memcpy(&kind.runs, header.data() + 68, 4);
  return kind;
}

Store::Config config_of(fs::path const& store) {
  using cairn::backends::file::Layout;
  return {.path = store, .layout = fs::exists(store / "blobs") ? Layout::dir : Layout::log};
}

}  // namespace

TEST_CASE("golden stores have segments of each format") {
  bool is_first = false, has_files = false, is_compacted = false;
  for (auto const& entry : fs::recursive_directory_iterator{stores}) {
    if (entry.path().extension() != ".clog") continue;
    auto const [format, layout, runs] = kind_of(entry.path());
    INFO(entry.path());
    CHECK((format == 1) == (layout == 0 && runs == 0));
    is_first = is_first || format == 1;
    has_files = has_files || layout == 1;
    is_compacted = is_compacted || runs != 0;
  }
  CHECK(is_first);
  CHECK(has_files);
  CHECK(is_compacted);
}

TEST_CASE("golden stores are read as they were written") {
  std::size_t found = 0;
  for (auto const& entry : fs::directory_iterator{stores}) {
    if (!entry.path().filename().string().starts_with("format-")) continue;
    INFO(entry.path());
    ++found;
    cairn::test::TemporaryDirectory directory;
    auto const copy = directory.path() / "store";
    fs::copy(entry.path() / "store", copy, fs::copy_options::recursive);
    {
      auto conn = Store::connect(config_of(copy));
      CHECK(history_of(conn) == content_of(entry.path() / "history.edn"));
      CHECK(cairn::verify(conn.db()).current == conn.db().size());
      conn.checkpoint();
    }
    auto conn = Store::connect(config_of(copy));
    CHECK(history_of(conn) == content_of(entry.path() / "history.edn"));
    conn.transact(R"([{:name "written today"}])");
    CHECK(conn.db().entid(cairn::lookup(":name", "written today")));
  }
  CHECK(found > 0);
}

TEST_CASE("a golden store of this format", "[.][make]") {
  using cairn::backends::file::Layout;
  auto const name = "format-" + std::to_string(cairn::format_version) + "-nodes-" + std::to_string(cairn::detail::node_format);
  for (std::string const kind : {"", "-files", "-compacted"}) {
    auto const here = stores / (name + kind);
    if (fs::exists(here)) continue;  // what was once released stays
    fs::create_directories(here);
    Store::Config config{.path = here / "store", .layout = kind == "-files" ? Layout::dir : Layout::log};
    if (kind == "-compacted") config.segment_size = cairn::ByteSize{std::uint64_t{8} << 10U};
    write_store(config, kind == "-compacted");
    cairn::test::TemporaryDirectory directory;  // opening may write
    fs::copy(here / "store", directory.path() / "store", fs::copy_options::recursive);
    std::ofstream{here / "history.edn", std::ios::binary} << history_of(Store::connect(config_of(directory.path() / "store")));
  }
}

}  // namespace cairn::golden_test
