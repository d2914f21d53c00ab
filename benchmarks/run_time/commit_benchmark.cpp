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

double commits_a_second(std::function<void()> const& commit) {
  return each / seconds_of([&] {
           for (std::size_t i = 0; i != each; ++i) commit();
         });
}

}  // namespace

int main() {
  ScratchDirectory const scratch;
  auto const all = people((rounds + 1) * each);

  Store::Config const config{.path = scratch.path() / "store"};
  Store::create(config);
  auto conn = Store::connect(config);
  conn.transact(people_schema);
  auto next = all.begin();
  auto const on_cairn = [&] { conn.transact({operation_of(*next++)}); };

  SqlitePeople sqlite{scratch.path() / "sqlite", "WAL"};
  auto next_of_sqlite = all.begin();
  auto const on_sqlite = [&] {
    sqlite.begin();
    sqlite.insert(*next_of_sqlite++);
    sqlite.commit();
  };

  auto const before = bytes_below(config.path);
  commits_a_second(on_cairn);
  auto const bytes = static_cast<std::size_t>((bytes_below(config.path) - before) / each);
  commits_a_second(on_sqlite);
  BareLog log{scratch.path() / "log", bytes};
  auto const on_log = [&] { log.commit(); };

  auto const medians =
      medians_in_turn(rounds, {[&] { return commits_a_second(on_cairn); }, [&] { return commits_a_second(on_sqlite); },
                               [&] { return commits_a_second(on_log); }});
  print_row("durable commits of 5 datoms", "/s", Better::more, medians[0],
            "SQLite, WAL, synchronous=FULL, 5 rows, 3 orders", medians[1]);
  print_row("durable commits of 5 datoms", "/s", Better::more, medians[0],
            "append + fdatasync of " + std::to_string(bytes) + " bytes", medians[2]);
}
