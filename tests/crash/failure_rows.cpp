// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Rows of the fault matrix in which calls fail, or do less than they were asked for.
#include "fault_script.hpp"
#include "rows.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace cairn::test {
namespace {

/// The calls of the script on a sound disk, by name; the first is number 0.
std::vector<std::string> calls_of(Script const& script) {
  std::vector<std::string> calls;
  Disk disk;
  disk.fault = [&](std::string const& call) {
    calls.push_back(call);
    return 0;
  };
  FaultIo::disk = &disk;
  History history;
  script.run(history);
  return calls;
}

bool is_typed(Errc code) {
  return code == Errc::io_error || code == Errc::io_full || code == Errc::io_read_only || code == Errc::store_poisoned;
}

/// What a connection still shows after an error: all that was acknowledged, by its roots or, poisoned, by its blobs.
std::optional<std::string> wrong_after_error(FaultBackend::Connection& connection, History const& history,
                                             Error const& error, bool may_be_poisoned) {
  if (!is_typed(error.code())) return std::string{"an error of another kind: "} + error.what();
  try {
    try {
      if (state_of(connection, history, history.acknowledged) != history.acknowledged)
        return std::string{"the connection shows something else after the error"};
    } catch (Error const& poisoned) {
      if (poisoned.code() != Errc::store_poisoned || !may_be_poisoned) throw;
    }
    return wrong_blob(connection, history.states[history.acknowledged]);
  } catch (std::exception const& further) {
    return std::string{"after the error: "} + further.what();
  }
}

}  // namespace

Tally syncs_that_fail(Extent const& extent) {
  using After = Disk::AfterFailedSync;
  Tally tally;
  for (std::size_t variation = 0; variation != extent.times; ++variation) {
    std::mt19937_64 random{extent.seed + variation};
    Script script;
    script.variation = variation;
    auto const calls = calls_of(script);
    for (std::size_t failing = 0; failing != calls.size(); ++failing) {
      if (!calls[failing].starts_with("sync")) continue;
      for (auto const after : {After::pages_stay, After::pages_go}) {
        for (bool const is_sticky : {false, true}) {
          if (tally.is_over(extent)) return tally;
          Disk disk;
          disk.after_failed_sync = after;
          std::size_t call = 0;
          disk.fault = [&](std::string const& name) {
            bool const fails = is_sticky ? call >= failing && name.starts_with("sync") : call == failing;
            ++call;
            return fails ? -EIO : 0;
          };
          FaultIo::disk = &disk;
          History history;
          script.run(history);
          disk.fault = nullptr;
          auto const which = [&] {
            return "the sync at call " + std::to_string(failing) + (is_sticky ? " and all after it fail" : " fails") +
                   (after == After::pages_go ? ", its pages go" : ", its pages stay");
          };
          if (history.ended_by && !is_typed(*history.ended_by)) tally.must(false, which() + ": another kind of error");
          // Whoever connects now may see the commit whose sync failed, where its pages are in the cache. If so, neither
          // the cache nor power may take it any more.
          std::size_t seen = 0;
          auto wrong = judge(script, history, &seen);
          disk.evict();
          for (bool const without_power : {false, true}) {
            if (wrong || !history.was_created) break;
            auto shown = history;
            for (auto& state : shown.states) state["after"] = {"it", {}, {}};
            auto lost = disk.after_power_loss(Disk::Loss::everything, random);
            FaultIo::disk = without_power ? &lost : &disk;
            try {
              auto const connection = FaultBackend::connect_store(script.config);
              if (state_of(connection, shown, seen) != seen) wrong = "what was shown is gone";
              if (!wrong) wrong = wrong_blob(connection, shown.states[seen]);
            } catch (std::exception const& error) {
              wrong = error.what();
            }
          }
          tally.see(wrong, which);
        }
      }
    }
  }
  return tally;
}

Tally writes_that_fail(Extent const& extent) {
  Tally tally;
  for (std::size_t variation = 0; variation != extent.times; ++variation) {
    Script script;
    script.variation = variation;
    script.retries_when_full = true;
    auto const calls = calls_of(script);
    for (int const error : {EIO, ENOSPC, EDQUOT, EROFS, EAGAIN}) {
      for (std::size_t failing = 0; failing != calls.size(); ++failing) {
        if (tally.is_over(extent)) return tally;
        Disk disk;
        std::size_t call = 0;
        disk.fault = [&](std::string const&) { return call++ == failing ? -error : 0; };
        FaultIo::disk = &disk;
        History history;
        std::optional<std::string> wrong;
        bool was_full = false;
        script.failed = [&](FaultBackend::Connection& connection, History const& until, Error const& raised) {
          bool const is_full = raised.code() == Errc::io_full;  // which poisons nothing
          if (!wrong) wrong = wrong_after_error(connection, until, raised, !is_full);
          was_full = is_full;
        };
        script.run(history);
        disk.fault = nullptr;
        if (!wrong && history.ended_by && !is_typed(*history.ended_by)) wrong = "an error of another kind";
        // There was room again at the next attempt.
        if (!wrong && was_full && history.acknowledged != script.transactions) wrong = "the retry did not work";
        if (!wrong) wrong = judge(script, history);
        tally.see(wrong, [&] {
          return "call " + std::to_string(failing) + " (" + calls[failing] + ") fails with " + std::to_string(error);
        });
      }
    }
  }
  return tally;
}

