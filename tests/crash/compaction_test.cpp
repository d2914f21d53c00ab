// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Power goes, and calls fail, while segments are compacted and while blobs are files of their own.
#include "crash/fault_io.hpp"
#include "crash/fault_script.hpp"
#include "rounds.hpp"

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <utility>

using cairn::test::Disk;
using cairn::test::FaultBackend;
using cairn::test::FaultIo;
using cairn::test::History;
using cairn::test::judge;
using cairn::test::Script;
namespace file = cairn::backends::file;

namespace {

constexpr std::array losses{Disk::Loss::everything, Disk::Loss::random_sectors, Disk::Loss::random_prefix,
                            Disk::Loss::nothing};

/// Compacts whatever has anything dead in it.
Script compacting(std::size_t variation = 0) {
  Script script;
  script.variation = variation;
  script.config.compact_below = 1.0;
  return script;
}

Script with_files(std::size_t variation = 0) {
  auto script = compacting(variation);
  script.config.layout = file::Layout::dir;
  return script;
}

std::size_t count_compacted(Disk const& disk) {
  auto const paths = disk.paths();
  return static_cast<std::size_t>(std::count_if(paths.begin(), paths.end(), [&](std::string const& path) {
    if (!path.ends_with(".clog")) return false;
    auto const& content = disk.content(path);
    return content.size() > 72 && file::details::load<std::uint32_t>(content.data() + 68) != 0;
  }));
}

/// Sweeps once more what a judge found good, and has it judged once more.
std::optional<std::string> sweep_and_judge(Script const& script, History history) try {
  std::size_t state = 0;
  if (auto wrong = judge(script, history, &state)) return wrong;
  {
    auto connection = FaultBackend::connect_store(script.config);
    connection.sweep([&](file::Address const& address) { return cairn::test::is_live(history.states[state], address); },
                     cairn::TimePoint::max());
    auto writer = connection.begin();
    if (!(writer.drop("after", connection.root("after")->version) == cairn::CommitResult::committed))
      return std::string{"no drop"};
  }
  history.acknowledged = state;
  if (auto wrong = judge(script, history)) return "after another sweep: " + *wrong;
  for (auto const& path : FaultIo::disk->paths()) {
    if (path.ends_with(".tmp")) return path + " was left";
  }
  return std::nullopt;
} catch (cairn::Error const& error) {
  return std::string{error.what()};
}

std::size_t count_calls(Script const& script) {
  Disk disk;
  FaultIo::disk = &disk;
  History history;
  script.run(history);
  REQUIRE(history.acknowledged == script.transactions);
  if (script.config.layout == file::Layout::log) REQUIRE(count_compacted(disk) > 0);
  auto const calls = disk.calls();
  auto const wrong = sweep_and_judge(script, history);
  INFO(wrong.value_or(""));
  REQUIRE_FALSE(wrong.has_value());
  return calls;
}

std::optional<std::string> cut_and_judge(Script const& script, std::size_t cut, Disk::Loss loss,
                                         std::mt19937_64& random, void (*prepare)(Disk&) = nullptr) {
  Disk disk;
  if (prepare != nullptr) prepare(disk);
  disk.cut_at = cut;
  FaultIo::disk = &disk;
  History history;
  script.run(history);
  auto recovering = disk.after_power_loss(loss, random);
  recovering.cut_at = random() % 8 + 1;
  FaultIo::disk = &recovering;
  try {
    static_cast<void>(FaultBackend::connect_store(script.config));
  } catch (cairn::Error const&) {
  }
  auto twice = recovering.after_power_loss(losses[random() % losses.size()], random);
  FaultIo::disk = &twice;
  return sweep_and_judge(script, history);
}

/// Judges what power leaves that goes at each call of a script; returns how many states it judged.
std::size_t judge_cuts(Script script, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  auto const calls = count_calls(script);
  for (std::size_t cut = 1; cut <= calls; ++cut) {
    for (auto const loss : losses) {
      auto const wrong = cut_and_judge(script, cut, loss, random);
      INFO("seed " << seed << ", variation " << script.variation << ", cut at call " << cut << " of " << calls << ", loss "
                   << static_cast<int>(loss) << ": " << wrong.value_or(""));
      REQUIRE_FALSE(wrong.has_value());
    }
  }
  return calls * losses.size();
}

/// The same of relaxed commits, of which a suffix may go.
std::size_t judge_relaxed_cuts(Script script, std::uint64_t seed) {
  script.config.sync = cairn::Sync::relaxed;
  std::mt19937_64 random{seed};
  auto const calls = count_calls(script);
  for (std::size_t cut = 1; cut <= calls; ++cut) {
    for (auto const loss : losses) {
      Disk disk;
      disk.cut_at = cut;
      FaultIo::disk = &disk;
      History history;
      script.run(history);
      history.acknowledged = 0;
      auto after = disk.after_power_loss(loss, random);
      FaultIo::disk = &after;
      auto const wrong = judge(script, history);
      INFO("seed " << seed << ", variation " << script.variation << ", cut at call " << cut << " of " << calls << ", loss "
                   << static_cast<int>(loss) << ": " << wrong.value_or(""));
      REQUIRE_FALSE(wrong.has_value());
    }
  }
  return calls * losses.size();
}

/// Each call fails in turn, with two errors.
std::size_t judge_errors(Script script, std::uint64_t) {
  auto const calls = count_calls(script);
  script.retries_when_full = true;
  for (int const error : {ENOSPC, EIO}) {
    for (std::size_t failing = 1; failing <= calls; ++failing) {
      Disk disk;
      std::size_t call = 0;
      disk.fault = [&](std::string const&) { return ++call == failing ? -error : 0; };
      FaultIo::disk = &disk;
      History history;
      script.run(history);
      disk.fault = nullptr;
      auto const wrong = sweep_and_judge(script, history);
      INFO("errno " << error << ", variation " << script.variation << ", call " << failing << " of " << calls << ": "
                    << wrong.value_or(""));
      REQUIRE_FALSE(wrong.has_value());
    }
  }
  return 2 * calls;
}

/// Of a script in as many variations as this run counts.
void judge_all(char const* what, Script (*script)(std::size_t variation), std::size_t (*judge_one)(Script, std::uint64_t)) {
  std::uint64_t const seed = Catch::getSeed();
  std::size_t states = 0;
  for (std::size_t variation = 0; variation != cairn::test::times(); ++variation) states += judge_one(script(variation), seed + variation);
  std::cout << what << ": " << states << " states, 0 violations, seed " << seed << "\n";
}

}  // namespace

