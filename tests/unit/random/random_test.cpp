// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is drawn differs, what is spread is SplitMix64's, and a pause keeps to its limit.
#include <cairn/error/error.hpp>
#include <cairn/random/draw.hpp>
#include <cairn/random/names.hpp>
#include <cairn/random/pause.hpp>
#include <cairn/random/split_mix.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace cairn::random_test {
namespace {

using std::chrono::microseconds;

TEST_CASE("what the system gives fills all bytes, and no two draws are the same") {
  std::set<std::string> drawn;
  std::set<std::uint64_t> numbers;
  std::array<std::set<char>, 16> at{};
  for (int i = 0; i != 1'000; ++i) {
    auto const text = random::text(16);
    REQUIRE(text.size() == 16);
    for (std::size_t byte = 0; byte != text.size(); ++byte) at[byte].insert(text[byte]);
    drawn.insert(text);
    numbers.insert(random::number());
  }
  CHECK(drawn.size() == 1'000);
  CHECK(numbers.size() == 1'000);
  // 1,000 bytes have some 251 of the 256 values; fewer than 200 come once in more than 2^100 runs.
  for (auto const& values : at) CHECK(values.size() > 200);
}

std::array<std::byte, random::name_size> name() {
  std::array<std::byte, random::name_size> bytes{};
  random::fill_name(bytes);
  return bytes;
}

TEST_CASE("names differ, whichever thread draws them, and a child of a fork draws others than its parent") {
  std::vector<std::vector<std::array<std::byte, random::name_size>>> drawn(4);
  std::vector<std::thread> threads;
  for (auto& own : drawn) {
    threads.emplace_back([&own] {
      for (int i = 0; i != 5'000; ++i) own.push_back(name());
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::array<std::byte, random::name_size>> all;
  for (auto const& own : drawn) all.insert(own.begin(), own.end());
  CHECK(all.size() == 20'000);
  for (int i = 0; i != 20; ++i) {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    auto const child = ::fork();
    auto const mine = name();
    if (child == 0) ::_exit(::write(pipe[1], mine.data(), mine.size()) == static_cast<ssize_t>(mine.size()) ? 0 : 1);
    REQUIRE(child > 0);
    std::array<std::byte, random::name_size> other{};
    REQUIRE(::read(pipe[0], other.data(), other.size()) == static_cast<ssize_t>(other.size()));
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(other != mine);
    ::close(pipe[0]);
    ::close(pipe[1]);
  }
}

TEST_CASE("more than the system gives at once is refused") {
  std::vector<std::byte> bytes(257);
  CHECK_FALSE(random::try_fill(bytes));
  CHECK_THROWS_AS(random::fill(bytes), Error);
}

TEST_CASE("numbers that are spread are those of SplitMix64") {
  random::SplitMix numbers{1'234'567};
  for (auto const expected : {6457827717110365317U, 3203168211198807973U, 9817491932198370423U, 4593380528125082431U, 16408922859458223821U}) {
    CHECK(numbers.next() == expected);
  }
}

TEST_CASE("a pause is anything from nothing to its limit") {
  CHECK(random::pause(microseconds{0}) == microseconds{0});
  CHECK(random::pause(microseconds{-5}) == microseconds{0});
  std::set<microseconds> found;
  for (int i = 0; i != 1'000; ++i) found.insert(random::pause(microseconds{3}));
  CHECK(found == std::set{microseconds{0}, microseconds{1}, microseconds{2}, microseconds{3}});
}

}  // namespace
}  // namespace cairn::random_test
