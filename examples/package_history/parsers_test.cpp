// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The readers of control files and of dpkg's log.

#include "dpkg_log.hpp"
#include "package.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace package_history;

namespace {

std::vector<Choice> relations(std::string_view field) {
  std::vector<Choice> result;
  for_each_relation(field, "amd64", [&](Choice choice) { result.push_back(std::move(choice)); });
  return result;
}

DpkgLog read_log(std::string_view text) {
  DpkgLogReader reader{"amd64"};
  reader.read(text);
  return std::move(reader).finish();
}

}  // namespace

TEST_CASE("a control file is read paragraph by paragraph") {
  ControlFile file{
      "\n\nPackage: a\nDepends: b,\n c (>= 1)\nDescription: short\n long\n .\n text\n"
      " \n"
      "Package:b  \nnot a field\n# Version: 3\n\tcontinued\n\n\n"};
  auto const* stanza = file.next();
  REQUIRE(stanza != nullptr);
  CHECK((*stanza)["Package"] == "a");
  CHECK((*stanza)["Description"] == "short");
  CHECK(relations(stanza->whole("Depends")) == std::vector<Choice>{{"b"}, {"c"}});
  CHECK((*stanza)["Version"].empty());
  stanza = file.next();
  REQUIRE(stanza != nullptr);
  CHECK((*stanza)["Package"] == "b");
  CHECK((*stanza)["Version"].empty());
  CHECK(file.next() == nullptr);
  CHECK(file.next() == nullptr);
}

TEST_CASE("odd control files have no packages") {
  for (auto const* text : {"", "\n", " continues nothing", "no colon", "\n \n\t\n", ":", ": nameless\n\n"}) {
    CAPTURE(text);
    CHECK(read_packages(text, "amd64").empty());
  }
}

TEST_CASE("relations have choices, and no bounds, qualifiers or repetitions") {
  CHECK(relations("").empty());
  CHECK(relations(" , |, ").empty());
  CHECK(relations("libc6 (>= 2.36), libssl3(>=3)") == std::vector<Choice>{{"libc6"}, {"libssl3"}});
  CHECK(relations("z | a (<< 1) | z") == std::vector<Choice>{{"a", "z"}});
  CHECK(relations("python3:any, gcc:native, x:amd64, y:all, wine32:i386") ==
        std::vector<Choice>{{"python3"}, {"gcc"}, {"x"}, {"y"}, {"wine32:i386"}});
  CHECK(relations("a [linux-any] <!nocheck>,\n b") == std::vector<Choice>{{"a"}, {"b"}});
}

TEST_CASE("a package is what its paragraph says") {
  auto const packages = read_packages(
      "Package: p\nStatus: deinstall ok config-files\nArchitecture: i386\nVersion: 1:2-3\nInstalled-Size: 12\n"
      "Pre-Depends: a\nDepends: b | c, d\nRecommends: e\nProvides: f (= 1), g\nMaintainer: M <m@example.org>\n"
      "Description: summary\n more\nSection: libs\n\n"
      "Package: q\nInstalled-Size: many\n",
      "amd64");
  REQUIRE(packages.size() == 2);
  auto const& p = packages[0];
  CHECK(p.name == "p:i386");
  CHECK(p.status == "config-files");
  CHECK(p.version == "1:2-3");
  CHECK(p.installed_kib == 12);
  CHECK(p.depends == std::vector<Choice>{{"a"}, {"b", "c"}, {"d"}});
  CHECK(p.recommends == std::vector<Choice>{{"e"}});
  CHECK(p.provides == std::vector<std::string>{"f", "g"});
  CHECK(p.maintainer == "M <m@example.org>");
  CHECK(p.summary == "summary");
  CHECK(p.section == "libs");
  CHECK_FALSE(packages[1].installed_kib);
}

TEST_CASE("the native architecture is dpkg's own") {
  CHECK(native_architecture("Package: x\nArchitecture: i386\n\nPackage: dpkg\nArchitecture: arm64\n") == "arm64");
  CHECK(native_architecture("Package: x\nArchitecture: i386\n").empty());
}

