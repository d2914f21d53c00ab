// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a collection of garbage keeps and what it removes.
#include "laws/code_of.hpp"
#include "sanitized.hpp"

#include <cairn/backends/mem/backend.hpp>
#include <cairn/database.hpp>
#include <cairn/datom/byte_io.hpp>
#include <cairn/datom/checksum.hpp>
#include <cairn/db/three_way_diff.hpp>
#include <cairn/db/verify.hpp>
#include <cairn/store/branching.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace garbage_test {
namespace {

using cairn::Errc;
using cairn::GarbageOptions;
using cairn::laws::code_of;
using Store = cairn::Store<cairn::backends::mem::Backend>;

constexpr std::chrono::milliseconds at_once{0};

/// Another backend to the engine, that has the same stores: what goes through it is unknown to whoever collects through `mem`, as what
/// another process has is.
struct Elsewhere : cairn::backends::mem::Backend {
  static constexpr std::string_view backend_id = "elsewhere";
  /// What happens before a change of a root of this name, or of one that begins so, once.
  static inline std::string_view before{};
  static inline std::function<void()> happens{};
  static inline std::size_t reads = 0;
  /// What happens once when the roots have been listed beside a sweep under way, before the list is looked at.
  static inline std::function<void()> listed{};
  /// At the look at a pin with this number, counted down: the next two reads fail.
  static inline int looks_at_pins = 0;
  /// What happens once before a read.
  static inline std::function<void()> reading{};
  static inline int failing_reads = 0;
  /// The next new root of this name is late: its maker learns nothing, and what it was to hold is here.
  static inline std::string_view late{};
  static inline std::vector<std::byte> under_way{};

  struct Writer : cairn::backends::mem::Writer {
    cairn::CommitResult commit(std::string_view branch, cairn::Version const& expected, std::span<std::byte const> state) {
      if (happens && branch.starts_with(before)) std::exchange(happens, nullptr)();
      if (!late.empty() && branch == late) {
        late = {};
        under_way.assign(state.begin(), state.end());
        return {cairn::CommitResult::unknown, "the reply is late"};
      }
      return cairn::backends::mem::Writer::commit(branch, expected, state);
    }
  };
  struct Connection : cairn::backends::mem::Connection {
    using Writer = Elsewhere::Writer;
    [[nodiscard]] Writer begin() { return {cairn::backends::mem::Connection::begin()}; }
    [[nodiscard]] cairn::Bytes read(Address const& address) const {
      ++reads;
      if (reading) std::exchange(reading, nullptr)();
      if (failing_reads != 0) {
        --failing_reads;
        cairn::raise(Errc::io_error, "It did not answer.");
      }
      return cairn::backends::mem::Connection::read(address);
    }
    [[nodiscard]] std::vector<std::string> roots() const {
      auto names = cairn::backends::mem::Connection::roots();
      if (listed && cairn::backends::mem::Connection::root(cairn::detail::sweeps_root)) std::exchange(listed, nullptr)();
      return names;
    }
    [[nodiscard]] std::optional<cairn::RootRecord> root(std::string_view name) const {
      if (looks_at_pins != 0 && cairn::detail::is_pin(name) && --looks_at_pins == 0) failing_reads = 2;
      return cairn::backends::mem::Connection::root(name);
    }
  };
  static Connection connect_store(Config const& config) { return {cairn::backends::mem::Backend::connect_store(config)}; }
};

struct Numbers {
  Store::Config config{"garbage-test-" + std::to_string(++number)};
  Store::Connection conn = open(config);

  ~Numbers() {
    conn.release();
    Store::destroy(config);
  }

  /// Gives the first thousand numbers new texts, in a checkpoint of their own.
  void change() {
    conn.transact(texts(1000, ++version_));
    conn.checkpoint();
  }
  [[nodiscard]] std::size_t blobs() {
    std::size_t count = 0;
    conn.blobs().for_each_blob([&](auto const&, std::uint64_t, cairn::TimePoint) { ++count; });
    return count;
  }

