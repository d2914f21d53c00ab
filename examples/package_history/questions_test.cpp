// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The questions, on packages that are made up for each.

#include "biggest.hpp"
#include "contents.hpp"
#include "load_catalog.hpp"
#include "load_history.hpp"
#include "past.hpp"
#include "what_breaks.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace package_history;

namespace {

/// A store in a folder of its own, which goes with it.
class Machine {
 public:
  explicit Machine(std::string_view status, std::string_view log = {}, std::string_view available = {}) {
    Store::create({.path = path_});
    connection_.emplace(Store::connect({.path = path_}));
    DpkgLogReader reader{"amd64"};
    reader.read(log);
    Batch batch{*connection_};
    auto const packages = read_packages(status, "amd64");
    counts = load_history(batch, std::move(reader).finish(), packages);
    load_catalog(batch, packages, read_packages(available, "amd64"));
  }
  Machine(Machine const&) = delete;
  Machine& operator=(Machine const&) = delete;
  ~Machine() {
    connection_.reset();
    std::filesystem::remove_all(path_);
  }

  [[nodiscard]] Database db() const { return connection_->db(); }
  /// Closes the store and opens it again.
  void reopen() {
    connection_->release();
    connection_.emplace(Store::connect({.path = path_}));
  }

  /// What falls without `name`, wave by wave.
  [[nodiscard]] std::vector<std::vector<std::string>> without(std::string const& name) const {
    Collapse collapse{db(), attribute::version};
    std::vector<std::vector<std::string>> waves;
    for (auto const& wave : collapse.without(collapse.providers(name))) {
      auto& names = waves.emplace_back();
      for (auto const package : wave) names.push_back(name_of(db(), package));
      std::ranges::sort(names);
    }
    return waves;
  }

  HistoryCounts counts;

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("cairn_package_history_" + std::to_string(std::random_device{}()));
  std::optional<Connection> connection_;
};

/// A paragraph of dpkg's status.
std::string package(std::string_view name, std::string_view fields = {}, std::string_view version = "1") {
  std::string text = "Package: ";
  text.append(name).append("\nStatus: install ok installed\nVersion: ").append(version).append("\n");
  return text.append(fields).append("\n\n");
}

using Waves = std::vector<std::vector<std::string>>;

}  // namespace

TEST_CASE("what depends on a package that goes falls, and what depends on that") {
  Machine const machine{package("ssl") + package("curl", "Depends: ssl (>= 1)") + package("git", "Pre-Depends: curl") +
                        package("nice", "Recommends: ssl") + package("other")};
  CHECK(machine.without("ssl") == Waves{{"curl"}, {"git"}});
  CHECK(machine.without("other").empty());
  CHECK(machine.without("unheard-of").empty());
}

TEST_CASE("a choice holds as long as one of its packages stands") {
  Machine const machine{package("a") + package("b", "Depends: a") + package("c") + package("either", "Depends: a | c") +
                        package("lost", "Depends: a | b") + package("absent", "Depends: a | not-installed")};
  // `lost` falls with b, a wave later than a.
  CHECK(machine.without("a") == Waves{{"absent", "b"}, {"lost"}});
}

TEST_CASE("a virtual name holds as long as one of its providers stands") {
  Machine const machine{package("postfix", "Provides: mta") + package("exim", "Provides: mta") +
                        package("mail", "Depends: mta") + package("only", "Provides: alone (= 1)") +
                        package("needs", "Depends: alone") + package("chooses", "Depends: alone | nothing")};
  CHECK(machine.without("postfix").empty());
  CHECK(machine.without("mta") == Waves{{"mail"}});
  CHECK(machine.without("only") == Waves{{"chooses", "needs"}});
}

TEST_CASE("packages that depend on each other fall once") {
  Machine const machine{package("a", "Depends: b") + package("b", "Depends: a, c") + package("c")};
  CHECK(machine.without("c") == Waves{{"b"}, {"a"}});
}