TEST_CASE("a run leaves packages in the state that the log says last") {
  auto const log = read_log(
      "2025-01-01 10:00:00 startup archives unpack\n"
      "2025-01-01 10:00:00 install new:amd64 <none> 1\n"
      "2025-01-01 10:00:00 status half-installed new:amd64 1\n"
      "2025-01-01 10:00:00 upgrade old:all 1 2\n"
      "2025-01-01 10:00:01 status unpacked old:all 2\n"
      "2025-01-01 10:00:01 remove gone:amd64 5 <none>\n"
      "2025-01-01 10:00:01 status config-files gone:amd64 5\n"
      "2025-01-01 10:00:01 purge lost:i386 6 <none>\n"
      "2025-01-01 10:00:01 status not-installed lost:i386 <none>\n"
      "2025-01-01 10:00:01 startup packages configure\n"
      "2025-01-01 10:00:02 status installed new:amd64 1\n"
      "2025-01-01 10:00:02 status installed old:all 2\n");
  REQUIRE(log.runs.size() == 1);
  auto const& run = log.runs.front();
  CHECK(run.finished - run.started == 2);
  CHECK(run.after.at("new") == PackageState{"1", "installed"});
  CHECK(run.after.at("old") == PackageState{"2", "installed"});
  CHECK(run.after.at("gone") == PackageState{"", "config-files"});
  CHECK(run.after.at("lost:i386") == PackageState{});
  CHECK(log.before.at("new") == PackageState{});
  CHECK(log.before.at("old") == PackageState{"1", "installed"});
  CHECK(log.before.at("gone") == PackageState{"5", "installed"});
  CHECK(log.before.at("lost:i386") == PackageState{"6", "installed"});
}

TEST_CASE("calls of dpkg without a pause are one run") {
  std::string const unpack = " startup archives unpack\n";
  std::string const configure = " startup packages configure\n";
  auto const runs = [](std::string const& text) { return read_log(text).runs.size(); };
  auto const at = [](std::string const& clock) { return "2025-01-01 10:00:" + clock; };
  auto const lines = [&](std::string const& clock) { return at(clock) + " status installed p:amd64 1\n"; };

  CHECK(runs(at("00") + unpack + lines("00") + at("01") + configure + lines("01") + at("02") + unpack + lines("02")) ==
        1);
  SECTION("two seconds of silence end it") {
    CHECK(runs(at("00") + unpack + lines("00") + at("02") + unpack + lines("02")) == 2);
  }
  SECTION("silence inside of a call does not") {
    CHECK(runs(at("00") + unpack + lines("00") + lines("40") + at("41") + configure + lines("42")) == 1);
  }
  SECTION("triggers end it, but for those that are left") {
    auto const trigger = [&](std::string const& clock) { return at(clock) + " trigproc libc-bin:amd64 1 <none>\n"; };
    CHECK(runs(at("00") + unpack + trigger("00") + at("00") + unpack + lines("00")) == 2);
    CHECK(runs(at("00") + unpack + trigger("00") + at("01") + configure + trigger("01") + trigger("20")) == 1);
    CHECK(runs(at("00") + unpack + trigger("00") + "2025-01-01 10:02:00 status triggers-pending p:amd64 1\n") == 2);
  }
}

TEST_CASE("lines that are no dpkg's are passed over") {
  auto const log = read_log(
      "\n \nrubbish\n2025-01-01\n2025-01-01 10:00:00\n2025-01-01 10:00:00 status installed\n"
      "yesterday evening status installed p:amd64 1\n2025-01-01 1o:00:00 status installed p:amd64 1\n"
      "2025-01-01 10:00:00 conffile /etc/x keep it\n2025-01-01 10:00:00 status installed p:amd64 1");
  REQUIRE(log.runs.size() == 1);
  CHECK(log.runs.front().after.size() == 1);
}