  static std::string texts(int count, int version) {
    std::string data = "[";
    for (int n = 0; n != count; ++n) data += "{:n " + std::to_string(n) + " :text \"" + std::to_string(n * version) + "\"}";
    return data + "]";
  }
  static Store::Connection open(Store::Config const& config) {
    Store::create(config);
    auto conn = Store::connect(config);
    conn.transact(R"([{:db/ident :n :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
                      {:db/ident :text :db/valueType :db.type/string :db/cardinality :db.cardinality/one}])");
    return conn;
  }

 private:
  int version_ = 0;
  static inline int number = 0;
};

template <class Db>
bool is_whole(Db const& db) {
  return cairn::verify(db).current == db.size();
}

}  // namespace

TEST_CASE("a set of addresses holds what was put into it") {
  struct Address {
    std::uint64_t high = 0;
    std::uint32_t low = 0;
    std::uint32_t more = 0;
    bool operator==(Address const&) const = default;
  };
  cairn::AddressSet<Address> set;
  CHECK_FALSE(set.contains({}));
  std::uint64_t count = 0;
  for (std::uint32_t step : {1U, 8U, 4096U}) {
    for (std::uint32_t i = 0; i != 3000; ++i) {
      Address const address{step, i * step, i % 2};
      CHECK_FALSE(set.contains(address));
      CHECK(set.insert(address));
      CHECK_FALSE(set.insert(address));
      ++count;
    }
  }
  CHECK(set.insert({}));
  CHECK_FALSE(set.insert({}));
  CHECK(set.size() == count + 1);
  for (std::uint32_t i = 0; i != 3000; ++i) {
    CHECK(set.contains({8, i * 8, i % 2}));
    CHECK_FALSE(set.contains({8, i * 8, 2}));
  }
  CHECK(set.contains({}));
}

TEST_CASE("what was a root's within the time that is kept stays, and so do the newest checkpoints that are kept") {
  Numbers numbers;
  for (int i = 0; i != 6; ++i) numbers.change();
  auto const all = cairn::commit_log(numbers.conn);
  REQUIRE(all.size() >= 6);

  SECTION("for a day, if nothing else is said") {
    auto const before = numbers.blobs();
    auto const report = numbers.conn.collect_garbage();
    CHECK(report.dead == 0);
    CHECK(report.checkpoints == all.size() - 1);
    CHECK(report.live == before);
    CHECK(numbers.blobs() == before);
    CHECK(is_whole(cairn::commit_as_db(numbers.conn, all.back().id)));
  }
  SECTION("by number") {
    // The collection makes a checkpoint first, which is the newest, and says nothing new.
    auto const report = numbers.conn.collect_garbage({.keep_for = at_once, .keep_last = 4});
    CHECK(report.dead > 0);
    CHECK(report.checkpoints == 4);
    auto const left = cairn::commit_log(numbers.conn);
    CHECK(left.size() == 5);
    for (std::size_t i = 1; i != left.size(); ++i) {
      CHECK(left[i].id == all[i - 1].id);
      CHECK(is_whole(cairn::commit_as_db(numbers.conn, left[i].id)));
    }
    CHECK(code_of([&] { static_cast<void>(cairn::commit_as_db(numbers.conn, all.back().id)); }) == Errc::store_does_not_exist);
  }
  SECTION("by number, however many collections come between") {
    GarbageOptions const three{.keep_for = at_once, .keep_last = 3};
    numbers.conn.collect_garbage(three);
    numbers.conn.collect_garbage(three);
    auto const blobs = numbers.blobs();
    for (int i = 0; i != 6; ++i) {
      if (i % 2 == 0) {  // nothing of it is in memory alone
        numbers.conn.release();
        numbers.conn = Store::connect(numbers.config);
      }
      numbers.conn.collect_garbage(three);
      for (std::size_t k = 0; k != three.keep_last; ++k) CHECK(is_whole(cairn::commit_as_db(numbers.conn, all[k].id)));
      CHECK(numbers.blobs() <= blobs + 2);  // the record of a renewal, until it is old
    }
    numbers.change();
    auto const newest = cairn::commit_id(numbers.conn);
    for (int i = 0; i != 3; ++i) {
      numbers.conn.collect_garbage(three);
      for (auto const& id : {newest, all[0].id, all[1].id}) CHECK(is_whole(cairn::commit_as_db(numbers.conn, id)));
    }
    CHECK(code_of([&] { static_cast<void>(cairn::commit_as_db(numbers.conn, all[2].id)); }) == Errc::store_does_not_exist);
  }
  SECTION("by age: the older ones go, the younger ones stay") {
    // The collection reads the clock itself, some time after this does: the next ones must not be that old by then.
    for (std::chrono::milliseconds pause{20};; pause *= 2) {
      REQUIRE(pause < std::chrono::seconds{30});
      Numbers aged;
      for (int i = 0; i != 3; ++i) aged.change();
      auto const older = cairn::commit_log(aged.conn).size();
      auto const middle = std::chrono::system_clock::now();
      std::this_thread::sleep_for(pause);
      for (int i = 0; i != 3; ++i) aged.change();
      auto const log = cairn::commit_log(aged.conn);
      REQUIRE(log.size() == older + 3);
      auto const age = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now() - middle);
      auto const report = aged.conn.collect_garbage({.keep_for = age});
      auto const written = [&](std::size_t i) { return cairn::TimePoint{std::chrono::milliseconds{log[i].written.milliseconds}}; };
      if (report.cutoff >= written(2)) continue;
      // What the root held at the cutoff is the newest of the older ones.
      CHECK(report.checkpoints == 4);
      CHECK(report.dead > 0);
      for (std::size_t i = 0; i != log.size(); ++i) {
        if (i < 4) {
          CHECK(is_whole(cairn::commit_as_db(aged.conn, log[i].id)));
        } else {
          CHECK(code_of([&] { static_cast<void>(cairn::commit_as_db(aged.conn, log[i].id)); }) == Errc::store_does_not_exist);
        }
      }
      break;
    }
  }
  SECTION("a longer time than before finds what is left") {
    numbers.conn.collect_garbage({.keep_for = at_once});
    auto const report = numbers.conn.collect_garbage();
    CHECK(report.dead == 0);
    CHECK(is_whole(numbers.conn.db()));
  }
}