Tally short_writes_and_interruptions(Extent const& extent) {
  Tally tally;
  std::mt19937_64 random{extent.seed};
  for (std::size_t round = 0; round != 500 * extent.times && !tally.is_over(extent); ++round) {
    Script script;
    script.variation = round;
    Disk disk;
    disk.shorten = [&](std::size_t size) { return random() % size + 1; };
    disk.shorten_read = disk.shorten;
    disk.fault = [&](std::string const& call) {
      return (call == "write" || call == "sync") && random() % 3 == 0 ? -EINTR : 0;
    };
    disk.read_fault = [&](std::string const&) { return random() % 3 == 0 ? -EINTR : 0; };
    FaultIo::disk = &disk;
    History history;
    script.run(history);
    auto after = disk.after_power_loss(Disk::Loss::everything, random);
    FaultIo::disk = &after;
    auto wrong = judge(script, history);
    if (history.acknowledged != script.transactions) wrong = "the caller noticed";
    tally.see(wrong, [&] { return "round " + std::to_string(round); });
  }
  return tally;
}

Tally reads_that_fail(Extent const& extent) {
  Tally tally;
  std::mt19937_64 random{extent.seed};
  for (std::size_t variation = 0; variation != extent.times; ++variation) {
    Script script;
    script.variation = variation;
    script.transactions = 100;
    script.connection_period = 7;
    script.sweep_period = 10;
    std::size_t reads = 0;
    {
      Disk disk;
      disk.read_fault = [&](std::string const&) { return ++reads, 0; };
      FaultIo::disk = &disk;
      History history;
      script.run(history);
    }
    for (std::size_t failing = 1; failing <= reads; ++failing) {
      if (tally.is_over(extent)) return tally;
      Disk disk;
      std::size_t read = 0;
      disk.read_fault = [&](std::string const&) { return ++read == failing ? -EIO : 0; };
      FaultIo::disk = &disk;
      History history;
      script.run(history);
      disk.read_fault = nullptr;
      std::optional<std::string> wrong;
      if (history.ended_by && !is_typed(*history.ended_by)) wrong = "an error of another kind";
      // A read that fails while a store is opened must not pass for the end of its log.
      if (!wrong) {
        auto opening = disk.after_power_loss(Disk::Loss::random_sectors, random);
        FaultIo::disk = &opening;
        for (std::size_t at = 1; at != 5 && !wrong && history.was_created; ++at) {
          read = 0;
          opening.read_fault = [&](std::string const&) { return ++read == at ? -EIO : 0; };
          try {
            static_cast<void>(FaultBackend::connect_store(script.config));
          } catch (Error const& error) {
            if (error.code() != Errc::io_error) wrong = std::string{"opening: "} + error.what();
          }
          opening.read_fault = nullptr;
        }
        if (!wrong) wrong = judge(script, history);
      }
      if (!wrong) {
        FaultIo::disk = &disk;
        wrong = judge(script, history);
      }
      tally.see(wrong, [&] { return "read " + std::to_string(failing) + " fails"; });
    }
  }
  return tally;
}

