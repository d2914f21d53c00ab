// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Threads that write, read, sweep and compact one store by two connections: for the thread sanitizer, and for what it
// says.
#include "count_states.hpp"
#include "laws/temporary_directory.hpp"
#include <cairn/backends/file/backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

namespace file = cairn::backends::file;

std::span<std::byte const> as_span(std::string_view text) { return std::as_bytes(std::span{text.data(), text.size()}); }
std::string as_text(cairn::Bytes const& bytes) { return {reinterpret_cast<char const*>(bytes.data()), bytes.size()}; }

/// What all threads share: the blobs that nobody needs, and what went wrong.
class Common {
 public:
  void drop(file::Address const& address) {
    std::lock_guard const guard{mutex_};
    garbage_.push_back(address);
  }
  [[nodiscard]] bool is_live(file::Address const& address) {
    std::lock_guard const guard{mutex_};
    return std::find(garbage_.begin(), garbage_.end(), address) == garbage_.end();
  }
  void must(bool condition, std::string const& what) {
    std::lock_guard const guard{mutex_};
    ++tally_.states;
    tally_.must(condition, what);
  }
  [[nodiscard]] cairn::test::Tally tally() {
    std::lock_guard const guard{mutex_};
    return tally_;
  }
  std::atomic<int> writing{0};

 private:
  std::mutex mutex_;
  std::vector<file::Address> garbage_;
  cairn::test::Tally tally_;
};

/// Runs `work`; what it throws is a violation.
template <class Work>
std::thread start(Common& common, Work work) {
  return std::thread{[&common, work] {
    try {
      work();
    } catch (std::exception const& error) {
      common.must(false, error.what());
    }
  }};
}

/// One that others wait for.
template <class Work>
std::thread start_writer(Common& common, Work work) {
  ++common.writing;
  return start(common, [&common, work] {
    struct Last {
      std::atomic<int>& writing;
      ~Last() { --writing; }
    } const last{common.writing};
    work();
  });
}

/// Appends to a tail that all writers share, as often as it takes; commits to a root of its own, and leaves garbage
/// behind.
void write_on(Common& common, file::Connection& connection, std::string const& name, int rounds) {
  auto const own = "own " + name;
  cairn::Version version{};
  for (int round = 0; round != rounds; ++round) {
    auto writer = connection.begin();
    common.drop(writer.put(as_span(std::string(700, 'g'))));
    auto const address = writer.put(as_span(name + std::to_string(round)));
    auto const result = writer.commit(own, version, std::as_bytes(std::span{&address, 1}));
    common.must(result == cairn::CommitResult::committed, "a root that nobody else writes was in conflict");
    version = result.version;
    auto const frame = name + std::to_string(round);
    for (;;) {
      auto const record = connection.root("log");
      if (connection.begin().append("log", record ? record->version : cairn::Version{}, as_span(frame)) ==
          cairn::CommitResult::committed)
        break;
    }
  }
}

void read_while_written(Common& common, file::Connection const& connection) {
  std::size_t length = 0;
  while (common.writing != 0) {
    for (auto const& branch : connection.roots()) {
      auto const record = connection.root(branch);
      if (!record) continue;
      if (branch == "log") {
        common.must(record->tail.size() >= length, "the tail became shorter");
        length = record->tail.size();
      } else if (record->state.size() == sizeof(file::Address)) {
        file::Address address;
        std::copy_n(record->state.data(), sizeof address, reinterpret_cast<std::byte*>(&address));
        common.must(as_text(connection.read(address)).starts_with(branch.substr(4)), "a blob is another one");
      }
    }
  }
}

cairn::test::Tally threads_that_meet(cairn::test::Extent const& extent) {
  cairn::test::TemporaryDirectory const directory{cairn::test::directory_in_memory()};
  file::Config const config{
      .path = directory.path() / "store", .segment_size = file::smallest_segment, .compact_below = 0.9};
  file::Backend::empty_store(config);
  auto first = file::Backend::connect_store(config);
  auto second = file::Backend::connect_store(config);
  Common common;
  int const rounds = static_cast<int>(60 * extent.times);
  std::vector<std::thread> threads;
  threads.push_back(start_writer(common, [&] { write_on(common, first, "a", rounds); }));
  threads.push_back(start_writer(common, [&] { write_on(common, first, "b", rounds); }));
  threads.push_back(start_writer(common, [&] { write_on(common, second, "c", rounds); }));
  threads.push_back(start(common, [&] { read_while_written(common, first); }));
  threads.push_back(start(common, [&] { read_while_written(common, second); }));
  threads.push_back(start(common, [&] {
    while (common.writing != 0) {
      first.sweep([&](file::Address const& address) { return common.is_live(address); }, cairn::TimePoint::max());
    }
  }));
  for (auto& thread : threads) thread.join();
  auto const record = file::Backend::connect_store(config).root("log");
  std::set<std::string> frames;
  if (record) {
    for (auto const& frame : record->tail) frames.insert(as_text(frame));
  }
  common.must(
      record && record->tail.size() == static_cast<std::size_t>(3 * rounds) && frames.size() == record->tail.size(),
      "an append was lost or doubled");
  return common.tally();
}

}  // namespace

TEST_CASE("threads that write, read, sweep and compact by two connections lose nothing", "[threads]") {
  cairn::test::count_states("threads on two connections", threads_that_meet);
}