namespace {

/// A connection of somebody who makes branches where the collection knows nothing of him.
struct Maker {
  using Other = cairn::Store<Elsewhere>;
  Numbers& numbers;
  Other::Connection conn = Other::connect(numbers.config);
  cairn::CommitId id = cairn::commit_log(conn)[2].id;
  std::optional<cairn::Db<cairn::persistent_set_tag>> value = cairn::commit_as_db(conn, id);

  void collect() { numbers.conn.collect_garbage({.keep_for = at_once}); }
  /// Both ways to make a branch of what is no root's any more.
  void make(bool forces) {
    if (forces) {
      cairn::force_branch(conn, *value, "old", {});
    } else {
      cairn::create_branch(conn, "old", id);
    }
  }
  void before(std::string_view root, std::function<void()> happens) {
    Elsewhere::before = root;
    Elsewhere::happens = std::move(happens);
  }
  /// By who has nothing of it in memory.
  [[nodiscard]] bool is_branch_whole() { return is_whole(cairn::branch_as_db(Store::connect(numbers.config), "old")); }
  [[nodiscard]] bool has_only(std::vector<std::string> const& branches) {
    return cairn::branches(conn) == branches && std::ranges::none_of(conn.blobs().roots(), [](std::string const& name) {
             return name.starts_with(cairn::detail::pin_prefix) || name == cairn::detail::sweeps_root;
           });
  }
};

}  // namespace

