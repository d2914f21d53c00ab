// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Sets whose nodes are damaged while they are edited: what could not be put in its place is never missing without a word, and the rest
// goes on.
#include "laws/index_policy_model.hpp"
#include "rounds.hpp"

#include <cairn/index/hitchhiker_tree.hpp>
#include <cairn/index/persistent_set.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace gap_test {
namespace {

using namespace cairn;

template <Order Sorted, class Shape>
struct Of {
  using Set = PersistentSet<Sorted, Shape>;
  static constexpr Order order = Sorted;
};
using Tiny = NodeShape<4, 4>;
using Small = NodeShape<8, 5>;
using TinyBuffered = BufferedShape<NodeShape<4, 4>, 2, 60, 120>;
using SmallBuffered = BufferedShape<NodeShape<8, 5>, 6, 200, 1200>;

/// Nodes that can be taken away and be put back.
struct Nodes : laws::MemoryNodes {
  bool damage(Number number) {
    auto const found = nodes().find(number);
    if (found == nodes().end()) return false;
    damaged.insert(*found);
    nodes().erase(found);
    return true;
  }
  void damage_one(laws::RandomDatoms& random) {
    if (nodes().empty()) return;
    damage(std::next(nodes().begin(), static_cast<std::ptrdiff_t>(random.below(nodes().size())))->first);
  }
  void restore_one(laws::RandomDatoms& random) {
    if (damaged.empty()) return;
    auto const one = std::next(damaged.begin(), static_cast<std::ptrdiff_t>(random.below(damaged.size())));
    nodes().insert(*one);
    damaged.erase(one);
  }
  void restore() {
    nodes().merge(damaged);
    damaged.clear();
  }
  std::map<Number, Bytes> damaged;
};

/// Sets and edits of them beside models, in a store of which nodes come and go. Whatever is asked, the answer is the model's, or the error
/// of a node. A datom that was left out is in the model.
template <class Set>
class Trial {
  static constexpr Order order = Set::order;
  using Model = laws::Model<order>;
  using Transient = typename Set::Transient;
  struct Version {
    Set set;
    Model model;
  };

