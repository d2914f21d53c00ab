// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A store that one connection has for itself: who is kept out, what it saves, and what is there afterwards.
#include "crash/fault_io.hpp"
#include "crash/fault_script.hpp"
#include "laws/blob_store.hpp"
#include "laws/temporary_directory.hpp"
#include <cairn/backends/file/backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace file = cairn::backends::file;
using cairn::Errc;
using cairn::laws::append;
using cairn::laws::bytes;
using cairn::laws::code_of;
using cairn::laws::tail_of;
using cairn::test::Disk;
using cairn::test::FaultBackend;
using cairn::test::FaultIo;
using cairn::test::TemporaryDirectory;

namespace {

file::Config alone(file::Config config) {
  config.exclusive = true;
  return config;
}

}  // namespace

TEST_CASE("who has a store alone keeps out all others, and is kept out by them") {
  TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store"};
  file::Backend::empty_store(config);
  auto const connect = [](file::Config const& how) { static_cast<void>(file::Backend::connect_store(how)); };
  {
    auto const shared = file::Backend::connect_store(config);
    CHECK(code_of([&] { connect(alone(config)); }) == Errc::store_locked);
    connect(config);
  }
  auto connection = std::optional{file::Backend::connect_store(alone(config))};
  append(*connection, "main", {}, "first");
  CHECK(code_of([&] { connect(config); }) == Errc::store_locked);
  CHECK(code_of([&] { connect(alone(config)); }) == Errc::store_locked);
  CHECK(code_of([&] { file::Backend::delete_store(config); }) == Errc::store_locked);
  CHECK(code_of([&] { file::Backend::empty_store(config); }) == Errc::store_locked);
  CHECK(tail_of(*connection, "main") == std::vector<std::string>{"first"});
  connection.reset();
  CHECK(tail_of(file::Backend::connect_store(config), "main") == std::vector<std::string>{"first"});
  file::Backend::delete_store(config);
}

TEST_CASE("on a file system with one kind of locks a store is shared, and nobody can have it alone") {
  // A lock of the whole file would keep out the other one's commits for ever.
  CHECK(file::PosixIo::has_one_kind_of_locks(0x6969));  // NFS
  CHECK_FALSE(file::PosixIo::has_one_kind_of_locks(0xEF53));  // ext4
  Disk disk;
  FaultIo::disk = &disk;
  disk.presence = -EOPNOTSUPP;
  cairn::test::Script script;
  FaultBackend::empty_store(script.config);
  CHECK(code_of([&] { static_cast<void>(FaultBackend::connect_store(alone(script.config))); }) == Errc::io_error);
  auto connection = FaultBackend::connect_store(script.config);
  auto other = FaultBackend::connect_store(script.config);
  append(other, "main", append(connection, "main", {}, "first"), "second");
  CHECK(tail_of(connection, "main") == std::vector<std::string>{"first", "second"});
}

TEST_CASE("threads that share a connection which has its store alone take turns") {
  TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store", .sync = cairn::Sync::relaxed, .exclusive = true};
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  auto const write = [&](std::string const& branch) {
    cairn::Version version;
    for (int i = 0; i != 200; ++i) version = append(connection, branch, version, std::to_string(i));
  };
  std::thread other{[&] { write("other"); }};
  write("main");
  other.join();
  CHECK(tail_of(connection, "main").size() == 200);
  CHECK(tail_of(connection, "other").size() == 200);
}

TEST_CASE("a relaxed commit to a store that nobody shares is one write, and is there when its process was killed") {
  TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store", .sync = cairn::Sync::relaxed, .exclusive = true};
  file::Backend::empty_store(config);
  int const child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto connection = file::Backend::connect_store(config);
    append(connection, "main", append(connection, "main", {}, "first"), "second");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(tail_of(file::Backend::connect_store(config), "main") == std::vector<std::string>{"first", "second"});

  Disk disk;
  FaultIo::disk = &disk;
  cairn::test::Script script;
  script.config.sync = cairn::Sync::relaxed;
  script.config.exclusive = true;
  FaultBackend::empty_store(script.config);
  auto connection = FaultBackend::connect_store(script.config);
  auto const version = append(connection, "main", {}, "first");
  std::vector<std::string> calls;
  disk.fault = [&](std::string const& call) {
    calls.push_back(call);
    return 0;
  };
  disk.read_fault = [&](std::string const&) {
    calls.push_back("read");
    return 0;
  };
  CHECK(connection.begin().append("main", version, bytes("second")) == cairn::CommitResult::committed);
  disk.read_fault = nullptr;
  CHECK(calls == std::vector<std::string>{"write"});
  disk.fault = nullptr;
}

TEST_CASE("what a failed commit leaves behind the log is gone before the next one, in a store that nobody shares") {
  Disk disk;
  FaultIo::disk = &disk;
  cairn::test::Script script;
  script.config.exclusive = true;
  FaultBackend::empty_store(script.config);
  {
    auto connection = FaultBackend::connect_store(script.config);
    auto const version = append(connection, "main", {}, "first");
    disk.fault = [&](std::string const& call) { return call == "write" ? -ENOSPC : 0; };
    CHECK(code_of([&] { static_cast<void>(connection.begin().append("main", version, bytes("refused"))); }) == Errc::io_full);
    disk.fault = nullptr;
    {
      auto writer = connection.begin();
      writer.put(bytes(std::string(std::size_t{9} << 20U, 'x')));  // goes to the file before a commit
      // The writer ends without one, and what it wrote can't be cut off.
      disk.fault = [&](std::string const& call) { return call == "truncate" ? -EIO : 0; };
    }
    disk.fault = nullptr;
    append(connection, "main", version, "second");
  }
  auto const connection = FaultBackend::connect_store(script.config);
  CHECK(tail_of(connection, "main") == std::vector<std::string>{"first", "second"});
}