TEST_CASE("a branch of an old commit is whole or is not made, whatever is collected elsewhere and when") {
  Numbers numbers;
  for (int i = 0; i != 4; ++i) numbers.change();
  Maker maker{numbers};
  bool const forces = GENERATE(false, true);
  CAPTURE(forces);
  SECTION("before it is pinned") {
    maker.before(cairn::detail::pin_prefix, [&] { maker.collect(); });
    CHECK(code_of([&] { maker.make(forces); }) == Errc::store_does_not_exist);
    CHECK(Elsewhere::happens == nullptr);
    CHECK(maker.has_only({"db"}));
  }
  SECTION("when it is pinned") {
    maker.before("old", [&] { maker.collect(); });
    maker.make(forces);
    CHECK(Elsewhere::happens == nullptr);
    CHECK(maker.has_only({"db", "old"}));
    CHECK(maker.is_branch_whole());
    maker.collect();
    CHECK(maker.is_branch_whole());
  }
  SECTION("by a collection that has not said yet that it will sweep") {
    bool is_made = false;
    GarbageOptions options{.keep_for = at_once};
    options.progress = [&](cairn::GarbageProgress const&) {
      if (!std::exchange(is_made, true)) maker.make(forces);
    };
    numbers.conn.collect_garbage(options);
    CHECK(is_made);
    CHECK(maker.is_branch_whole());
  }
  SECTION("by one that has, and that need not keep it") {
    std::size_t looks = 0;
    GarbageOptions options{.keep_for = at_once};
    options.progress = [&](cairn::GarbageProgress const& progress) {
      if (progress.phase == cairn::GarbageProgress::sweeping && looks++ == 0) CHECK(code_of([&] { maker.make(forces); }) == Errc::commit_conflict);
    };
    numbers.conn.collect_garbage(options);
    CHECK(looks > 0);
    CHECK(maker.has_only({"db"}));
    CHECK(code_of([&] { maker.make(forces); }) == Errc::store_does_not_exist);  // it has not
  }
}

TEST_CASE("a branch whose pin goes between a listing of the roots and the look at it is kept") {
  Numbers numbers;
  for (int i = 0; i != 4; ++i) numbers.change();
  Maker maker{numbers};
  maker.value.reset();  // by whom it would be kept
  auto const state = cairn::detail::find_commit(numbers.conn, maker.id)->record.state;
  auto& handle = numbers.conn.session()->handle();
  std::optional<cairn::detail::PinnedState<cairn::backends::mem::Backend>> pin;
  maker.before(cairn::detail::sweeps_root, [&] { pin.emplace(handle, handle.blobs().begin(), state.view()); });
  Elsewhere::listed = [&] {
    CHECK((handle.blobs().begin().commit("old", {}, state.view()) == cairn::CommitResult::committed));
    pin.reset();
  };
  CHECK(maker.conn.collect_garbage({.keep_for = at_once}).branches == 2);
  CHECK(Elsewhere::listed == nullptr);
  CHECK(maker.is_branch_whole());
}

TEST_CASE("a pin that can't be read costs no branch what it shares with it") {
  Numbers numbers;
  numbers.change();
  auto collector = cairn::Store<Elsewhere>::connect(numbers.config);
  auto& handle = numbers.conn.session()->handle();
  cairn::detail::PinnedState<cairn::backends::mem::Backend> const pin{handle, handle.blobs().begin(), handle.blobs().root("db")->state.view()};
  Elsewhere::looks_at_pins = 2;  // whether it is old; then it is marked
  collector.collect_garbage({.keep_for = at_once});
  CHECK(Elsewhere::looks_at_pins == 0);
  CHECK(Elsewhere::failing_reads == 0);
  CHECK(is_whole(Store::connect(numbers.config).db()));
}

TEST_CASE("what a branch alone kept from a sweep under way is not taken for kept when that branch has gone") {
  Numbers numbers;
  cairn::create_branch(numbers.conn, "side");
  auto side = cairn::connect_branch(numbers.conn, "side");
  side.transact(R"([{:n 1 :text "one"}])");
  side.checkpoint();
  auto const id = cairn::commit_id(side);
  auto conn = cairn::Store<Elsewhere>::connect(numbers.config);
  // It removes what ceased to be a root before now.
  cairn::detail::SweepNotice<Elsewhere> const notice{conn.session()->shared_handle(), std::chrono::system_clock::now() - std::chrono::milliseconds{1}};
  side.transact(R"([{:n 1 :text "two"}])");
  side.checkpoint();
  Elsewhere::before = cairn::detail::pin_prefix;
  SECTION("it has not") {
    cairn::create_branch(conn, "old", id);
    CHECK(is_whole(cairn::branch_as_db(Store::connect(numbers.config), "old")));
  }
  SECTION("it was removed") {
    side.release();
    Elsewhere::happens = [&] { cairn::delete_branch(numbers.conn, "side"); };
    CHECK(code_of([&] { cairn::create_branch(conn, "old", id); }) == Errc::commit_conflict);
    CHECK(Elsewhere::happens == nullptr);
    CHECK(cairn::branches(conn) == std::vector<std::string>{"db"});
  }
  SECTION("it holds something else") {
    auto maker = cairn::connect_branch(conn, "side");
    Elsewhere::happens = [&] { cairn::force_branch(numbers.conn, numbers.conn.db(), "side", {}); };
    CHECK(code_of([&] { cairn::create_branch(maker, "new"); }) == Errc::commit_conflict);
    CHECK(Elsewhere::happens == nullptr);
    CHECK(cairn::branches(conn) == std::vector<std::string>{"db", "side"});
  }
}