 public:
  explicit Trial(std::uint64_t seed) : random_{seed, seed % 2 == 0} {
    if (seed % 3 == 0) cache_ = std::make_shared<NodeCache>(random_.below(20'000));
    auto edit = Set::open({}, 0, source()).edit();
    for (auto left = 20 + random_.below(400); left != 0; --left) insert_into(edit, model_);
    store(std::move(edit).persistent());
    for (auto rounds = random_.below(4); rounds != 0; --rounds) {  // of buffers that are not empty, too
      auto more = versions_.back().set.edit();
      for (auto left = random_.below(60); left != 0; --left) insert_into(more, model_);
      store(std::move(more).persistent());
    }
    edit_ = versions_.back().set.edit();
  }

  void run(int steps) {
    while (steps-- != 0) step();
    nodes_.restore();
    version();
    for (auto const& each : versions_) check_whole(each);
    for (auto const& before : versions_) {
      for (auto const& after : versions_) compare_two(before, after);
    }
  }
  std::uint64_t answers = 0;
  std::uint64_t errors = 0;
  std::uint64_t gaps = 0;

 private:
  [[nodiscard]] auto source() const { return nodes_.source(cache_); }
  void insert_into(Transient& edit, Model& model) {
    auto const datom = random_.datom();
    edit.insert(datom);
    model.insert(datom);
  }

  /// Of all that may be asked.
  bool answered(auto const& ask) {
    try {
      ask();
      ++answers;
      return true;
    } catch (Error const& error) {
      REQUIRE((error.code() == Errc::store_corrupt || (error.code() == Errc::io_error && nodes_.read_limit)));
      ++errors;
      return false;
    }
  }

  RawDatom some_datom(Model const& model) {
    if (model.empty() || random_.one_in(3)) return random_.datom();
    return *std::next(model.begin(), static_cast<std::ptrdiff_t>(random_.below(model.size())));
  }
  /// One that is new beside one that is there.
  RawDatom neighbour() {
    auto datom = some_datom(model_);
    datom.tx += static_cast<EntityId>(random_.below(50));
    return datom;
  }

  void step() {
    nodes_.read_limit.reset();
    if (random_.one_in(10)) nodes_.read_limit = random_.below(5);
    switch (random_.below(14)) {
      case 0: nodes_.damage_one(random_); break;
      case 1: nodes_.restore_one(random_); break;
      case 2: version(); break;
      case 3: case 4: insert(); break;
      case 5: insert_run(); break;
      case 6: erase(); break;
      case 7: flush(); break;
      case 8: reopen(); break;
      case 9: look(edit_, model_); break;
      case 10: {
        auto const& one = any_version();
        compare_two(one, any_version());
        break;
      }
      default: {
        auto const& one = any_version();
        look(one.set, one.model);
        break;
      }
    }
  }

  Version const& any_version() { return versions_[static_cast<std::size_t>(random_.below(versions_.size()))]; }
  void keep(Version version) {
    if (versions_.size() == 6) versions_.erase(versions_.begin() + static_cast<std::ptrdiff_t>(random_.below(6)));
    versions_.push_back(std::move(version));
  }
  void version() {
    if (random_.one_in(2)) return keep({edit_.snapshot(), model_});
    keep({std::move(edit_).persistent(), model_});
    nodes_.read_limit.reset();
    edit_ = versions_.back().set.edit();  // whose root is in memory
  }
  void store(Set const& set) {
    FlushReceipt receipt;
    auto const address = set.flush(nodes_.sink(), &receipt);
    receipt.confirm();
    keep({random_.one_in(2) ? set : Set::open(address, set.size(), source()), model_});
  }

  void insert() {
    auto const datom = neighbour();
    bool const left_out = random_.one_in(4);  // all the same to what has no gap
    bool is_new = false;
    if (answered([&] { is_new = left_out ? edit_.insert(datom) : edit_.insert_around_gaps(datom); })) {
      bool const was_new = model_.insert(datom).second;
      if (edit_.gap() == nullptr) REQUIRE(is_new == was_new);
      REQUIRE((!is_new || was_new));
    }
  }
  void insert_run() {
    std::vector<RawDatom> came;
    for (auto left = random_.below(60); left != 0; --left) came.push_back(neighbour());
    std::vector<detail::HeadAt> run;
    for (std::size_t i = 0; i != came.size(); ++i) run.push_back({detail::head_of<order>(came[i]), static_cast<std::uint32_t>(i)});
    auto const datom_at = [&came](std::size_t at) -> RawDatom const& { return came[at]; };
    detail::sort_run<order>(run, datom_at);
    if (!answered([&] { edit_.insert_run_around_gaps(run, datom_at); })) {
      nodes_.read_limit.reset();
      edit_.insert_run_around_gaps(run, datom_at);  // damage is no error
    }
    model_.insert(came.begin(), came.end());
  }
  void erase() {
    for (auto left = random_.below(8); left != 0; --left) {
      auto const datom = some_datom(model_);
      bool const forget = random_.one_in(4);
      bool was_there = false;
      if (answered([&] { was_there = forget ? edit_.purge(datom) : edit_.erase(datom); })) REQUIRE(was_there == (model_.erase(datom) != 0));
    }
  }
  void flush() {
    auto const& one = any_version();
    auto const written = nodes_.writes;
    answered([&] {
      FlushReceipt receipt;
      try {
        static_cast<void>(one.set.flush(nodes_.sink(), &receipt));
        REQUIRE(one.set.gap() == nullptr);
        receipt.confirm();
      } catch (Error const&) {
        receipt.forget();
        if (one.set.gap() != nullptr) REQUIRE(nodes_.writes == written);
        throw;
      }
    });
  }
  /// Goes on from a version, perhaps as another connection would.
  void reopen() {
    auto const from = any_version();
    answered([&] {
      auto const address = from.set.address();
      if (address && random_.one_in(2)) {
        edit_ = Set::open(*address, from.set.size(), source()).edit();
      } else {
        edit_ = from.set.edit();
      }
      model_ = from.model;
    });
  }

  void look(auto const& set, Model const& model) {
    auto const datom = some_datom(model);
    auto const from = random_.position(datom);
    auto const to = random_.position(some_datom(model));
    answered([&] {
      bool const is_there = set.contains(datom);
      REQUIRE(is_there == model.contains(datom));
    });
    auto const is_before = [&](RawDatom const& each, Position const& position) { return compare<order>(each, position) < 0; };
    auto const expected = std::find_if(model.begin(), model.end(), [&](auto const& each) { return !is_before(each, from); });
    answered([&] {
      auto next = expected;
      auto cursor = set.seek(from);
      for (auto left = random_.below(20); left != 0 && next != model.end(); --left, ++next, cursor.next()) {
        REQUIRE(cursor.valid());
        REQUIRE(*cursor == *next);
      }
      if (next == model.end()) REQUIRE(!cursor.valid());
    });
    answered([&] {
      auto next = expected;
      auto cursor = set.seek_before(from);
      for (auto left = random_.below(20); left != 0 && next != model.begin(); --left, cursor.prev()) {
        REQUIRE(cursor.valid());
        REQUIRE(*cursor == *--next);
      }
      if (next == model.begin()) REQUIRE(!cursor.valid());
    });
    answered([&] {
      auto const number = set.count(from, to);
      auto const found = std::count_if(model.begin(), model.end(), [&](auto const& each) { return !is_before(each, from) && is_before(each, to); });
      REQUIRE(number == static_cast<std::uint64_t>(found));
    });
  }
  void compare_two(Version const& before, Version const& after) {
    std::vector<RawDatom> removed;
    std::vector<RawDatom> added;
    if (answered([&] {
          before.set.for_each_difference(
              after.set, [&](auto const& datom) { removed.push_back(datom); }, [&](auto const& datom) { added.push_back(datom); },
              [](auto const& left, auto const& right) { return compare<order>(left, right); });
        })) {
      std::vector<RawDatom> expected;
      std::ranges::set_difference(before.model, after.model, std::back_inserter(expected), laws::Before<order>{});
      REQUIRE(removed == expected);
      expected.clear();
      std::ranges::set_difference(after.model, before.model, std::back_inserter(expected), laws::Before<order>{});
      REQUIRE(added == expected);
    }
    answered([&] {
      bool const are_equal = before.set == after.set;
      REQUIRE(are_equal == std::ranges::equal(before.model, after.model));
    });
  }
  /// Where all nodes are there again.
  void check_whole(Version const& version) {
    nodes_.read_limit.reset();
    auto const is_equal = [&] { return std::ranges::equal(version.set, version.model); };
    version.set.for_each_address([&](NodeAddress const& address) {
      REQUIRE(nodes_.nodes().contains(address.to<Nodes::Number>()));
    });
    if (version.set.gap() == nullptr) {
      REQUIRE(version.set.size() == version.model.size());
      version.set.verify();
      REQUIRE(is_equal());
      return;
    }
    ++gaps;
    REQUIRE_THROWS_AS(version.set.verify(), Error);
    REQUIRE_THROWS_AS(is_equal(), Error);
    REQUIRE(!version.set.address());
  }

  laws::RandomDatoms random_;
  Nodes nodes_;
  std::shared_ptr<NodeCache> cache_;
  Model model_;
  std::vector<Version> versions_;
  Transient edit_;
};

TEMPLATE_TEST_CASE("of a set whose nodes come and go, each answer is right or an error", "", (Of<Order::eavt, Tiny>), (Of<Order::aevt, Small>), (Of<Order::avet, Tiny>),
                   (Of<Order::eavt, TinyBuffered>), (Of<Order::aevt, SmallBuffered>), (Of<Order::avet, SmallBuffered>)) {
  std::uint64_t answers = 0;
  std::uint64_t errors = 0;
  std::uint64_t gaps = 0;
  for (auto const first : test::seeds()) {
    for (auto seed = first; seed != first + 40; ++seed) {
      CAPTURE(seed);
      Trial<typename TestType::Set> trial{seed};
      trial.run(150);
      answers += trial.answers;
      errors += trial.errors;
      gaps += trial.gaps;
    }
  }
  CAPTURE(answers, errors, gaps);
  CHECK(answers > errors);
  CHECK(errors > 0);
  CHECK(gaps > 0);
}

/// A set of every even number, in a store.
template <class Set>
struct Evens {
  static constexpr EntityId number = 1000;
  static RawDatom datom(EntityId e) { return {.e = e, .a = 1, .tx = 1, .v = "value"}; }
  Evens() {
    auto edit = Set::open({}, 0, nodes.source()).edit();
    for (EntityId e = 1; e <= number; ++e) edit.insert(datom(2 * e));
    auto const made = std::move(edit).persistent();
    root = made.flush(nodes.sink());
    made.for_each_address([&](NodeAddress const& address) { stored.push_back(address.template to<Nodes::Number>()); });
  }
  [[nodiscard]] Set open() const { return Set::open(root, number, nodes.source()); }
  Nodes nodes;
  NodeAddress root;
  std::vector<Nodes::Number> stored;
};
bool is_refused(auto const& ask) {
  try {
    ask();
  } catch (Error const& error) {
    CHECK(error.code() == Errc::store_corrupt);
    return true;
  }
  return false;
}

TEMPLATE_TEST_CASE("around each node that is gone, all that does not belong below it can be inserted, found and erased", "", (Of<Order::eavt, Small>), (Of<Order::aevt, SmallBuffered>),
                   (Of<Order::eavt, DefaultNodeShape>)) {
  using Set = typename TestType::Set;
  Evens<Set> evens;
  auto const datom = [](EntityId e) { return Evens<Set>::datom(e); };
  constexpr auto number = Evens<Set>::number;
  auto const before = evens.open();
  auto const stored = evens.stored;
  for (auto const node : stored) {
    if (node == evens.root.template to<Nodes::Number>()) continue;
    auto const whole = evens.open();
    EntityId below = 0;  // so many
    static_cast<void>(whole.levels());
    evens.nodes.damage(node);
    for (EntityId e = 1; e <= number; ++e) below += is_refused([&] { static_cast<void>(whole.contains(datom(2 * e))); }) ? 1 : 0;
    auto edit = evens.open().edit();
    for (EntityId e = 1; e <= number; ++e) edit.insert_around_gaps(datom(2 * e + 1));
    auto const set = edit.snapshot();
    REQUIRE(set.gap() != nullptr);
    CHECK(set.gap()->data() == "{:address \"" + detail::hexadecimal(NodeAddress::of(node)) + "\"}");
    evens.nodes.restore();
    // Numbers in turn are from inside and from outside.
    EntityId refused = 0;
    for (EntityId e = 2; e <= 2 * number; ++e) {
      bool is_there = false;
      if (is_refused([&] { is_there = set.contains(datom(e)); })) {
        ++refused;
      } else {
        REQUIRE(is_there);
      }
    }
    CHECK(refused >= 2 * below - 1);
    CHECK(refused <= 2 * below + 1);
    CHECK(is_refused([&] { static_cast<void>(set.count({datom(1), 5, false}, {datom(3 * number), 5, false})); }));
    CHECK(is_refused([&] {
      for (EntityId e = 2; e <= 2 * number; ++e) edit.insert(datom(e));
    }));

    // Equal sets of different sizes, as nodes say.
    auto other = whole.edit();
    for (EntityId e = 1; e <= number; ++e) other.insert(datom(2 * e + 1));
    CHECK(is_refused([&] { static_cast<void>(set == std::move(other).persistent()); }));

    // Most of what is around it goes, then comes again.
    EntityId left = 0;
    for (EntityId e = 2; e <= 2 * number; ++e) left += is_refused([&] { static_cast<void>(edit.erase(datom(e))); }) ? 1 : 0;
    CHECK(left >= refused);
    CHECK(left <= refused + 64);  // what is in nodes whose only sibling is the gap
    for (EntityId e = 2; e <= 2 * number; ++e) edit.insert_around_gaps(datom(e));
    auto const again = std::move(edit).persistent();
    EntityId still_refused = 0;
    for (EntityId e = 2; e <= 2 * number; ++e) still_refused += is_refused([&] { static_cast<void>(again.contains(datom(e))); }) ? 1 : 0;
    CHECK(still_refused == refused);
  }
  // Whoever shares nothing with those reads all.
  EntityId count = 0;
  for (auto const& each : before) count += each.e % 2 == 0 ? 1 : 0;
  CHECK(count == number);
}

}  // namespace
}  // namespace gap_test