TEST_CASE("power that goes during a compaction takes nothing") { judge_all("compaction, power cut", compacting, judge_cuts); }

TEST_CASE("power that goes while blobs are files takes nothing") { judge_all("files, power cut", with_files, judge_cuts); }

TEST_CASE("calls that fail during a compaction lose nothing") { judge_all("compaction, failed calls", compacting, judge_errors); }

TEST_CASE("calls that fail while blobs are files lose nothing") { judge_all("files, failed calls", with_files, judge_errors); }

TEST_CASE("relaxed commits of blobs in files lose a suffix at most") {
  judge_all("files, relaxed commits, power cut", with_files, judge_relaxed_cuts);
}

TEST_CASE("a disk that lies about its syncs is noticed in files and compactions too") {
  auto const seed = Catch::getSeed();
  std::mt19937_64 random{seed};
  INFO("seed " << seed);
  for (auto const& script : {compacting(), with_files()}) {
    auto const calls = count_calls(script);
    for (auto* const prepare : {+[](Disk& disk) { disk.lies_about_sync = true; },
                                +[](Disk& disk) { disk.lies_about_directory_sync = true; }}) {
      std::size_t wrong = 0;
      for (std::size_t cut = calls / 2; cut <= calls; ++cut) {
        if (cut_and_judge(script, cut, Disk::Loss::everything, random, prepare)) ++wrong;
      }
      CHECK(wrong > 0);
    }
  }
}