TEST_CASE("what a branch is made of stays for as long as the branch may still come") {
  Numbers numbers;
  for (int i = 0; i != 4; ++i) numbers.change();
  Maker maker{numbers};
  maker.value.reset();  // by whom it would be kept
  Elsewhere::late = "old";
  CHECK(code_of([&] { maker.make(false); }) == Errc::commit_unknown);
  maker.collect();
  CHECK(cairn::branches(maker.conn) == std::vector<std::string>{"db"});
  CHECK((numbers.conn.blobs().begin().commit("old", {}, Elsewhere::under_way) == cairn::CommitResult::committed));
  CHECK(maker.is_branch_whole());
}

TEST_CASE("a collection that another one overtakes takes the branch as it is by then") {
  Numbers numbers;
  numbers.change();
  numbers.conn.collect_garbage({.keep_for = at_once});
  {
    // First, what is no other's doing is an error.
    auto collector = cairn::Store<Elsewhere>::connect(numbers.config);
    Elsewhere::failing_reads = 1;
    CHECK(code_of([&] { collector.collect_garbage(); }) == Errc::io_error);
    CHECK(Elsewhere::failing_reads == 0);
  }
  auto collector = cairn::Store<Elsewhere>::connect(numbers.config);
  std::uint64_t dead = 0;
  Elsewhere::reading = [&] {  // of the branch's root as it was when the collection looked
    for (int i = 0; i != 2; ++i) numbers.change();
    dead = numbers.conn.collect_garbage({.keep_for = at_once}).dead;
  };
  CHECK(collector.collect_garbage().branches == 1);
  CHECK(dead > 0);
  CHECK(Elsewhere::reading == nullptr);
  CHECK(is_whole(Store::connect(numbers.config).db()));
}

TEST_CASE("a collection under way keeps nobody from making a branch of what it keeps") {
  Numbers numbers;
  for (int i = 0; i != 4; ++i) numbers.change();
  Maker maker{numbers};
  std::size_t looks = 0;
  GarbageOptions options;  // a day
  options.progress = [&](cairn::GarbageProgress const& progress) {
    if (progress.phase != cairn::GarbageProgress::sweeping || looks++ != 0) return;
    cairn::create_branch(maker.conn, "old", maker.id);
    cairn::create_branch(maker.conn, "new");
    cairn::force_branch(maker.conn, maker.conn.db(), "forced", {});
  };
  // All of it is younger than a day, so that no sweep would look at it.
  cairn::detail::SweepNotice<Elsewhere> const notice{maker.conn.session()->shared_handle(), std::chrono::system_clock::now() - std::chrono::hours{24}};
  options.dry_run = true;
  numbers.conn.collect_garbage(options);
  REQUIRE(looks > 0);
  for (auto const* const name : {"old", "new", "forced"}) CHECK(is_whole(cairn::branch_as_db(Store::connect(numbers.config), name)));
}

