// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Rows of the fault matrix with processes, descriptors and disks of the machine.
#include "fault_script.hpp"
#include "in_child.hpp"
#include "laws/temporary_directory.hpp"
#include "rows.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <limits>
#include <new>
#include <optional>
#include <random>
#include <sched.h>
#include <signal.h>
#include <string>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace cairn::test {
namespace {

namespace fs = std::filesystem;

/// A thing that parent and children share. It is as if it had been made by `T{}`.
template <class T>
class Shared {
 public:
  Shared() {
    void* const memory = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc{};
    thing_ = ::new (memory) T{};
  }
  Shared(Shared const&) = delete;
  Shared& operator=(Shared const&) = delete;
  ~Shared() { ::munmap(thing_, sizeof(T)); }
  T& operator*() const { return *thing_; }
  T* operator->() const { return thing_; }

 private:
  T* thing_;
};

/// What a child has to tell.
struct Told {
  std::atomic<std::size_t> states{0};
  std::array<char, 400> wrong{};

  void say(std::string const& what) {
    if (wrong.front() != 0) return;
    std::strncpy(wrong.data(), what.c_str(), wrong.size() - 1);
  }
  [[nodiscard]] std::optional<std::string> violation() const {
    return wrong.front() != 0 ? std::optional<std::string>{wrong.data()} : std::nullopt;
  }
};

int status_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

Version version_of(FaultBackend::Connection const& connection, std::string_view branch) {
  auto const record = connection.root(branch);
  return record ? record->version : Version{};
}

// A full disk.

/// A file system of a mebibyte, for this process alone.
bool mount_small_disk(std::string const& where) {
  if (::unshare(CLONE_NEWNS) != 0) {
    auto const user = std::to_string(::getuid());
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    std::ofstream{"/proc/self/uid_map"} << "0 " << user << " 1";
  }
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  return ::mount("tmpfs", where.c_str(), "tmpfs", 0, "size=1m") == 0;
}

void limit_file_size(rlim_t most) {
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = most;
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

/// A store that is written to until there is no room, and what must be true of it then.
class Filling {
 public:
  Filling(fs::path const& store, ByteSize segment_size, Told& told)
      : config_{store, Sync::durable, segment_size}, told_{told} {
    FaultBackend::empty_store(config_);
    connection_.emplace(FaultBackend::connect_store(config_));
  }

  /// Commits until the disk is full, and looks at everything.
  void fill(std::mt19937_64& random) {
    for (int i = 0; i != 5'000; ++i) {
      auto const number = ++tried_;
      try {
        commit(number, random() % 9'000 + 500);
      } catch (Error const& error) {
        if (error.code() != Errc::io_full) told_.say(std::string{"not io/full: "} + error.what());
        check("when the disk is full");
        ++told_.states;
        return;
      }
    }
    told_.say("the disk did not get full");
  }

  /// There is room again: what was refused works, on the connection that was refused it and on the next.
  void go_on() {
    commit(++tried_, 100);
    check("with room again");
    FaultBackend::release_store(config_, *connection_);
    connection_.reset();
    connection_.emplace(FaultBackend::connect_store(config_));
    check("opened again");
    ++told_.states;
  }

  /// Opens the full store as another process would.
  void open_full() {
    auto const other = FaultBackend::connect_store(config_);
    check_on(other, "opened while the disk is full");
    ++told_.states;
  }

  /// Garbage goes though there is no room.
  void sweep() {
    connection_->sweep(
        [&](Address const& address) {
          return std::any_of(blobs_.begin(), blobs_.end(), [&](auto const& blob) { return blob.first == address; });
        },
        TimePoint::max());
    check("after a sweep of the full disk");
    ++told_.states;
  }

 private:
  void commit(std::size_t number, std::size_t size) {
    auto const version = version_of(*connection_, "main");
    auto writer = connection_->begin();
    auto blobs = blobs_;
    if (blobs.size() == 3) blobs.erase(blobs.begin());
    auto content = std::to_string(number) + std::string(size, 'x');
    auto const address = writer.put(bytes_of(content));
    blobs.emplace_back(address, std::move(content));
    auto const state = std::to_string(number);
    if (!(writer.commit("main", version, bytes_of(state)) == CommitResult::committed)) {
      told_.say("a commit was neither made nor refused");
    }
    blobs_ = std::move(blobs);
    state_ = state;
  }
  void check(std::string const& when) { check_on(*connection_, when); }
  void check_on(FaultBackend::Connection const& connection, std::string const& when) {
    auto const record = connection.root("main");
    if ((record ? text_of(record->state) : "") != state_) told_.say("another root " + when);
    for (auto const& [address, content] : blobs_) {
      if (text_of(connection.read(address)) != content) told_.say("another blob " + when);
    }
  }

  backends::file::Config config_;
  Told& told_;
  std::optional<FaultBackend::Connection> connection_;
  std::vector<std::pair<Address, std::string>> blobs_;
  std::string state_;
  std::size_t tried_ = 0;
};

/// What a process sees that does `work(directory, told)`.
template <class Work>
Tally in_a_writer(Work work) {
  Tally tally;
  FaultIo::disk = nullptr;
  TemporaryDirectory const directory{directory_in_memory()};
  Shared<Told> const told;
  auto const status = status_of(in_child([&] { work(directory.path(), *told); }));
  tally.states += told->states;
  auto wrong = told->violation();
  if (!wrong && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) wrong = "the writer died";
  tally.must(!wrong, wrong.value_or(""));
  return tally;
}

// Readers.

constexpr std::size_t reader_count = 4;
constexpr std::uint64_t everything = 0;
constexpr std::uint64_t nothing = std::numeric_limits<std::uint64_t>::max();

/// The transaction from which on a reader needs what was put, and how often it has looked.
struct Readers {
  std::array<std::atomic<std::uint64_t>, reader_count> pins{nothing, nothing, nothing, nothing};
  std::array<std::atomic<std::size_t>, reader_count> rounds{};
  std::atomic<bool> is_over{false};
  std::array<Told, reader_count> told{};
};

struct Put {
  std::uint64_t transaction = 0;
  Address address;
};

std::string content_of(std::uint64_t transaction) {
  return std::to_string(transaction) + std::string(transaction * 37 % 900, static_cast<char>('a' + transaction % 26));
}

std::vector<Put> puts_of(RootRecord const& record) {
  std::vector<Put> puts(record.state.size() / sizeof(Put));
  if (!puts.empty()) std::memcpy(puts.data(), record.state.data(), puts.size() * sizeof(Put));
  return puts;
}

/// Holds one state after the other for a while: as long as it holds one, all of it must be there.
void read_on(backends::file::Config const& config, Readers& readers, std::size_t number) {
  auto& told = readers.told[number];
  try {
    auto const connection = FaultBackend::connect_store(config);
    std::uint64_t newest = 0;
    while (!readers.is_over) {
      // First all is kept, then the state that is found. Who sweeps in between finds either.
      readers.pins[number] = everything;
      auto const record = connection.root("main");
      auto const puts = record ? puts_of(*record) : std::vector<Put>{};
      if (!puts.empty()) {
        readers.pins[number] = puts.front().transaction;
        if (puts.back().transaction < newest) told.say("the head went back");
        newest = puts.back().transaction;
        for (int look = 0; look != 3; ++look) {
          for (auto const& put : puts) {
            if (text_of(connection.read(put.address)) != content_of(put.transaction)) told.say("a snapshot changed");
          }
          std::size_t frame = 0;
          for (auto const& bytes : record->tail) {
            if (text_of(bytes) != std::to_string(newest) + "." + std::to_string(frame++)) told.say("a tail changed");
          }
        }
        ++told.states;
      }
      readers.pins[number] = nothing;
      ++readers.rounds[number];
    }
  } catch (std::exception const& error) {
    told.say(error.what());
  }
}

}  // namespace

Tally kills_at_exact_calls(Extent const& extent) {
  Tally tally;
  FaultIo::disk = nullptr;
  TemporaryDirectory const directory{directory_in_memory()};
  Script script;
  script.transactions = 40;
  script.creates = false;
  // The same bytes for all, so that all have the addresses of the run that is not killed.
  script.config.path = directory.path() / "origin";
  FaultBackend::empty_store(script.config);
  auto const copied_to = [&](std::string const& name) {
    script.config.path = directory.path() / name;
    fs::copy(directory.path() / "origin", script.config.path, fs::copy_options::recursive);
  };
  copied_to("whole");
  FaultIo::real_calls = 0;
  History history;
  script.run(history);
  auto const calls = FaultIo::real_calls;
  tally.must(history.acknowledged == script.transactions, "the script did not run to its end");
  auto const kills = extent.times > 1 ? calls : std::min<std::size_t>(60, calls);
  for (std::size_t i = 0; i != kills && !tally.is_over(extent); ++i) {
    auto const at = (i * calls + extent.seed % calls) / kills % calls + 1;
    copied_to(std::to_string(i));
    Shared<std::atomic<std::size_t>> const acknowledged;
    auto const child = in_child([&] {
      FaultIo::real_calls = 0;
      FaultIo::kill_at = at;
      History mine;
      script.before = [&](std::size_t) { *acknowledged = mine.acknowledged; };
      script.run(mine);
    });
    auto const status = status_of(child);
    std::optional<std::string> wrong;
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) wrong = "the writer was not killed";
    if (!wrong) wrong = judge(script, history, {*acknowledged, true});
    tally.see(wrong, [&] { return "killed at call " + std::to_string(at) + " of " + std::to_string(calls); });
    fs::remove_all(script.config.path);
  }
  return tally;
}

Tally locks_that_stay(Extent const&) {
  using Io = FaultIo::Real;
  Tally tally;
  FaultIo::disk = nullptr;
  TemporaryDirectory const directory;
  backends::file::Config const config{directory.path() / "store"};
  FaultBackend::empty_store(config);
  auto connection = FaultBackend::connect_store(config);
  auto const lock = (directory.path() / "store" / "lock").string();
  auto const is_free = [&] {
    auto const other = Io::open(lock, O_RDWR);
    bool const is_taken = Io::try_lock(other) == 0;
    Io::close(other);  // this one's lock goes with it, and nobody else's
    return is_taken;
  };
  auto const see = [&](bool condition, std::string const& what) {
    tally.see(condition ? std::nullopt : std::optional{what}, [] { return std::string{"the lock"}; });
  };
  auto const is_refused = [](Errc code, auto call) {
    try {
      call();
    } catch (Error const& error) {
      return error.code() == code;
    }
    return false;
  };
  see(is_free(), "is held by a connection that writes nothing");
  {
    auto writer = connection.begin();
    static_cast<void>(writer.put(bytes_of("node")));
    see(!is_free(), "is not held by a writer that has put something");
    see(!is_free(), "went when another descriptor of its file was closed");
    { std::ifstream const look{lock}; }
    see(!is_free(), "went when its file was closed by someone who read it");
    // To open is to recover, which waits for a writer; a thread that would wait for itself is told.
    see(is_refused(Errc::store_locked, [&] { static_cast<void>(FaultBackend::connect_store(config)); }),
        "did not keep a second connection of its thread out");
    auto const child = in_child([&] {
      if (is_free()) ::_exit(2);
      if (!is_refused(Errc::store_poisoned, [&] { static_cast<void>(connection.root("main")); })) ::_exit(3);
      if (!is_refused(Errc::store_poisoned, [&] { static_cast<void>(writer.put(bytes_of("more"))); })) ::_exit(4);
      { auto const gone = std::move(writer); }
      { auto const gone = std::move(connection); }
    });
    auto const status = status_of(child);
    see(WIFEXITED(status) && WEXITSTATUS(status) == 0, "or the connection was usable in a child of a fork");
    see(!is_free(), "went with a child that had inherited it");
    see(writer.commit("main", Version{}, bytes_of("1")) == CommitResult::committed, "was lost before the commit");
  }
  see(is_free(), "is held after the commit");
  auto second = FaultBackend::connect_store(config);
  auto const expected = version_of(second, "main");
  see(second.begin().commit("main", expected, bytes_of("2")) == CommitResult::committed &&
          text_of(connection.root("main")->state) == "2",
      "or the head is not shared by two connections of one process");
  see(connection.begin().commit("main", expected, bytes_of("3")) == CommitResult::conflict,
      "let a connection overwrite what another one of its process wrote");
  return tally;
}

bool may_mount() {
  TemporaryDirectory const directory{directory_in_memory()};
  auto const status = status_of(in_child([&] { ::_exit(mount_small_disk(directory.path().string()) ? 0 : 1); }));
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Tally full_disks(Extent const& extent) {
  return in_a_writer([&](fs::path const& directory, Told& told) {
    if (!mount_small_disk(directory.string())) throw std::runtime_error{"a small disk could not be mounted"};
    std::mt19937_64 random{extent.seed};
    // What else is on the disk goes, and so does what the store no longer needs.
    auto const ballast = directory / "ballast";
    std::ofstream{ballast, std::ios::binary} << std::string(200'000, 'x');
    Filling filling{directory / "store", ByteSize{std::uint64_t{64} << 10U}, told};
    filling.fill(random);
    filling.open_full();
    fs::remove(ballast);
    filling.go_on();
    for (std::size_t round = 0; round != 5 * extent.times; ++round) {
      filling.fill(random);
      filling.open_full();
      filling.sweep();
      filling.go_on();
    }
  });
}

Tally limited_files(Extent const& extent) {
  return in_a_writer([&](fs::path const& directory, Told& told) {
    std::mt19937_64 random{extent.seed};
    ::signal(SIGXFSZ, SIG_IGN);
    Filling filling{directory / "store", ByteSize{std::uint64_t{256} << 20U}, told};  // one segment throughout
    for (std::size_t round = 1; round <= 5 * extent.times; ++round) {
      limit_file_size(round * 100'000);
      filling.fill(random);
      filling.open_full();
      limit_file_size(RLIM_INFINITY);
      filling.go_on();
    }
  });
}

Tally readers_during_sweeps(Extent const& extent) {
  Tally tally;
  FaultIo::disk = nullptr;
  TemporaryDirectory const directory{directory_in_memory()};
  backends::file::Config config{directory.path() / "store", Sync::relaxed, backends::file::smallest_segment};
  config.compact_below = 0.9;
  FaultBackend::empty_store(config);
  Shared<Readers> const readers;
  std::vector<pid_t> children;
  for (std::size_t number = 0; number != reader_count; ++number)
    children.push_back(in_child([&] { read_on(config, *readers, number); }));

  auto const wanted = 100 * extent.times;
  std::size_t most_files = 0;
  bool has_shrunk = false;
  try {
    auto connection = FaultBackend::connect_store(config);
    std::vector<Put> all;
    std::vector<Put> current;
    auto const have_read_enough = [&] {
      return std::all_of(readers->rounds.begin(), readers->rounds.end(),
                         [&](auto const& rounds) { return rounds >= wanted; });
    };
    for (std::uint64_t transaction = 1; transaction != 200'000 && !(have_read_enough() && transaction > 500);
         ++transaction) {
      if (transaction % 64 == 0 && ::waitpid(-1, nullptr, WNOHANG) > 0) break;
      auto const version = version_of(connection, "main");
      auto writer = connection.begin();
      current.push_back({transaction, writer.put(bytes_of(content_of(transaction)))});
      all.push_back(current.back());
      if (current.size() > 6) current.erase(current.begin());
      auto const state = std::as_bytes(std::span{current});
      auto result = writer.commit("main", version, state);
      for (std::size_t frame = 0; frame != transaction % 3; ++frame) {
        auto const text = std::to_string(transaction) + "." + std::to_string(frame);
        result = connection.begin().append("main", result.version, bytes_of(text));
      }
      if (transaction % 20 != 0) continue;
      auto oldest = current.front().transaction;
      for (auto const& pin : readers->pins) oldest = std::min(oldest, pin.load());
      std::erase_if(all, [&](Put const& put) { return put.transaction < oldest; });
      connection.sweep(
          [&](Address const& address) {
            return std::any_of(all.begin(), all.end(), [&](Put const& put) { return put.address == address; });
          },
          TimePoint::max());
      auto const files = static_cast<std::size_t>(std::distance(fs::directory_iterator{config.path}, {}));
      has_shrunk = has_shrunk || files < most_files;
      most_files = std::max(most_files, files);
    }
  } catch (std::exception const& error) {
    tally.must(false, std::string{"the writer: "} + error.what());
  }
  readers->is_over = true;
  tally.must(has_shrunk, "no sweep removed anything");
  for (std::size_t number = 0; number != reader_count; ++number) {
    ::waitpid(children[number], nullptr, 0);
    tally.states += readers->told[number].states;
    tally.must(!readers->told[number].violation(), readers->told[number].violation().value_or(""));
    tally.must(readers->rounds[number] >= wanted, "a reader ended early");
  }
  return tally;
}

}  // namespace cairn::test
