// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Every bit of a store flipped, every length of its log, blocks lost and moved: an error or the truth, never anything
// else.
#include "crash/fault_io.hpp"
#include "crash/fault_script.hpp"
#include "sanitized.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using cairn::test::Disk;
using cairn::test::FaultBackend;
using cairn::test::FaultIo;
using cairn::test::History;

namespace {

std::string const segment = "/store/seg-0000000001.clog";
std::string const lock = "/store/lock";
std::string const hint = "/store/roots.hint";

struct Sample {
  cairn::test::Script script;
  History history;
  std::vector<std::pair<std::string, Disk::Bytes>> files;

  explicit Sample(bool is_released, std::size_t transactions = 9) {
    Disk disk;
    FaultIo::disk = &disk;
    script.transactions = transactions;
    script.config.segment_size = cairn::ByteSize{std::uint64_t{1} << 20U};
    script.run(history);
    for (auto const& path : disk.paths()) {
      if (is_released || path != hint) files.emplace_back(path, disk.content(path));
    }
  }

  [[nodiscard]] Disk disk() const {
    Disk disk;
    for (auto const& [path, content] : files) place(disk, path, content);
    return disk;
  }
  static void place(Disk& disk, std::string const& path, Disk::Bytes content) {
    disk.place("/store", path.substr(7), std::move(content));
  }
  [[nodiscard]] Disk::Bytes const& content(std::string const& path) const {
    return std::find_if(files.begin(), files.end(), [&](auto const& file) { return file.first == path; })->second;
  }
};

enum class Verdict { truth, detected, wrong };

/// Reads everything. Only the state after state number `first` and later ones are true.
Verdict verdict(Sample const& sample, Disk& disk, std::size_t first) try {
  FaultIo::disk = &disk;
  auto const connection = FaultBackend::connect_store(sample.script.config);
  auto const state = cairn::test::state_of(connection, sample.history, first);
  if (!state) return Verdict::wrong;
  for (auto const& [branch, root] : sample.history.states[*state]) {
    for (auto const& [address, content] : root.blobs) {
      if (cairn::test::text_of(connection.read(address)) != content) return Verdict::wrong;
    }
  }
  return Verdict::truth;
} catch (cairn::Error const& error) {
  bool const names_the_place = error.code() != cairn::Errc::store_corrupt ||
                               std::string_view{error.data()}.find(":offset") != std::string_view::npos;
  return names_the_place ? Verdict::detected : Verdict::wrong;
}

}  // namespace

TEST_CASE("a flipped bit is detected or harmless, wherever it is") {
  constexpr std::size_t step = cairn::test::is_sanitized ? 9 : 1;  // of every byte another bit
  for (bool const is_released : {true, false}) {
    Sample const sample{is_released};
    auto const last = sample.history.acknowledged;
    REQUIRE(last == 9);
    std::size_t detected = 0;
    for (auto const& [path, content] : sample.files) {
      for (std::size_t bit = 0; bit < content.size() * 8; bit += step) {
        auto damaged = content;
        damaged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        auto disk = sample.disk();
        Sample::place(disk, path, std::move(damaged));
        auto const found = verdict(sample, disk, last);
        INFO(path << " bit " << bit);
        REQUIRE(found != Verdict::wrong);
        if (found == Verdict::detected) ++detected;
        // What stands beside the log may be damaged without harm.
        if (path != segment) REQUIRE(found == Verdict::truth);
      }
    }
    CHECK(detected > sample.content(segment).size() * 8 / 2 / step);
  }
}

TEST_CASE("a log that was cut short is detected while anything else says how long it was") {
  Sample const sample{true};
  auto const& whole = sample.content(segment);
  for (std::size_t size = 0; size != whole.size(); ++size) {
    INFO("size " << size);
    auto const cut = Disk::Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    auto disk = sample.disk();
    Sample::place(disk, segment, cut);
    REQUIRE(verdict(sample, disk, sample.history.acknowledged) == Verdict::detected);
    auto without_mark = sample.disk();
    Sample::place(without_mark, segment, cut);
    Sample::place(without_mark, lock, {});
    REQUIRE(verdict(sample, without_mark, sample.history.acknowledged) == Verdict::detected);
    // With neither, what is left looks like a log whose last writes never came: one of the earlier states, whole.
    auto bare = sample.disk();
    Sample::place(bare, segment, cut);
    Sample::place(bare, lock, {});
    Sample::place(bare, hint, {});
    REQUIRE(verdict(sample, bare, 0) != Verdict::wrong);
  }
}

TEST_CASE("damage before a commit that was written later is detected by the log alone") {
  Sample const sample{false};
  auto const& whole = sample.content(segment);
  std::size_t detected = 0;
  // The last commit knows that everything before it was synced. The gap that is left is that commit itself.
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    auto damaged = whole;
    damaged[at] ^= std::byte{0x10};
    auto disk = sample.disk();
    Sample::place(disk, segment, std::move(damaged));
    Sample::place(disk, lock, {});
    auto const found = verdict(sample, disk, sample.history.acknowledged - 1);
    INFO("at " << at);
    REQUIRE(found != Verdict::wrong);
    if (found == Verdict::detected) ++detected;
  }
  CHECK(detected > whole.size() / 3 / 2);
}

TEST_CASE("blocks that are lost, doubled or exchanged are detected") {
  Sample const sample{true, 19};
  auto const& whole = sample.content(segment);
  constexpr std::size_t block = 512;
  auto const blocks = whole.size() / block;
  REQUIRE(blocks > 4);
  auto const check = [&](Disk::Bytes damaged, std::string const& what) {
    if (damaged == whole) return;
    auto disk = sample.disk();
    Sample::place(disk, segment, std::move(damaged));
    INFO(what);
    REQUIRE(verdict(sample, disk, sample.history.acknowledged) != Verdict::wrong);
  };
  for (std::size_t i = 0; i != blocks; ++i) {
    auto zeroed = whole;
    std::fill_n(zeroed.begin() + static_cast<std::ptrdiff_t>(i * block), block, std::byte{0});
    check(std::move(zeroed), "zeroed " + std::to_string(i));
    for (std::size_t j = 0; j != blocks; ++j) {
      auto copied = whole;
      std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(i * block), block,
                  copied.begin() + static_cast<std::ptrdiff_t>(j * block));
      check(copied, "copied " + std::to_string(i) + " to " + std::to_string(j));
      std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(j * block), block,
                  copied.begin() + static_cast<std::ptrdiff_t>(i * block));
      check(std::move(copied), "exchanged " + std::to_string(i) + " and " + std::to_string(j));
    }
  }
}

TEST_CASE("a store whose lock file and hint were left behind opens as it was") {
  Sample const sample{true};
  Disk disk;
  Sample::place(disk, segment, sample.content(segment));
  CHECK(verdict(sample, disk, sample.history.acknowledged) == Verdict::truth);
}
