// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The history of this machine's packages: from dpkg's log and apt's lists into a store on disk, and questions to it.

#include "answers.hpp"
#include "contents.hpp"
#include "load_catalog.hpp"
#include "load_history.hpp"
#include "sources.hpp"
#include <cairn/db/verify.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace package_history {
namespace {

constexpr std::string_view usage = R"(usage: package_history [option value]...
Puts the history of this machine's packages into a store, and asks it things.

  --store DIRECTORY   where the store is to be; an older one is replaced
                      (build/demo/packages, or where temporary files are if there is no build/)
  --section NAME      whose biggest packages to show      (libs)
  --without NAME      what to take away                   (libssl3)
  --package NAME      whose earlier version to show       (what was replaced last)
  --log FILE          dpkg's log                          (/var/log/dpkg.log, with the rotated ones)
  --status FILE       dpkg's database                     (/var/lib/dpkg/status)
  --available FILE    what there is                       (what `apt-cache dumpavail` says)
  --fixture           read a small made-up machine, not this one
)";

struct Options {
  Paths paths{.fixture = PACKAGE_HISTORY_FIXTURE};
  std::filesystem::path store{};
  std::string section = "libs";
  std::string without = "libssl3";
  std::string package{};
};

std::filesystem::path default_store() {
  bool const in_source_tree = std::filesystem::is_directory("build");
  return in_source_tree ? std::filesystem::path{"build/demo/packages"}
                        : std::filesystem::temp_directory_path() / "cairn_package_history";
}

/// Throws a text that says what is wrong.
Options read_options(std::vector<std::string> const& arguments) {
  Options options;
  for (std::size_t i = 0; i != arguments.size(); ++i) {
    auto const& name = arguments[i];
    if (name == "--fixture") {
      auto const& fixture = options.paths.fixture;
      options.paths.log = fixture / "dpkg.log";
      options.paths.status = fixture / "status";
      options.paths.available = fixture / "available";
      continue;
    }
    if (i + 1 == arguments.size()) throw std::invalid_argument{name + " is not an option, or lacks a value"};
    auto const& value = arguments[++i];
    if (name == "--store") {
      options.store = value;
    } else if (name == "--section") {
      options.section = value;
    } else if (name == "--without") {
      options.without = value;
    } else if (name == "--package") {
      options.package = value;
    } else if (name == "--log") {
      options.paths.log = value;
    } else if (name == "--status") {
      options.paths.status = value;
    } else if (name == "--available") {
      options.paths.available = value;
    } else {
      throw std::invalid_argument{name + " is not an option"};
    }
  }
  if (options.store.empty()) options.store = default_store();
  return options;
}

/// The files, read and parsed.
struct Machine {
  Source log_file;
  Source status_file;
  Source available_file;
  DpkgLog log;
  std::vector<Package> status;
  std::vector<Package> available;
};

void print_source(Source const& source, std::string_view what) {
  std::cout << "  " << std::left << std::setw(32) << what << std::right << source.origin
            << (source.is_stand_in ? ", which is not there or empty: a made-up one stands in for it" : "") << '\n';
}

Machine read_machine(Paths const& paths) {
  Timer const timer;
  Machine machine;
  machine.log_file = read_log(paths);
  machine.status_file = read_status(paths);
  machine.available_file = read_available(paths);
  Interrupts::check();
  auto native = native_architecture(machine.status_file.text);
  if (native.empty()) native = native_architecture(machine.available_file.text);

  DpkgLogReader reader{native};
  reader.read(machine.log_file.text);
  machine.log = std::move(reader).finish();
  machine.status = read_packages(machine.status_file.text, native);
  machine.available = read_packages(machine.available_file.text, native);
  Interrupts::check();

  print_timed("What this machine knows of its packages", timer.milliseconds());
  print_source(machine.log_file, count_text(machine.log.runs.size(), "run") + " of the package manager");
  print_source(machine.status_file, count_text(machine.status.size(), "package"));
  print_source(machine.available_file, count_text(machine.available.size(), "package"));
  return machine;
}

