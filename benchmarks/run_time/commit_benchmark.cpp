// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Durable commits of five datoms, one after the other: a file store with history, SQLite with a write-ahead log, and a
// bare append with fdatasync of as many bytes as the store's log grew by, the most that the disk gives.
#include "people.hpp"
#include "report.hpp"
#include "sqlite_people.hpp"
#include <cairn/backends/file/backend.hpp>
#include <cairn/cairn.hpp>

#include <fcntl.h>
#include <unistd.h>

namespace {

using namespace cairn::benchmarks;
using Store = cairn::Store<cairn::backends::file::Backend>;

constexpr std::size_t rounds = 9;
constexpr std::size_t each = 200;  // commits of one contender before the next has its turn

class BareLog {
 public:
  BareLog(std::filesystem::path const& file, std::size_t bytes)
      : descriptor_{::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)}, frame_(bytes, 'x') {
    if (descriptor_ < 0) throw std::runtime_error{"open failed: " + file.string()};
  }
  BareLog(BareLog const&) = delete;
  BareLog& operator=(BareLog const&) = delete;
  ~BareLog() { ::close(descriptor_); }

  void commit() {
    if (::write(descriptor_, frame_.data(), frame_.size()) != static_cast<ssize_t>(frame_.size()) ||
        ::fdatasync(descriptor_) != 0) {
      throw std::runtime_error{"write failed"};
    }
  }

 private:
  int descriptor_;
  std::string frame_;
};

/// Something that commits, and how often a second it could. A commit sleeps until the disk is done, and on a busy
/// machine then waits for a processor, for a slice of time that is the same for all and many times the disk's; so there
/// are two figures, and the one by the clock compares contenders only while nothing else runs.
struct Contender {
  std::function<void()> commit;
  std::vector<double> without_waiting{};

  double commits_a_second() {
    auto const waited = seconds_without_processor();
    auto const seconds = seconds_of([&] {
      for (std::size_t i = 0; i != each; ++i) commit();
    });
    without_waiting.push_back(each / (seconds - (seconds_without_processor() - waited)));
    return each / seconds;
  }
};

}  // namespace

int main() {
  ScratchDirectory const scratch;
  auto const all = people((rounds + 1) * each);

  Store::Config const config{.path = scratch.path() / "store"};
  Store::create(config);
  auto conn = Store::connect(config);
  conn.transact(people_schema);
  auto next = all.begin();
  Contender on_cairn{[&] { conn.transact({operation_of(*next++)}); }};

  SqlitePeople sqlite{scratch.path() / "sqlite", "WAL"};
  auto next_of_sqlite = all.begin();
  Contender on_sqlite{[&] {
    sqlite.begin();
    sqlite.insert(*next_of_sqlite++);
    sqlite.commit();
  }};

  auto const before = bytes_below(config.path);
  on_cairn.commits_a_second();
  auto const bytes = static_cast<std::size_t>((bytes_below(config.path) - before) / each);
  on_sqlite.commits_a_second();
  BareLog log{scratch.path() / "log", bytes};
  Contender on_log{[&] { log.commit(); }};

  auto const by_the_clock = medians_in_turn(
      rounds, {[&] { return on_cairn.commits_a_second(); }, [&] { return on_sqlite.commits_a_second(); },
               [&] { return on_log.commits_a_second(); }});
  // SQLite's rounds have its checkpoints in them; Cairn's tail is too short to need one, so what it owes is added.
  auto const waited = seconds_without_processor();
  auto const checkpoint = seconds_of([&] { conn.checkpoint(); });
  auto const checkpoint_without_waiting = checkpoint - (seconds_without_processor() - waited);

  auto const print = [&](std::string const& how, double cairn, double owed, double of_sqlite, double of_log) {
    constexpr auto commits = static_cast<double>((rounds + 1) * each);
    print_row("commits of 5 datoms, checkpoints too, " + how, "/s", Better::more, 1 / (1 / cairn + owed / commits),
              "SQLite, WAL, synchronous=FULL, 5 rows, 3 orders", of_sqlite);
    print_row("commits of 5 datoms, " + how, "/s", Better::more, cairn,
              "append + fdatasync of " + std::to_string(bytes) + " bytes", of_log);
  };
  print("by the clock", by_the_clock[0], checkpoint, by_the_clock[1], by_the_clock[2]);
  print("less waiting for a processor", median(on_cairn.without_waiting), checkpoint_without_waiting,
        median(on_sqlite.without_waiting), median(on_log.without_waiting));
}