TEST_CASE("what a killed process said in the store of a sweep or a branch counts for a day") {
  Numbers numbers;
  for (int i = 0; i != 4; ++i) numbers.change();
  Maker maker{numbers};
  auto& blobs = maker.conn.blobs();
  auto const state = blobs.root("db")->state;
  auto const source = maker.conn.session()->source();
  auto const read = [&](std::span<std::byte const> pinned) {
    return cairn::codec::read_state<cairn::persistent_set_tag>(pinned, source, maker.conn.db().options());
  };
  // The same state, as who wrote it at that time would have.
  auto const written_at = [&](std::chrono::system_clock::time_point made) {
    cairn::ByteWriter is;
    is.signed_varint(read(state.view()).written.milliseconds);
    cairn::ByteWriter was;
    was.signed_varint(static_cast<std::int64_t>(cairn::detail::milliseconds_of(made)));
    REQUIRE(is.size() == was.size());
    auto const content = cairn::unseal(state.view(), "The state");
    std::vector<std::byte> changed{content.begin(), content.end()};
    auto const place = std::ranges::search(changed, is.view());
    REQUIRE(!place.empty());
    std::ranges::copy(was.view(), place.begin());
    cairn::ByteWriter out;
    out.raw(changed);
    cairn::seal(out);
    return std::move(out).take();
  };
  auto const pin = [&](int number, std::chrono::system_clock::time_point made) {
    auto const name = std::string{cairn::detail::pin_prefix} + std::to_string(number);
    CHECK((blobs.begin().commit(name, {}, written_at(made)) == cairn::CommitResult::committed));
    return name;
  };
  auto const now = std::chrono::system_clock::now();
  auto const old = pin(1, now - std::chrono::hours{25});
  auto const young = pin(2, now);
  for (int i = 0; i != 2; ++i) numbers.change();
  maker.value.reset();
  maker.collect();
  CHECK_FALSE(blobs.root(old));
  CHECK(blobs.root(young));
  // What the one that is left names is there.
  CHECK(is_whole(cairn::Db<cairn::persistent_set_tag>{read(blobs.root(young)->state).snapshot}));
  CHECK(numbers.conn.collect_garbage({.keep_for = at_once}).branches == 1);
  // A sweep that has not ended, and whose process has.
  cairn::CommitId const kept = cairn::commit_id(maker.conn);
  for (int i = 0; i != 2; ++i) numbers.change();
  {
    cairn::detail::SweepNotice<Elsewhere> const notice{maker.conn.session()->shared_handle(),
                                                       std::chrono::system_clock::now() - std::chrono::milliseconds{1}};
    CHECK(code_of([&] { cairn::create_branch(maker.conn, "old", kept); }) == Errc::commit_conflict);
    cairn::create_branch(maker.conn, "new");
    numbers.conn.collect_garbage();  // another, which says its own beside it
    CHECK(blobs.root(cairn::detail::sweeps_root));
  }
  CHECK_FALSE(blobs.root(cairn::detail::sweeps_root));
  cairn::create_branch(maker.conn, "old", kept);
  CHECK(maker.is_branch_whole());
}

TEST_CASE("branches that are made of old commits beside collections elsewhere are whole or not made", "[threads]") {
  Numbers numbers;
  for (int i = 0; i != 3; ++i) numbers.change();
  auto conn = cairn::Store<Elsewhere>::connect(numbers.config);
  std::atomic<int> wanted = 0;  // collections; below zero: no more
  std::atomic<int> done = 0;
  std::exception_ptr failure;
  std::thread collector{[&] {
    try {
      auto other = Store::connect(numbers.config);
      while (wanted >= 0) {
        if (done < wanted) {
          other.collect_garbage({.keep_for = at_once, .keep_last = 2});
          ++done;
        } else {
          std::this_thread::yield();
        }
      }
    } catch (...) {
      failure = std::current_exception();
      done = 1'000'000;
    }
  }};
  struct Joined {
    std::atomic<int>& wanted;
    std::thread& thread;
    Joined(std::atomic<int>& number, std::thread& started) : wanted{number}, thread{started} {}
    Joined(Joined const&) = delete;
    Joined& operator=(Joined const&) = delete;
    ~Joined() {
      wanted = -1;
      thread.join();
    }
  };
  std::optional<Joined> joined{std::in_place, wanted, collector};
  int made = 0;
  for (std::size_t i = 0; i != (cairn::test::is_sanitized ? 10 : 40); ++i) {
    numbers.change();
    auto const log = cairn::commit_log(conn);
    wanted = wanted + 3;
    bool is_made = false;
    try {
      cairn::create_branch(conn, "made", log[(std::min)(i % 4, log.size() - 1)].id);
      is_made = true;
    } catch (cairn::Error const& error) {
      CAPTURE(error.message());
      CHECK((error.code() == Errc::commit_conflict || error.code() == Errc::store_does_not_exist));
    }
    while (done < wanted) std::this_thread::yield();
    if (!is_made) continue;
    ++made;
    CHECK(is_whole(cairn::branch_as_db(conn, "made")));
    cairn::delete_branch(conn, "made");
  }
  joined.reset();
  CHECK(failure == nullptr);
  CHECK(made > 0);
}

