// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Rows of the fault matrix in which power is lost.
#include "fault_script.hpp"
#include "rows.hpp"

#include <array>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace cairn::test {
namespace {

/// A disk as power left it, and what had been acknowledged by then.
struct PowerLoss {
  Disk disk;
  Moment moment;
  std::size_t call = 0;
};

/// Runs the script once and takes, at every call where `wanted`, the disks that power would have left there: each with
/// one more of `losses`.
std::vector<PowerLoss> losses_at_every_call(Script const& script, History& history,
                                            std::function<std::vector<Disk::Loss>(Disk const&)> const& losses,
                                            std::mt19937_64& random) {
  std::vector<PowerLoss> states;
  Disk disk;
  auto const take = [&] {
    for (auto const loss : losses(disk)) {
      states.push_back(
          {disk.after_power_loss(loss, random), {history.acknowledged, history.was_created}, disk.calls()});
    }
  };
  disk.observe = take;
  FaultIo::disk = &disk;
  script.run(history);
  take();
  return states;
}

/// What is wrong with the script itself on a sound disk: nothing, or no state means anything.
void require_whole(Tally& tally, Script const& script, History const& history) {
  tally.must(history.acknowledged == script.transactions && !history.ended_by, "the script did not run to its end");
}

std::optional<std::string> judge_on(Disk disk, Script const& script, History const& history, Moment const& moment,
                                    std::size_t* state = nullptr) {
  FaultIo::disk = &disk;
  return judge(script, history, moment, state);
}

std::string at_call(PowerLoss const& loss) {
  return "power lost at call " + std::to_string(loss.call) + ", " + std::to_string(loss.moment.acknowledged) +
         " transactions acknowledged";
}

Tally judge_all(std::vector<PowerLoss> const& states, Script const& script, History const& history,
                Extent const& extent, std::size_t first = 0) {
  Tally tally;
  for (auto i = first; i < states.size() && !tally.is_over(extent); ++i) {
    tally.see(judge_on(states[i].disk, script, history, states[i].moment), [&] { return at_call(states[i]); });
  }
  return tally;
}

Script long_script(std::size_t variation) {
  Script script;
  script.transactions = 200;
  script.variation = variation;
  return script;
}

/// Repeats `count(variation)` until it has seen `wanted` states.
template <class Count>
Tally until(std::size_t wanted, Extent const& extent, Count count) {
  Tally tally;
  for (std::size_t variation = 0; tally.states < wanted && !tally.is_over(extent) && variation != 1000; ++variation) {
    tally += count(variation);
  }
  tally.must(tally.states >= wanted || tally.violations != 0, "fewer states than wanted");
  return tally;
}

}  // namespace

Tally power_lost_at_every_call(Extent const& extent) {
  Tally tally;
  for (std::size_t variation = 0; variation != extent.times && !tally.is_over(extent); ++variation) {
    std::mt19937_64 random{extent.seed + variation};
    for (bool const exclusive : {false, true}) {
      auto script = long_script(variation);
      script.config.exclusive = exclusive;
      History history;
      auto const states = losses_at_every_call(
          script, history, [](Disk const&) { return std::vector{Disk::Loss::everything}; }, random);
      require_whole(tally, script, history);
      tally += judge_all(states, script, history, extent);
    }
  }
  return tally;
}

Tally torn_and_reordered_sectors(Extent const& extent) {
  return until(2'000 * extent.times, extent, [&](std::size_t variation) {
    std::mt19937_64 random{extent.seed + variation};
    auto const script = long_script(variation);
    History history;
    auto const states = losses_at_every_call(
        script, history,
        [&](Disk const&) {
          return std::vector{Disk::Loss::random_sectors, Disk::Loss::random_sectors,
                             random() % 4 == 0 ? Disk::Loss::random_prefix : Disk::Loss::random_sectors};
        },
        random);
    Tally tally;
    require_whole(tally, script, history);
    return tally += judge_all(states, script, history, extent);
  });
}

Tally lost_names_and_undone_renames(Extent const& extent) {
  return until(500 * extent.times, extent, [&](std::size_t variation) {
    std::mt19937_64 random{extent.seed + variation};
    auto const script = long_script(variation);
    History history;
    auto const states = losses_at_every_call(
        script, history,
        [&](Disk const& disk) {
          if (!disk.has_pending_names()) return std::vector<Disk::Loss>{};
          return std::vector{Disk::Loss::names, Disk::Loss::random_names};
        },
        random);
    Tally tally;
    require_whole(tally, script, history);
    return tally += judge_all(states, script, history, extent);
  });
}

Tally power_lost_in_recovery(Extent const& extent) {
  constexpr int deepest = 3;
  return until(300 * extent.times, extent, [&](std::size_t variation) {
    std::mt19937_64 random{extent.seed + variation};
    auto const script = long_script(variation);
    History history;
    auto const states = losses_at_every_call(
        script, history, [](Disk const&) { return std::vector{Disk::Loss::random_sectors}; }, random);
    Tally tally;
    for (auto const& state : states) {
      if (tally.is_over(extent)) break;
      auto disk = state.disk;
      int depth = 0;
      while (depth != deepest) {
        // How many calls this recovery makes, on a disk that shares no file with this one, and then the same one with power lost at
        // one of them.
        auto whole = disk.after_power_loss(Disk::Loss::nothing, random);
        FaultIo::disk = &whole;
        try {
          static_cast<void>(FaultBackend::connect_store(script.config));
        } catch (Error const&) {  // not created yet; whatever else it is, the judge will meet it too
        }
        if (whole.calls() == 0) break;
        auto cut = disk;
        cut.cut_at = random() % whole.calls() + 1;
        FaultIo::disk = &cut;
        try {
          static_cast<void>(FaultBackend::connect_store(script.config));
        } catch (Error const&) {
        }
        disk = cut.after_power_loss(random() % 3 == 0 ? Disk::Loss::everything : Disk::Loss::random_sectors, random);
        ++depth;
      }
      if (depth != deepest) continue;
      tally.see(judge_on(disk, script, history, state.moment),
                [&] { return at_call(state) + ", and in " + std::to_string(depth) + " recoveries"; });
    }
    return tally;
  });
}