Connection create_store(std::filesystem::path const& path) {
  Store::destroy({.path = path});
  Store::create({.path = path});
  return Store::connect({.path = path});
}

std::uintmax_t bytes_on_disk(std::filesystem::path const& directory) {
  std::uintmax_t bytes = 0;
  for (auto const& entry : std::filesystem::recursive_directory_iterator{directory}) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

void load(Connection& connection, Machine const& machine) {
  Batch batch{connection};
  Timer timer;
  auto const counts = load_history(batch, machine.log, machine.status);
  print_timed("  the log: " + count_text(counts.transactions, "transaction") + " after the " +
                  count_text(counts.earlier, "package") + " that were there before it begins",
              timer.milliseconds());
  if (counts.corrections != 0) {
    std::cout << "  of " << count_text(counts.corrections, "package")
              << " dpkg's status says something else than the log's end; the status holds\n";
  }
  timer = Timer{};
  auto const transactions = load_catalog(batch, machine.status, machine.available);
  print_timed("  what the packages are like: " + count_text(transactions, "transaction"), timer.milliseconds());
}

/// Reads all there is, checksums and the order of all indexes included, and compares it with what was put in.
cairn::Verification verify_store(Database const& db, Contents const& expected) {
  Progress progress{"verifying"};
  auto const verification = cairn::verify(db, [&](std::uint64_t seen) {
    Interrupts::check();
    progress.show(seen, expected.datoms);
  });
  if (contents_of(db) != expected) throw std::runtime_error{"the store does not hold what was put in"};
  return verification;
}

void ask(Database const& db, Options const& options) {
  show_biggest(db, options.section);
  show_what_breaks(db, options.without);
  show_last_run(db);
  auto const package = options.package.empty() ? last_upgraded(db).value_or(options.without) : options.package;
  show_earlier_version(db, package);
}

void run(Options const& options) {
  Timer const whole;
  auto const machine = read_machine(options.paths);

  std::cout << "\nInto a store in " << options.store.string() << '\n';
  auto connection = create_store(options.store);
  load(connection, machine);
  auto const expected = contents_of(connection.db());
  Timer timer;
  connection.release();
  print_timed("  closed; it has " + size_text(static_cast<std::int64_t>(bytes_on_disk(options.store) / 1024)),
              timer.milliseconds());

  timer = Timer{};
  connection = Store::connect({.path = options.store});
  auto const db = connection.db();
  print_timed("  opened again", timer.milliseconds());
  Interrupts::check();
  timer = Timer{};
  auto const verified = verify_store(db, expected);
  print_timed("  verified: " + std::to_string(verified.current) + " datoms that are true, " +
                  std::to_string(verified.temporal) + " of the past, the same in all indexes",
              timer.milliseconds());

  ask(db, options);
  print_timed("\nAll of it", whole.milliseconds());
}

}  // namespace
}  // namespace package_history

int main(int count, char** words) {
  using namespace package_history;
  std::vector<std::string> const arguments{words + 1, words + count};
  if (!arguments.empty() && (arguments.front() == "--help" || arguments.front() == "-h")) {
    std::cout << usage;
    return EXIT_SUCCESS;
  }
  Options options;
  try {
    options = read_options(arguments);
  } catch (std::exception const& error) {
    std::cerr << error.what() << "\n\n" << usage;
    return 2;
  }
  Interrupts::install();
  try {
    run(options);
  } catch (Interrupted const&) {
    std::cerr << "Stopped.";
    if (Store::exists({.path = options.store})) {
      std::cerr << " The store in " << options.store.string() << " holds what was committed until then.";
    }
    std::cerr << '\n';
    return 130;
  } catch (std::exception const& error) {
    std::cerr << "package_history: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