TEST_CASE("what differs between values of a store is found by reading what they don't share") {
  Numbers numbers;
  numbers.conn.transact(Numbers::texts(40000, 1));
  numbers.conn.checkpoint();
  cairn::create_branch(numbers.conn, "theirs");
  auto const base = cairn::commit_id(numbers.conn);
  numbers.conn.transact(R"([[:db/add [:n 10] :text "ours"] [:db/add [:n 20000] :text "ours"]])");
  numbers.conn.checkpoint();
  {
    auto theirs = cairn::connect_branch(numbers.conn, "theirs");
    theirs.transact(R"([[:db/add [:n 30000] :text "theirs"] [:db/add [:n 10] :text "theirs"]])");
    theirs.checkpoint();
  }
  auto conn = cairn::Store<Elsewhere>::connect(numbers.config);
  auto const before = cairn::commit_as_db(conn, base);
  auto const theirs = cairn::branch_as_db(conn, "theirs");
  auto const ours = conn.db();
  Elsewhere::reads = 0;
  auto const found = cairn::diff(before, ours, theirs);
  CHECK(found.ours.added.size() == 3);  // and the transaction's instant
  CHECK(found.ours.removed.size() == 2);
  CHECK(found.theirs.added.size() == 3);
  REQUIRE(found.conflicts.size() == 1);
  CHECK(found.conflicts[0].a.text() == "text");
  CHECK(found.conflicts[0].ours == cairn::Value{"ours"});
  CHECK(found.conflicts[0].theirs == cairn::Value{"theirs"});
  INFO(Elsewhere::reads);
  CHECK(Elsewhere::reads * 10 < numbers.blobs());
}

TEST_CASE("branches keep what they share, and a branch that is removed lets go of the rest") {
  Numbers numbers;
  numbers.change();
  cairn::create_branch(numbers.conn, "side");
  {
    auto side = cairn::connect_branch(numbers.conn, "side");
    side.transact(Numbers::texts(900, 77));
  }
  for (int i = 0; i != 3; ++i) numbers.change();
  auto const report = numbers.conn.collect_garbage({.keep_for = at_once});
  CHECK(report.branches == 2);
  CHECK(report.dead > 0);
  auto side = cairn::branch_as_db(numbers.conn, "side");
  CHECK(is_whole(side));
  CHECK(is_whole(numbers.conn.sync()));
  cairn::delete_branch(numbers.conn, "side");
  auto const kept = numbers.blobs();
  numbers.conn.collect_garbage({.keep_for = at_once});
  CHECK(is_whole(side));  // which somebody here still holds
  side = numbers.conn.db();
  numbers.conn.collect_garbage({.keep_for = at_once});
  CHECK(numbers.blobs() < kept);
}

TEST_CASE("a dry run removes nothing and counts what a collection would") {
  Numbers numbers;
  for (int i = 0; i != 3; ++i) numbers.change();
  auto const before = numbers.blobs();
  auto const dry = numbers.conn.collect_garbage({.keep_for = at_once, .dry_run = true});
  CHECK(numbers.blobs() == before);
  CHECK(dry.dead > 0);
  CHECK(dry.dead_bytes > 0);
  CHECK(dry.live_bytes > 0);
  CHECK(numbers.conn.collect_garbage({.keep_for = at_once}).dead >= dry.dead);
}

TEST_CASE("what progress throws ends a collection, and the next one does all of it") {
  Numbers numbers;
  for (int i = 0; i != 8; ++i) numbers.change();
  for (auto const phase : {cairn::GarbageProgress::marking, cairn::GarbageProgress::sweeping}) {
    GarbageOptions options{.keep_for = at_once};
    options.progress = [&](cairn::GarbageProgress const& progress) {
      if (progress.phase == phase) throw std::runtime_error{"enough"};
    };
    CHECK_THROWS_AS(numbers.conn.collect_garbage(options), std::runtime_error);
    CHECK(is_whole(numbers.conn.db()));
  }
  CHECK(numbers.conn.collect_garbage({.keep_for = at_once}).dead > 0);
  CHECK(is_whole(Store::connect(numbers.config).db()));
}

