// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Processes that write to a file store and are killed, or write to it together.
#include "count_states.hpp"
#include "in_child.hpp"
#include "laws/temporary_directory.hpp"
#include "rounds.hpp"
#include <cairn/backends/file/backend.hpp>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <set>
#include <signal.h>
#include <span>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

namespace file = cairn::backends::file;

std::span<std::byte const> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}
std::string text_of(cairn::Bytes const& bytes) { return {reinterpret_cast<char const*>(bytes.data()), bytes.size()}; }

/// A commit at every tenth transaction, else an append. A commit puts blobs and names them in its state.
constexpr std::uint32_t commit_period = 10;
constexpr std::uint32_t blobs_of_commit = 3;

std::string blob_of(std::uint32_t transaction, std::uint32_t blob) {
  return std::string(transaction * 31 % 5000, static_cast<char>('a' + blob)) + std::to_string(transaction);
}

struct State {
  std::uint32_t transaction = 0;
  std::array<file::Address, blobs_of_commit> blobs;
};

/// The last transaction of a store, or nothing where it is not what some number of transactions leave.
std::optional<std::uint32_t> last_transaction(file::Connection const& connection) {
  auto const record = connection.root("main");
  if (!record) return 0;
  State state;
  if (record->state.size() == sizeof state) {
    std::memcpy(&state, record->state.data(), sizeof state);
    for (std::uint32_t blob = 0; blob != blobs_of_commit; ++blob) {
      if (text_of(connection.read(state.blobs[blob])) != blob_of(state.transaction, blob)) return std::nullopt;
    }
  } else if (!record->state.empty()) {
    return std::nullopt;
  }
  auto last = state.transaction;
  for (auto const& frame : record->tail) {
    if (text_of(frame) != std::to_string(++last)) return std::nullopt;
  }
  return last;
}

bool transact(file::Connection& connection, std::uint32_t transaction) {
  auto const record = connection.root("main");
  auto const expected = record ? record->version : cairn::Version{};
  auto writer = connection.begin();
  if (transaction % commit_period != 0) {
    return writer.append("main", expected, bytes_of(std::to_string(transaction))) == cairn::CommitResult::committed;
  }
  State state;
  state.transaction = transaction;
  for (std::uint32_t blob = 0; blob != blobs_of_commit; ++blob)
    state.blobs[blob] = writer.put(bytes_of(blob_of(transaction, blob)));
  return writer.commit("main", expected, std::as_bytes(std::span{&state, 1})) == cairn::CommitResult::committed;
}

}  // namespace