Tally connections_after_failures(Extent const&) {
  Tally tally;
  Script const script;
  auto const see = [&](bool condition, std::string const& what) {
    tally.see(condition ? std::nullopt : std::optional{what}, [] { return std::string{"a connection"}; });
  };
  auto const code_of = [](auto call) -> std::optional<Errc> {
    try {
      call();
    } catch (Error const& error) {
      return error.code();
    }
    return std::nullopt;
  };
  {
    // A disk that gets full in the middle of a write.
    Disk disk;
    FaultIo::disk = &disk;
    FaultBackend::empty_store(script.config);
    auto connection = FaultBackend::connect_store(script.config);
    auto const commit = [&](Version const& expected, std::string const& state) {
      return connection.begin().commit("main", expected, bytes_of(state));
    };
    auto const first = commit({}, "one");
    disk.shorten = [](std::size_t size) { return size / 2; };
    int writes = 0;
    disk.fault = [&](std::string const& call) { return call == "write" && ++writes > 1 ? -ENOSPC : 0; };
    see(code_of([&] { static_cast<void>(commit(first.version, "two")); }) == Errc::io_full,
        "called a full disk something else");
    see(text_of(connection.root("main")->state) == "one", "lost its root to a full disk");
    disk.fault = nullptr;
    disk.shorten = nullptr;
    see(commit(first.version, "two") == CommitResult::committed && text_of(connection.root("main")->state) == "two",
        "did not go on when there was room");
  }
  {
    // A sync that fails once.
    Disk disk;
    FaultIo::disk = &disk;
    FaultBackend::empty_store(script.config);
    auto connection = FaultBackend::connect_store(script.config);
    auto writer = connection.begin();
    auto const address = writer.put(bytes_of("node"));
    auto const first = writer.commit("main", {}, bytes_of("one"));
    bool fails = true;
    disk.fault = [&](std::string const& call) { return fails && call == "sync" ? -EIO : 0; };
    see(writer.commit("main", first.version, bytes_of("two")) == CommitResult::unknown,
        "knew what a failed sync had done");
    fails = false;
    see(code_of([&] { static_cast<void>(writer.commit("main", first.version, {})); }) == Errc::store_poisoned &&
            code_of([&] { static_cast<void>(connection.begin().append("main", first.version, {})); }) ==
                Errc::store_poisoned,
        "wrote after a failed sync");
    see(code_of([&] { static_cast<void>(connection.root("main")); }) == Errc::store_poisoned,
        "showed a root after a failed sync");
    see(text_of(connection.read(address)) == "node", "lost a blob to a failed sync");
  }
  return tally;
}

Tally disks_that_lie(Extent const& extent) {
  Tally tally;
  Script const script;
  auto const calls = calls_of(script).size();
  for (bool const about_directories : {false, true}) {
    std::mt19937_64 random{extent.seed};
    std::size_t noticed = 0;
    for (auto cut = calls / 2; cut <= calls; ++cut) {
      Disk disk;
      (about_directories ? disk.lies_about_directory_sync : disk.lies_about_sync) = true;
      disk.cut_at = cut;
      FaultIo::disk = &disk;
      History history;
      script.run(history);
      auto after = disk.after_power_loss(Disk::Loss::everything, random);
      FaultIo::disk = &after;
      ++tally.states;
      if (judge(script, history)) ++noticed;
    }
    tally.must(noticed > 0, "the judge did not notice a disk that lies about its syncs");
  }
  return tally;
}

Tally writers_that_meet(Extent const& extent) {
  Tally tally;
  std::mt19937_64 random{extent.seed};
  for (std::size_t round = 0; round != 100 * extent.times && !tally.is_over(extent); ++round) {
    Disk disk;
    FaultIo::disk = &disk;
    Script const script;
    FaultBackend::empty_store(script.config);
    struct Party {
      FaultBackend::Connection connection;
      Version known{};
      bool is_poisoned = false;
    };
    // A mark that cannot be written: the commit has happened, and the next writer is to find it without.
    bool is_marking = false;
    bool loses_mark = false;
    disk.fault = [&](std::string const& call) {
      if (call == "sync") is_marking = true;
      return loses_mark && is_marking && call == "write" ? -EIO : 0;
    };
    std::vector<Party> parties;
    for (int i = 0; i != 3; ++i) parties.push_back({FaultBackend::connect_store(script.config)});
    // Each appends its turn to what it last saw. Who saw all of it succeeds, everybody else is refused.
    std::vector<std::string> log;
    Version newest{};
    std::optional<std::string> wrong;
    for (int turn = 0; turn != 30 && !wrong; ++turn) {
      auto& party = parties[random() % parties.size()];
      if (std::exchange(party.is_poisoned, false)) party.connection = FaultBackend::connect_store(script.config);
      is_marking = false;
      loses_mark = random() % 4 == 0;
      auto writer = party.connection.begin();
      bool const is_fresh = party.known == newest;
      auto const frame = "turn " + std::to_string(turn);
      auto const result = writer.append("main", party.known, bytes_of(frame));
      party.is_poisoned = loses_mark && result == CommitResult::committed;
      loses_mark = false;
      if (is_fresh != (result == CommitResult::committed)) wrong = "a commit was not fenced by the version";
      if (is_fresh) {
        log.push_back(frame);
        newest = party.known = result.version;
      } else if (auto const record = party.connection.root("main")) {
        party.known = record->version;
        std::vector<std::string> seen;
        for (auto const& bytes : record->tail) seen.push_back(text_of(bytes));
        if (seen != log) wrong = "an append was lost or doubled";
      }
    }
    tally.see(wrong, [&] { return "round " + std::to_string(round); });
  }
  return tally;
}

}  // namespace cairn::test
