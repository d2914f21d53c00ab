// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Commits of five datoms to a file store with history: one after the other, from 16 threads, and relaxed; beside them
// SQLite with a write-ahead log, LevelDB, and a bare append with fdatasync of as many bytes as a commit writes, the most
// that the disk gives.
#include "leveldb_records.hpp"
#include "people.hpp"
#include "report.hpp"
#include "sqlite_people.hpp"
#include <cairn/backends/file/backend.hpp>
#include <cairn/database.hpp>

#include <atomic>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

namespace {

using namespace cairn::benchmarks;
using Store = cairn::Store<cairn::backends::file::Backend>;

// Turns are short and many, so that what a shared disk does meanwhile meets all contenders.
constexpr std::size_t rounds = 36;
constexpr std::size_t each = 50;  // commits of one contender before the next has its turn
constexpr std::size_t threads = 16;
constexpr std::size_t each_of_threads = 50;
constexpr std::size_t each_relaxed = 2000;

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

/// Bytes that this process has given to the system to write.
std::uint64_t bytes_written() {
  std::ifstream file{"/proc/self/io"};
  std::string name;
  std::uint64_t number = 0;
  while (file >> name >> number) {
    if (name == "wchar:") return number;
  }
  throw std::runtime_error{"/proc/self/io does not say what was written"};
}

/// Something that commits, and how often a second it could. A commit sleeps until the disk is done, and on a busy
/// machine then waits for a processor, for a slice of time that is the same for all and many times the disk's; so there
/// are two figures, and the one by the clock compares contenders only while nothing else runs.
struct Contender {
  std::function<void()> commit;
  std::size_t number = each;
  std::vector<double> without_waiting{};

  double commits_a_second() {
    auto const waited = seconds_without_processor();
    auto const seconds = seconds_of([&] {
      for (std::size_t i = 0; i != number; ++i) commit();
    });
    without_waiting.push_back(static_cast<double>(number) / (seconds - (seconds_without_processor() - waited)));
    return static_cast<double>(number) / seconds;
  }
  double commits_a_second_of_threads() const {
    return static_cast<double>(threads * each_of_threads) / seconds_of([&] {
             std::vector<std::thread> running;
             for (std::size_t t = 0; t != threads; ++t) {
               running.emplace_back([&] {
                 for (std::size_t i = 0; i != each_of_threads; ++i) commit();
               });
             }
             for (auto& thread : running) thread.join();
           });
  }
};

/// A store with history, and people who come to it one by one.
class CairnPeople {
 public:
  CairnPeople(std::filesystem::path const& directory, cairn::Sync sync, bool exclusive = false)
      : config_{.path = directory, .sync = sync, .exclusive = exclusive} {
    Store::create(config_);
    connection_.emplace(Store::connect(config_));
    connection_->transact(people_schema);
  }
  Store::Connection& connection() { return *connection_; }
  Store::Connection::Report commit() {
    return connection_->transact({operation_of(all_[next_.fetch_add(1, std::memory_order_relaxed) % all_.size()])});
  }