TEST_CASE("a writer that is killed at any moment has lost nothing that it acknowledged") {
  auto const seed = Catch::getSeed();
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  cairn::test::TemporaryDirectory const directory{cairn::test::directory_in_memory()};
  file::Config config{.path = directory.path() / "store", .segment_size = cairn::ByteSize{std::uint64_t{64} << 10U}};
  file::Backend::empty_store(config);

  std::uint32_t last = 0;
  auto const kills = 100 * cairn::test::times();
  for (std::size_t round = 0; round != kills; ++round) {
    config.sync = round % 2 == 0 ? cairn::Sync::durable : cairn::Sync::relaxed;
    std::array<int, 2> acknowledgements{};
    REQUIRE(::pipe(acknowledgements.data()) == 0);
    auto const writer = cairn::test::in_child([&] {
      ::close(acknowledgements[0]);
      auto connection = file::Backend::connect_store(config);
      for (auto transaction = last + 1; transact(connection, transaction); ++transaction) {
        if (::write(acknowledgements[1], &transaction, sizeof transaction) != sizeof transaction) break;
      }
    });
    REQUIRE(writer > 0);
    ::close(acknowledgements[1]);
    auto acknowledged = last;
    auto const wanted = random() % (config.sync == cairn::Sync::durable ? 12 : 400);
    for (std::uint64_t i = 0; i != wanted; ++i)
      REQUIRE(::read(acknowledgements[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged);
    // Somewhere between this acknowledgement and the next few.
    std::mt19937_64 spinning{random()};
    auto spins = random() % (config.sync == cairn::Sync::durable ? 500'000 : 20'000);
    while (spins != 0 && spinning() != 0) --spins;
    REQUIRE(::kill(writer, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(writer, &status, 0) == writer);
    REQUIRE(WIFSIGNALED(status));
    while (::read(acknowledgements[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
    }
    ::close(acknowledgements[0]);

    auto connection = file::Backend::connect_store(config);
    auto const found = last_transaction(connection);
    INFO("round " << round << ", acknowledged " << acknowledged);
    REQUIRE(found.has_value());
    REQUIRE(*found >= acknowledged);
    REQUIRE(*found <= acknowledged + 1);
    last = *found;
  }
  CHECK(last > 0);
  cairn::test::print_count({.states = kills}, "kills at random", seed);
}

TEST_CASE("two processes that append to one store lose nothing") {
  constexpr int processes = 2;
  constexpr int each = 500;
  for (std::size_t round = 0; round != 2 * cairn::test::times(); ++round) {
    auto const sync = round % 2 == 0 ? cairn::Sync::relaxed : cairn::Sync::durable;
    cairn::test::TemporaryDirectory const directory;
    file::Config const config{
        .path = directory.path() / "store", .sync = sync, .segment_size = cairn::ByteSize{std::uint64_t{16} << 10U}};
    file::Backend::empty_store(config);
    std::array<int, 2> start{};
    REQUIRE(::pipe(start.data()) == 0);
    std::vector<pid_t> children;
    for (int process = 0; process != processes; ++process) {
      children.push_back(cairn::test::in_child([&] {
        auto connection = file::Backend::connect_store(config);
        ::close(start[1]);
        char ignored = 0;
        static_cast<void>(::read(start[0], &ignored, 1) == 0);  // both wait until the parent closes its end
        for (int i = 0; i != each; ++i) {
          auto const frame = std::to_string(process) + ":" + std::to_string(i);
          for (;;) {
            auto const record = connection.root("log");
            auto writer = connection.begin();
            if (writer.append("log", record ? record->version : cairn::Version{}, bytes_of(frame)) ==
                cairn::CommitResult::committed)
              break;
          }
        }
      }));
    }
    ::close(start[0]);
    ::close(start[1]);
    for (auto const child : children) {
      int status = 0;
      REQUIRE(::waitpid(child, &status, 0) == child);
      REQUIRE(WIFEXITED(status));
      REQUIRE(WEXITSTATUS(status) == 0);
    }
    auto const connection = file::Backend::connect_store(config);
    auto const record = connection.root("log");
    REQUIRE(record.has_value());
    std::set<std::string> frames;
    for (auto const& frame : record->tail) frames.insert(text_of(frame));
    CHECK(record->tail.size() == processes * each);
    CHECK(frames.size() == processes * each);
  }
}

TEST_CASE("a child of a fork is refused, and the parent goes on") {
  cairn::test::TemporaryDirectory const directory;
  file::Config const config{.path = directory.path() / "store"};
  file::Backend::empty_store(config);
  auto connection = file::Backend::connect_store(config);
  REQUIRE(transact(connection, 1));
  auto held = connection.begin();
  static_cast<void>(held.put(bytes_of("node")));  // the parent holds the store while it forks

  auto const child = cairn::test::in_child([&] {
    auto const is_refused = [](auto call) {
      try {
        call();
      } catch (cairn::Error const& error) {
        return error.code() == cairn::Errc::store_poisoned;
      }
      return false;
    };
    if (!is_refused([&] { static_cast<void>(connection.root("main")); })) ::_exit(2);
    if (!is_refused([&] { static_cast<void>(connection.begin().append("main", {}, {})); })) ::_exit(3);
    auto taken = std::move(held);
    if (!is_refused([&] { static_cast<void>(taken.put({})); })) ::_exit(4);
    { auto const gone = std::move(taken); }
    { auto const gone = std::move(connection); }
  });
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  REQUIRE(held.append("main", connection.root("main")->version, bytes_of("2")) == cairn::CommitResult::committed);
  CHECK(last_transaction(connection) == 2);
}