TEST_CASE("the biggest of a section come first, and none of another") {
  Machine const machine{
      package("small", "Section: libs\nInstalled-Size: 1") + package("big", "Section: libs\nInstalled-Size: 30") +
          package("bigger", "Section: games\nInstalled-Size: 40") + package("sizeless", "Section: libs"),
      {},
      "Package: middle\nVersion: 3\nSection: libs\nInstalled-Size: 20\n\n"
      "Package: big\nVersion: 9\nSection: games\nInstalled-Size: 50\n"};
  auto const all = biggest_of_section(machine.db(), "libs", 9);
  CHECK(all.of == 4);
  REQUIRE(all.packages.size() == 3);
  CHECK(all.packages[0].name == "big");  // as it is installed, not as it is available
  CHECK(all.packages[0].kib == 30);
  CHECK(all.packages[0].is_installed);
  CHECK(all.packages[1].name == "middle");
  CHECK_FALSE(all.packages[1].is_installed);
  CHECK(all.packages[2].name == "small");
  CHECK(biggest_of_section(machine.db(), "libs", 1).packages.size() == 1);
  CHECK(biggest_of_section(machine.db(), "none", 1).packages.empty());
}

TEST_CASE("runs are transactions at their instants, and the past is still there") {
  Machine machine{package("p", "", "3") + package("old"),
                  "2025-01-01 10:00:00 startup archives unpack\n"
                  "2025-01-01 10:00:00 upgrade p:amd64 1 2\n"
                  "2025-01-01 10:00:01 status installed p:amd64 2\n"
                  "2025-01-02 10:00:00 startup archives unpack\n"
                  "2025-01-02 10:00:00 install q:amd64 <none> 7\n"
                  "2025-01-02 10:00:00 status installed q:amd64 7\n"
                  "2025-01-02 10:00:00 upgrade p:amd64 2 3\n"
                  "2025-01-02 10:00:01 status installed p:amd64 3\n"
                  "2025-01-03 10:00:00 startup archives unpack\n"
                  "2025-01-03 10:00:00 remove q:amd64 7 <none>\n"
                  "2025-01-03 10:00:00 status not-installed q:amd64 <none>\n"};
  CHECK(machine.counts.transactions == 3);
  CHECK(machine.counts.earlier == 2);
  CHECK(machine.counts.corrections == 0);

  auto const check = [](Database const& db) {
    auto const p = db.entid(cairn::lookup(":package/name", "p")).value();
    auto const versions = versions_of(db, p);
    REQUIRE(versions.size() == 3);
    CHECK(versions[0].before.empty());
    CHECK(versions[0].after == "1");
    CHECK(versions[2].before == "2");
    CHECK(versions[2].after == "3");
    auto const instant = instant_of(db, versions[2].transaction);
    CHECK(instant.milliseconds - instant_of(db, versions[1].transaction).milliseconds == 24 * 3600 * 1000);
    CHECK(text(db.as_of(instant), p, attribute::version) == "3");
    CHECK(text(db.as_of(cairn::Instant{instant.milliseconds - 1}), p, attribute::version) == "2");

    auto const second = changes_of(db, versions[2].transaction);
    REQUIRE(second.size() == 2);
    CHECK(second[1].package == "q");
    CHECK(second[1].after == "7");
    auto const last = last_run(db);
    REQUIRE(last.has_value());
    auto const third = changes_of(db, *last);
    REQUIRE(third.size() == 1);
    CHECK(third[0].before == "7");
    CHECK(third[0].after.empty());
    CHECK(last_upgraded(db) == "p");
  };
  check(machine.db());
  auto const contents = contents_of(machine.db());
  machine.reopen();
  check(machine.db());
  CHECK(contents_of(machine.db()) == contents);
}

TEST_CASE("where dpkg's status and the end of its log differ, the status holds") {
  Machine const machine{package("p", "", "3"),
                        "2025-01-01 10:00:00 startup archives unpack\n"
                        "2025-01-01 10:00:00 install p:amd64 <none> 2\n"
                        "2025-01-01 10:00:00 status installed p:amd64 2\n"
                        "2025-01-01 10:00:00 install gone:amd64 <none> 1\n"
                        "2025-01-01 10:00:00 status installed gone:amd64 1\n"};
  CHECK(machine.counts.corrections == 2);
  auto const db = machine.db();
  CHECK(text(db, db.entid(cairn::lookup(":package/name", "p")).value(), attribute::version) == "3");
  CHECK_FALSE(has(db, db.entid(cairn::lookup(":package/name", "gone")).value(), attribute::version));
}