TEST_CASE("nodes that a checkpoint has written and not yet named stay") {
  using Other = cairn::Store<Elsewhere>;
  Numbers numbers;
  numbers.change();
  auto const fill = [](auto& conn, int version) {
    // Past the tail's budget, so that nodes are on their way with the transactions.
    for (int i = 0; conn.tail_bytes() < cairn::tail_budget * 3 / 2 && i != 200; ++i) conn.transact(Numbers::texts(1000, version + i));
  };
  SECTION("of this process") {
    fill(numbers.conn, 100);
    CHECK(numbers.conn.collect_garbage({.keep_for = at_once}).live > 0);
    numbers.conn.transact(Numbers::texts(1000, 500));
    numbers.conn.checkpoint();
  }
  // To fill a tail takes a sanitizer half a minute.
  if (!cairn::test::in_short) SECTION("of another, which begins anew") {
    auto other = Other::connect(numbers.config);
    fill(other, 100);
    auto const report = numbers.conn.collect_garbage({.keep_for = at_once});
    CHECK(report.dead > 0);
    other.transact(Numbers::texts(1000, 500));
    other.checkpoint();
    CHECK(is_whole(other.db()));
  }
  auto const again = Store::connect(numbers.config);
  CHECK(again.db().size() == numbers.conn.sync().size());
  CHECK(is_whole(again.db()));
}

TEST_CASE("what this process holds stays, through ten collections, whatever connection it came from") {
  Numbers numbers;
  numbers.change();
  // Nothing of it is in memory.
  auto const held = Store::connect(numbers.config).db();
  auto const made = Store::connect(numbers.config).db().with(cairn::TxData{Numbers::texts(10, 99)}).db_after;
  for (int i = 0; i != 10; ++i) {
    numbers.change();
    CHECK(numbers.conn.collect_garbage({.keep_for = at_once}).values >= 3);
  }
  CHECK(is_whole(held));
  CHECK(is_whole(made));
}

TEST_CASE("what another process holds for longer than is kept is an error, not an answer") {
  Numbers numbers;
  numbers.change();
  auto const held = [&] {
    auto other = cairn::Store<Elsewhere>::connect(numbers.config);
    return other.db();
  }();
  numbers.change();
  numbers.conn.collect_garbage({.keep_for = std::chrono::hours{1}});
  CHECK(is_whole(held));
  numbers.change();
  // Nothing of it was kept in memory by the look.
  auto const late = [&] {
    auto other = cairn::Store<Elsewhere>::connect(numbers.config);
    return other.db();
  }();
  numbers.change();
  numbers.change();
  numbers.conn.collect_garbage({.keep_for = at_once});
  CHECK(code_of([&] { static_cast<void>(is_whole(late)); }) == Errc::io_error);
}

TEST_CASE("garbage is collected in the background until the connection is released", "[threads]") {
  Numbers numbers;
  for (int i = 0; i != 3; ++i) numbers.change();
  std::mutex mutex;
  std::condition_variable changed;
  int reports = 0;
  std::uint64_t dead = 0;
  bool failed = false;
  numbers.conn.collect_garbage_every(std::chrono::milliseconds{1}, {.keep_for = at_once},
                                     [&](cairn::GarbageReport const& report, std::exception_ptr const& error) {
                                       std::lock_guard const lock{mutex};
                                       ++reports;
                                       dead += report.dead;
                                       failed = failed || error != nullptr;
                                       changed.notify_one();
                                     });
  for (int i = 0; i != 5; ++i) numbers.change();
  {
    std::unique_lock lock{mutex};
    changed.wait(lock, [&] { return reports >= 3; });
    CHECK(dead > 0);
    CHECK_FALSE(failed);
  }
  CHECK(is_whole(numbers.conn.db()));
  numbers.conn.release();
  auto const last = reports;  // nobody writes it any more
  numbers.conn = Store::connect(numbers.config);
  CHECK(is_whole(numbers.conn.db()));
  CHECK(reports == last);
}

}  // namespace garbage_test
