// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Connections that follow a log which others write, roll, sweep and compact.
#include "crash/fault_io.hpp"
#include "crash/in_child.hpp"
#include "laws/temporary_directory.hpp"
#include <cairn/backends/file/backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <signal.h>
#include <span>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace follow {
namespace {

namespace file = cairn::backends::file;

std::span<std::byte const> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}
std::string text_of(cairn::Bytes const& bytes) { return {reinterpret_cast<char const*>(bytes.data()), bytes.size()}; }

/// A root's state is a list of these: every eighth blob there ever was, and the last ten.
struct Entry {
  std::uint32_t number = 0;
  file::Address address;
};

constexpr std::uint32_t last_number = 200;

std::string blob_of(std::uint32_t number) {
  return std::to_string(number) + std::string(500 + number * 37 % 700, static_cast<char>('a' + number % 26));
}

std::vector<Entry> entries_of(std::optional<cairn::RootRecord> const& record) {
  std::vector<Entry> entries(record ? record->state.size() / sizeof(Entry) : 0);
  if (!entries.empty()) std::memcpy(entries.data(), record->state.data(), entries.size() * sizeof(Entry));
  return entries;
}

/// Adds the next blob; false when there are enough of them.
bool transact(file::Connection& connection) {
  for (;;) {
    auto const record = connection.root("main");
    auto entries = entries_of(record);
    auto const number = entries.empty() ? 1 : entries.back().number + 1;
    if (number > last_number) return false;
    auto writer = connection.begin();
    entries.push_back({number, writer.put(bytes_of(blob_of(number)))});
    std::erase_if(entries, [&](Entry const& entry) { return entry.number % 8 != 0 && entry.number + 10 <= number; });
    auto const result =
        writer.commit("main", record ? record->version : cairn::Version{}, std::as_bytes(std::span{entries}));
    if (result == cairn::CommitResult::committed) return true;
  }
}

/// What is live is what the root names at a moment at which nobody writes, of what was closed before.
void sweep(file::Connection& connection) {
  std::vector<Entry> entries;
  cairn::TimePoint cutoff;
  {
    auto holding = connection.begin();
    static_cast<void>(holding.put({}));
    entries = entries_of(connection.root("main"));
    cutoff = std::chrono::system_clock::now() - std::chrono::milliseconds{2};  // segments are dated in whole ones
  }
  connection.sweep(
      [&](file::Address const& address) {
        return std::any_of(entries.begin(), entries.end(),
                           [&](Entry const& entry) { return entry.address == address; });
      },
      cutoff);
}

pid_t start_writer(file::Config const& config) {
  return cairn::test::in_child([&] {
    auto connection = file::Backend::connect_store(config);
    for (int i = 1; transact(connection); ++i) {
      if (i % 15 == 0) sweep(connection);
    }
    sweep(connection);
  });
}

/// The number of the last blob of the root, all of whose blobs were read.
std::uint32_t read_all(file::Connection const& connection) {
  for (;;) {
    auto const record = connection.root("main");
    auto const entries = entries_of(record);
    if (entries.empty()) return 0;
    try {
      for (auto const& entry : entries) {
        auto const text = text_of(connection.read(entry.address));  // what it throws is not for REQUIRE to catch
        REQUIRE(text == blob_of(entry.number));
      }
      return entries.back().number;
    } catch (cairn::Error const& error) {
      // Swept since: then the root has moved on.
      INFO(error.what());
      REQUIRE(error.code() == cairn::Errc::io_error);
      REQUIRE(connection.root("main")->version != record->version);
    }
  }
}

void check_following(file::Layout layout) {
  cairn::test::TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store",
                            .sync = cairn::Sync::relaxed,
                            .segment_size = cairn::ByteSize{std::uint64_t{16} << 10U},
                            .layout = layout,
                            .compact_below = 0.9};
  file::Backend::empty_store(config);
  auto const reader = file::Backend::connect_store(config);
  std::vector<pid_t> const children{start_writer(config), start_writer(config)};
  std::uint32_t seen = 0;
  while (seen != last_number) {
    auto const now = read_all(reader);
    REQUIRE(now >= seen);
    seen = now;
    siginfo_t ended{};
    REQUIRE(::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0);
    REQUIRE(ended.si_status == 0);
  }
  for (auto const child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) == 0);
  }
  CHECK(read_all(reader) == last_number);
  CHECK(read_all(file::Backend::connect_store(config)) == last_number);
  if (layout == file::Layout::dir) return;
  std::size_t compacted = 0;
  for (auto const& entry : std::filesystem::directory_iterator{config.path}) {
    if (entry.path().extension() != ".clog") continue;
    std::ifstream stream{entry.path(), std::ios::binary};
    std::string header(80, '\0');
    stream.read(header.data(), 80);
    if (header[8] == 2) ++compacted;
  }
  CHECK(compacted > 3);
}

}  // namespace
}  // namespace follow

TEST_CASE("a connection follows processes that write, roll, sweep and compact") {
  follow::check_following(cairn::backends::file::Layout::log);
}

TEST_CASE("a connection follows processes that write, roll and sweep files of blobs") {
  follow::check_following(cairn::backends::file::Layout::dir);
}

TEST_CASE("a connection finds the segment of a writer that died while it began it") {
  using Backend = cairn::backends::file::BasicBackend<cairn::test::FaultIo>;
  cairn::test::Disk disk;
  cairn::test::FaultIo::disk = &disk;
  cairn::backends::file::Config const config{.path = "/store", .segment_size = cairn::backends::file::smallest_segment};
  Backend::empty_store(config);
  auto patient = config;  // for which no segment is full
  patient.segment_size = cairn::backends::file::largest_segment;
  auto idle = Backend::connect_store(patient);
  auto dying = Backend::connect_store(config);
  auto const first = idle.begin().append("main", {}, follow::bytes_of(std::string(5000, 'a')));
  REQUIRE(first == cairn::CommitResult::committed);
  // The segment is full, so the next put begins another. It gets its name, and then all goes wrong for that writer.
  bool is_renamed = false;
  disk.fault = [&](std::string const& call) {
    if (call == "rename") is_renamed = true;
    return is_renamed && call != "rename" ? -EIO : 0;
  };
  try {
    static_cast<void>(dying.begin().put(follow::bytes_of("blob")));
    FAIL("the writer lives");
  } catch (cairn::Error const&) {
  }
  disk.fault = nullptr;
  REQUIRE(is_renamed);
  auto const second = idle.begin().append("main", first.version, follow::bytes_of("b"));
  REQUIRE(second == cairn::CommitResult::committed);
  auto const late = Backend::connect_store(config);
  CHECK(late.root("main")->version == second.version);
  CHECK(late.root("main")->tail.size() == 2);
}