Tally relaxed_commits_lose_a_suffix(Extent const& extent) {
  return until(2'000 * extent.times, extent, [&](std::size_t variation) {
    std::mt19937_64 random{extent.seed + variation};
    Tally tally;
    for (bool const exclusive : {false, true}) {
      auto script = long_script(variation);
      script.config.sync = Sync::relaxed;
      script.config.exclusive = exclusive;
      History history;
      auto states = losses_at_every_call(
          script, history,
          [&](Disk const&) {
            return std::vector{Disk::Loss::everything, Disk::Loss::random_sectors, Disk::Loss::random_prefix};
          },
          random);
      for (auto& state : states) state.moment.acknowledged = 0;
      require_whole(tally, script, history);
      tally += judge_all(states, script, history, extent);
    }
    return tally;
  });
}

Tally power_lost_in_a_sweep(Extent const& extent) {
  return until(500 * extent.times, extent, [&](std::size_t variation) {
    std::mt19937_64 random{extent.seed + variation};
    auto script = long_script(variation);
    script.sweep_period = 5;
    script.config.sync = variation % 2 == 1 ? Sync::relaxed : Sync::durable;
    script.config.compact_below = variation % 3 == 2 ? 0.5 : 1.0;
    bool is_sweeping = false;
    script.is_sweeping = &is_sweeping;
    History history;
    auto states = losses_at_every_call(
        script, history,
        [&](Disk const&) {
          if (!is_sweeping) return std::vector<Disk::Loss>{};
          return std::vector{Disk::Loss::everything, Disk::Loss::random_sectors, Disk::Loss::names,
                             Disk::Loss::random_names};
        },
        random);
    Tally tally;
    require_whole(tally, script, history);
    for (auto& state : states) {
      if (tally.is_over(extent)) break;
      // A sweep makes what relaxed commits wrote durable before it removes anything; until then they may be lost.
      if (script.config.sync == Sync::relaxed) state.moment.acknowledged = 0;
      auto disk = state.disk;
      FaultIo::disk = &disk;
      std::size_t found = 0;
      auto wrong = judge(script, history, state.moment, &found);
      if (!wrong) {
        // The sweep that was cut off is done again: what it would have removed goes, and what is live stays.
        try {
          auto connection = FaultBackend::connect_store(script.config);
          auto const size = [&] {
            std::size_t sum = 0;
            for (auto const& path : disk.paths()) sum += path.ends_with(".clog") ? disk.content(path).size() : 0;
            return sum;
          };
          auto const before = size();
          auto const live = [&](Address const& address) { return is_live(history.states[found], address); };
          connection.sweep(live, TimePoint::max());
          auto const after = size();
          connection.sweep(live, TimePoint::max());
          if (after > before || size() != after) wrong = "another sweep did not do it all";
          if (!wrong) wrong = wrong_blob(connection, history.states[found]);
        } catch (std::exception const& error) {
          wrong = std::string{"after another sweep: "} + error.what();
        }
      }
      tally.see(wrong, [&] { return at_call(state); });
    }
    return tally;
  });
}

Tally power_lost_with_blobs_in_files(Extent const& extent) {
  return until(2'000 * extent.times, extent, [&](std::size_t variation) {
    std::mt19937_64 random{extent.seed + variation};
    auto script = long_script(variation);
    script.transactions = 100;
    script.config.layout = backends::file::Layout::dir;
    History history;
    auto const states = losses_at_every_call(
        script, history,
        [](Disk const&) {
          return std::vector{Disk::Loss::everything, Disk::Loss::random_sectors, Disk::Loss::random_names};
        },
        random);
    Tally tally;
    require_whole(tally, script, history);
    return tally += judge_all(states, script, history, extent);
  });
}

Tally clocks_that_jump(Extent const& extent) {
  auto const now = FaultIo::clock;
  auto const tally = until(100 * extent.times, extent, [&](std::size_t variation) {
    std::mt19937_64 random{extent.seed + variation};
    auto script = long_script(variation);
    script.transactions = 100;
    script.sweep_period = 3;
    script.before = [&](std::size_t) {
      // A day or ten years, forwards or back, now and then before 1970.
      auto const step = std::chrono::hours{random() % 2 == 0 ? 24 : 87'600};
      if (random() % 3 == 0) FaultIo::clock += random() % 2 == 0 ? step : -step;
      if (std::chrono::abs(FaultIo::clock) > std::chrono::hours{1'000'000})
        FaultIo::clock = now;  // what a clock can say ends in 2262
    };
    Tally counted;
    History history;
    Disk disk;
    FaultIo::disk = &disk;
    script.run(history);
    require_whole(counted, script, history);
    counted.see(
        judge_on(disk.after_power_loss(Disk::Loss::everything, random), script, history, {history.acknowledged, true}),
        [&] { return "clock jumps, variation " + std::to_string(variation); });
    return counted;
  });
  FaultIo::clock = now;
  return tally;
}

}  // namespace cairn::test