 private:
  Store::Config config_;
  std::optional<Store::Connection> connection_{};
  std::vector<Person> all_ = people(20'000);
  std::atomic<std::size_t> next_{0};
};

void print_bytes(CairnPeople& store) {
  constexpr int number = 100;
  std::size_t of_datoms = 0;
  auto const before = bytes_written();
  for (int i = 0; i != number; ++i) {
    cairn::ByteWriter record;
    cairn::codec::write(record, store.commit().record);
    of_datoms += record.size();
  }
  auto const written = static_cast<double>(bytes_written() - before) / number;
  auto const asked = static_cast<double>(of_datoms) / number + 200;
  print_row("bytes written by a commit of 5 datoms", "B", Better::less, written, "its datoms and 200 bytes", asked, asked);
}

/// What waits for the disk. Nobody else writes to it meanwhile.
void compare_durable(std::filesystem::path const& directory) {
  CairnPeople store{directory / "durable", cairn::Sync::durable};
  print_bytes(store);
  CairnPeople store_of_threads{directory / "durable-threads", cairn::Sync::durable};
  CairnPeople alone{directory / "durable-alone", cairn::Sync::durable, true};
  Contender on_cairn{[&] { store.commit(); }};
  Contender on_cairn_alone{[&] { alone.commit(); }};
  Contender threads_on_cairn{[&] { store_of_threads.commit(); }};

  auto const all = people((rounds + 1) * each);
  SqlitePeople sqlite{directory / "sqlite", "WAL"};
  auto next_of_sqlite = all.begin();
  Contender on_sqlite{[&] {
    sqlite.begin();
    sqlite.insert(*next_of_sqlite++);
    sqlite.commit();
  }};
  LevelDbRecords leveldb{directory / "leveldb", true};
  Contender on_leveldb{[&] { leveldb.commit(); }};

  auto const before = bytes_written();
  on_cairn.commits_a_second();
  auto const bytes = static_cast<std::size_t>((bytes_written() - before) / each);
  for (auto* const one : {&on_sqlite, &on_leveldb, &on_cairn_alone}) one->commits_a_second();
  BareLog log{directory / "log", bytes};
  Contender on_log{[&] { log.commit(); }};

  auto const by_the_clock = medians_in_turn(
      rounds, {[&] { return on_cairn.commits_a_second(); }, [&] { return on_sqlite.commits_a_second(); },
               [&] { return on_leveldb.commits_a_second(); }, [&] { return on_log.commits_a_second(); },
               [&] { return threads_on_cairn.commits_a_second_of_threads(); },
               [&] { return on_leveldb.commits_a_second_of_threads(); },
               [&] { return on_cairn_alone.commits_a_second(); }});

  // SQLite's rounds have its checkpoints in them; Cairn's tail is too short to need one, so what it owes is added.
  auto const waited = seconds_without_processor();
  auto const checkpoint = seconds_of([&] { store.connection().checkpoint(); });
  auto const checkpoint_without_waiting = checkpoint - (seconds_without_processor() - waited);

  auto const print = [&](std::string const& how, double cairn, double owed, double of_sqlite, double of_leveldb, double of_log) {
    constexpr auto commits = static_cast<double>((rounds + 1) * each);
    print_row("commits of 5 datoms, checkpoints too, " + how, "/s", Better::more, 1 / (1 / cairn + owed / commits),
              "SQLite, WAL, synchronous=FULL, 5 rows, 3 orders", of_sqlite);
    print_row("commits of 5 datoms, " + how, "/s", Better::more, cairn, "LevelDB, synced, 5 records", of_leveldb, of_leveldb);
    print_row("commits of 5 datoms, " + how, "/s", Better::more, cairn,
              "append + fdatasync of " + std::to_string(bytes) + " bytes", of_log, 0.8 * of_log);
  };
  print("by the clock", by_the_clock[0], checkpoint, by_the_clock[1], by_the_clock[2], by_the_clock[3]);
  print("less waiting for a processor", median(on_cairn.without_waiting), checkpoint_without_waiting,
        median(on_sqlite.without_waiting), median(on_leveldb.without_waiting), median(on_log.without_waiting));
  // LevelDB locks its directory for as long as it is open: this is what is like it.
  print_row("the same, exclusive, by the clock", "/s", Better::more, by_the_clock[6], "LevelDB, synced, which always is exclusive",
            by_the_clock[2], by_the_clock[2]);
  print_row("the same, exclusive, by the clock", "/s", Better::more, by_the_clock[6],
            "append + fdatasync of " + std::to_string(bytes) + " bytes", by_the_clock[3], 0.8 * by_the_clock[3]);
  print_row("the same from 16 threads", "/s", Better::more, by_the_clock[4], "LevelDB, synced, 16 threads", by_the_clock[5]);
  print_row("the same from 16 threads", "/s", Better::more, by_the_clock[4], "Cairn, one thread", by_the_clock[0],
            5 * by_the_clock[0]);
}

void compare_relaxed(std::filesystem::path const& directory) {
  CairnPeople store{directory / "relaxed", cairn::Sync::relaxed};
  CairnPeople alone{directory / "alone", cairn::Sync::relaxed, true};
  LevelDbRecords leveldb{directory / "leveldb-unsynced", false};
  Contender on_cairn{[&] { store.commit(); }, each_relaxed};
  Contender on_cairn_alone{[&] { alone.commit(); }, each_relaxed};
  Contender on_leveldb{[&] { leveldb.commit(); }, each_relaxed};
  for (auto* const one : {&on_cairn, &on_cairn_alone, &on_leveldb}) one->commits_a_second();
  auto const medians =
      medians_in_turn(rounds / 2, {[&] { return on_cairn.commits_a_second(); }, [&] { return on_cairn_alone.commits_a_second(); },
                                   [&] { return on_leveldb.commits_a_second(); }});
  print_row("the same, relaxed", "/s", Better::more, medians[0], "LevelDB, unsynced", medians[2], 0.5 * medians[2]);
  print_row("the same, relaxed and exclusive", "/s", Better::more, medians[1], "LevelDB, unsynced, which always is exclusive", medians[2],
            0.5 * medians[2]);
}

}  // namespace

int main() {
  ScratchDirectory const scratch;
  compare_durable(scratch.path());
  compare_relaxed(scratch.path());
}
