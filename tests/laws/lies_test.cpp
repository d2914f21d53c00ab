// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether the laws find out a backend that lies: each lie is told to the law that is there for it, in a process of its own, and breaks it. The
// same law with the same backend that does not lie is kept.
#include "laws/blob_store.hpp"
#include "laws/child.hpp"
#include "laws/liar.hpp"
#include "laws/power.hpp"
#include "laws/processes.hpp"
#include "laws/survival.hpp"
#include "laws/temporary_directory.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>

namespace cairn::lies_test {
namespace {

using namespace std::string_literals;

template <class Liar>
struct Harness {
  using Backend = Liar;
  std::string id = "liar" + std::to_string(++count);
  [[nodiscard]] typename Backend::Config config() const { return {id}; }
  static inline int count = 0;
};
using InMemory = Harness<lies::Liar<lies::of_memory>>;
using Boaster = Harness<lies::Liar<lies::too_much>>;
struct InFile {
  using Backend = lies::UnsyncedFile;
  test::TemporaryDirectory place{};
  [[nodiscard]] Backend::Config config() const { return {.path = place.path() / "store"}; }
};

TEST_CASE("of a liar: a blob store", "[.][liar]") { laws::check_blob_store<InMemory>(); }
TEST_CASE("of a liar: processes", "[.][liar]") { laws::check_processes<Boaster>(std::chrono::seconds{1}); }
TEST_CASE("of a liar: power", "[.][liar]") { CHECK(laws::check_power<InFile>()); }
TEST_CASE("of a liar: kill -9", "[.][liar]") { laws::check_survival<Boaster>(1, laws::kill_process); }

/// What Catch2 says of one law with a lie, in short.
std::string verdict(std::string const& lie, std::string const& test, std::string const& law) {
  test::TemporaryDirectory directory;
  auto const said = (directory.path() / "said").string();
  auto const program = std::filesystem::read_symlink("/proc/self/exe").string();
  laws::Child child{[&](int) {
    ::setenv("CAIRN_LIE", lie.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): a process with one thread
    if (std::freopen(said.c_str(), "w", stdout) == nullptr) throw std::runtime_error{"freopen failed"};
    if (law.empty()) {
      ::execl(program.c_str(), program.c_str(), test.c_str(), "--reporter", "compact", nullptr);
    } else {
      ::execl(program.c_str(), program.c_str(), test.c_str(), "--reporter", "compact", "--section", law.c_str(), nullptr);
    }
    throw std::runtime_error{"execl failed"};
  }};
  static_cast<void>(child.wait());
  std::ifstream file{said};
  return {std::istreambuf_iterator<char>{file}, {}};
}
bool is_kept(std::string const& said) { return said.find("Passed 1 test case with ") != said.npos || said.find("All tests passed") != said.npos; }
bool is_broken(std::string const& said) { return said.find(": failed:") != said.npos; }

struct Case {
  std::string lie;
  std::string law;
};

TEST_CASE("each lie about a blob store is found by its law, and the truth is not") {
  auto const test = "of a liar: a blob store"s;
  auto const conflict = "a conflict leaves no trace, and what was put can be committed after it"s;
  auto const fence = "of writers that saw the same root one commits and the others get a conflict"s;
  auto const life = "a store is created once, connected to while it is there, and deleted any number of times"s;
  auto const anew = "no address and no version comes again after the last connection is gone"s;
  auto const sweep = "a sweep keeps what is live, what is young, and every root"s;
  for (auto const& [lie, law] : {
           Case{"a store is created over another", life},
           Case{"a refused creation empties the store", life},
           Case{"what was deleted comes back", life},
           Case{"creation looks first and creates later", "of those who create one store at once, one does, and the others hear that it is there"},
           Case{"nothing is an empty blob", "an address that was never given is an error, not an empty answer"},
           Case{"reads copy", "who claims that reads copy nothing gives the same bytes twice"},
           Case{"an append writes the tail again", "who claims that an append costs its own bytes does not write the tail again"},
           Case{"nothing is compared", conflict},
           Case{"nothing is compared", fence},
           Case{"it is compared first and changed later", fence},
           Case{"a conflict leaves a trace", conflict},
           Case{"a conflict loses what was put", conflict},
           Case{"some appends are forgotten", "no append is lost"},
           Case{"threads share what they look for", "threads read on one connection, each what it asks for, while another writes"},
           Case{"a state is written in two halves", "readers see whole states while a writer writes"},
           Case{"a root is read in two moments", "readers see whole states while a writer writes"},
           Case{"versions are of the bytes", "no version comes again, not even for the same bytes or after a drop"},
           Case{"names end at a zero", "a branch may have any name"},
           Case{"names have no case", "a branch may have any name"},
           Case{"names have no space at the end", "a branch may have any name"},
           Case{"roots are in no order", "roots are listed, independent, and gone when they are dropped"},
           Case{"roots without a state are not listed", "roots are listed, independent, and gone when they are dropped"},
           Case{"others' commits are not seen", "two connections see each other's commits and are fenced against each other"},
           Case{"a sweep loses what is live", sweep},
           Case{"a sweep takes what is young", sweep},
           Case{"what was swept is empty", sweep},
           Case{"what was swept is another's", sweep},
           Case{"an address comes again", sweep},
           Case{"an address comes again", anew},
           Case{"addresses begin anew with a connection", anew},
           Case{"versions are of the bytes", anew},
       }) {
    if (lie == "an append writes the tail again" && laws::bytes_written() == 0) continue;  // nor can the law tell then
    auto const of_liar = verdict(lie, test, law);
    CAPTURE(lie, law, of_liar);
    CHECK(is_broken(of_liar));
    auto const of_truth = verdict("", test, law);
    CAPTURE(of_truth);
    CHECK(is_kept(of_truth));
  }
}

TEST_CASE("what was not synced is found out when power is lost") {
  for (auto const* const lie : {"nothing is synced", "some syncs are left out", ""}) {
    auto const said = verdict(lie, "of a liar: power", "");
    CAPTURE(lie, said);
    CHECK(is_broken(said) == (*lie != '\0'));
    CHECK(is_kept(said) == (*lie == '\0'));
  }
}

// `mem` keeps its own claims; here it claims more.
TEST_CASE("who claims what memory can't do is found out") {
  for (auto const* const test : {"of a liar: processes", "of a liar: kill -9"}) {
    auto const said = verdict("", test, "");
    CAPTURE(test, said);
    CHECK(is_broken(said));
  }
}

}  // namespace
}  // namespace cairn::lies_test
