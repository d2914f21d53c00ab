// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The RADOS backend without a cluster: its names, the bytes of a root, and what it says where there is nobody to talk to.
#if CAIRN_TEST_HAS_AUDITED
#include "backends/audited_pool.hpp"
#endif
#include "laws/blob_store.hpp"

#include <cairn/backends/rados/backend.hpp>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace rados = cairn::backends::rados;
namespace common = cairn::backends::common;
using namespace rados::details;
using cairn::Bytes;
using cairn::Errc;
using cairn::laws::bytes;
using cairn::laws::code_of;
using cairn::laws::text;

Records some_records() {
  auto const of = [](Record::Kind kind, Bytes content) { return Record{random_lot(), kind, std::move(content)}; };
  auto const address = rados::Address::of(common::TimedKeys{}.next(), 7, 9);
  return {of(Record::Kind::here, {}), of(Record::Kind::here, Bytes::copy(bytes("frame"))),
          Record::of(random_lot(), Record::Kind::blob, address)};
}

}  // namespace

TEST_CASE("rados: every root has an object of its own, whatever its name") {
  Names const names{StoreId{}};
  std::set<std::string> objects;
  auto all = cairn::laws::hostile_names();
  all.push_back(std::string(3000, '/'));
  all.push_back(std::string(3001, '/'));
  all.push_back("n-main");
  for (auto const& name : all) {
    auto const object = names.root(name);
    CAPTURE(object);
    CHECK(objects.insert(object).second);
    CHECK(object.size() <= 1500);  // a cluster takes 2048
    CHECK(object.find('\0') == std::string::npos);
    CHECK(Names::store_of(object) == StoreId{});
    CHECK_FALSE(names.pack_in(object));
  }
  auto const key = common::TimedKeys{}.next();
  CHECK(names.pack_in(names.pack(key, 0)) == key);
  CHECK(names.pack_in(names.pack(key, 12)) == key);
  CHECK_FALSE(names.pack_in(names.pack(key, 0) + "0"));
  CHECK_FALSE(names.pack_in(names.roots()));
  CHECK_FALSE(Names{StoreId{1}}.pack_in(names.pack(key, 0)));
  CHECK(Names::store_of(Names{StoreId{1}}.roots()) == StoreId{1});
  for (auto const* name : {"cairn.store", "cairn", "cairn.store2", "cairn.x", "rbd_data.1", "cairn.0123456789abcdef0123456789abcdef", "cairn.0123456789abcdef0123456789abcdeg.x"})
    CHECK_FALSE(Names::store_of(name));
}

TEST_CASE("rados: a root's bytes are read as they were written, and damage is told") {
  auto const records = some_records();
  Bytes const whole{encode(records)};
  auto const again = decode(whole, root_magic.size());
  REQUIRE(again.size() == records.size());
  for (std::size_t i = 0; i != records.size(); ++i) {
    CHECK(again[i].lot == records[i].lot);
    CHECK(again[i].kind == records[i].kind);
    CHECK(again[i].bytes == records[i].bytes);
  }
  CHECK(again[2].address() == records[2].address());
  // What ends early is damaged, unless it ends between two records.
  std::set<std::size_t> ends{root_magic.size()};
  for (auto const& record : records) ends.insert(*ends.rbegin() + record.stored_size());
  for (std::size_t size = root_magic.size(); size <= whole.size(); ++size) {
    auto const code = code_of([&] { static_cast<void>(decode(whole.slice(0, size), root_magic.size())); });
    CHECK(code == (ends.contains(size) ? std::nullopt : std::optional{Errc::store_corrupt}));
  }
  // Whatever is in it, nothing outside of it is read.
  auto const seed = Catch::getSeed();
  CAPTURE(seed);
  std::mt19937 random{seed};
  int told = 0;
  for (int round = 0; round != 5000; ++round) {
    std::vector<std::byte> changed{whole.view().begin(), whole.view().end()};
    for (auto flips = random() % 4; flips-- != 0;) changed[random() % changed.size()] = static_cast<std::byte>(random());
    changed.resize(random() % (changed.size() + 1));
    auto const size = changed.size();
    std::size_t read = 0;
    auto const code = code_of([&] {
      for (auto const& record : decode(Bytes{std::move(changed)}, 0)) read += record.stored_size();
    });
    if (code) ++told;
    CHECK((code ? code == Errc::store_corrupt : read == size));
  }
  CHECK(told > 100);
}

TEST_CASE("rados: refusals become stable codes") {
  auto const code = [](int answer) { return code_of([&] { raise_answer(answer, "do it"); }); };
  CHECK(code(-EPERM) == Errc::io_denied);
  CHECK(code(-EACCES) == Errc::io_denied);
  CHECK(code(-EROFS) == Errc::io_read_only);
  CHECK(code(-ENOSPC) == Errc::io_full);
  CHECK(code(-EIO) == Errc::io_error);
}

TEST_CASE("rados: where there is nobody to talk to it says so, soon") {
  auto const fails = [](rados::Config config, std::string_view hint) -> std::optional<Errc> {
    config.pool = "pool";
    config.connect_timeout = std::chrono::milliseconds{500};
    try {
      static_cast<void>(rados::Backend::connect_store(config));
    } catch (cairn::Error const& error) {
      CAPTURE(error.message());
      CHECK(error.message().find(hint) != std::string::npos);
      return error.code();
    }
    return std::nullopt;
  };
  CHECK(fails({.conf_file = "/nowhere/ceph.conf"}, ":conf-file") == Errc::config_range);
  CHECK(fails({.namespace_ = std::string(1, '\1')}, ":namespace") == Errc::config_range);
  CHECK(fails({.mon_host = "127.0.0.1:1", .options = {"no_such_option=1"}}, "no_such_option") == Errc::config_range);
  CHECK(fails({.mon_host = "127.0.0.1:1", .options = {"log_file"}}, "name=value") == Errc::config_range);
  CHECK(fails({.mon_host = "127.0.0.1:1", .key = cairn::Secret{"AQAvsHFnAAAAABAAabcdefghijklmnopqrstuv=="}}, ":connect-timeout") == Errc::io_error);
}
