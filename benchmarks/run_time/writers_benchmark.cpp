// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Eight processes that write to one database at once, on each backend that processes share: transactions a second, how many attempts
// met another's, and whether every transaction is there once.
//
// writers_benchmark [NAME=DIRECTORY]...        servers, as tests/services has them
// writers_benchmark write ID CONFIG NUMBER OF  one of them, by its number
#include "../backends.hpp"
#include "laws/writers.hpp"
#include "program.hpp"
#include "report.hpp"
#include "services.hpp"

#include <cairn/config/load.hpp>
#include <cairn/db/verify.hpp>
#include <cairn/layer/metered.hpp>
#include <cairn/store/store.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using namespace cairn::benchmarks;
using cairn::StoreOperation;

constexpr std::int64_t writers = 8;
constexpr std::int64_t each = 200;

/// Whether several processes may write to one store.
template <class Backend>
inline constexpr bool is_shared = Backend::capabilities.sharing >= cairn::Sharing::machine;

template <class Backend>
using Store = cairn::Store<cairn::Metered<Backend>>;

template <class Backend>
typename Store<Backend>::Config config_of(std::string_view edn) {
  return {.store = cairn::load_config<Backend>(edn)};
}

/// Says that it is ready, waits for the end of what it reads, writes, and says how long its slowest transaction took in milliseconds, how
/// many attempts it made and how many of them met another's.
template <class Backend>
void write(std::string_view edn, std::int64_t number, std::int64_t of) {
  cairn::laws::NumberedWriters const all{of, each};
  auto connection = Store<Backend>::connect(config_of<Backend>(edn));
  std::cout << "ready" << std::endl;
  std::cin.get();
  double slowest = 0;
  for (std::int64_t which = 0; which != each; ++which) {
    slowest = (std::max)(slowest, seconds_of([&] { all.transact(connection, number, which); }));
  }
  std::uint64_t attempts = 0;
  std::uint64_t conflicts = 0;
  for (auto const operation : {StoreOperation::append, StoreOperation::commit}) {
    auto const figures = connection.blobs().metrics().figures(operation);
    attempts += figures.calls;
    conflicts += figures.conflicts;
  }
  std::cout << slowest * 1e3 << ' ' << attempts << ' ' << conflicts << std::endl;
}

struct Outcome {
  double a_second = 0;
  double conflicts = 0;  ///< of a hundred attempts
  double slowest = 0;    ///< in milliseconds
};

/// So many processes at once; throws where a transaction is not there once.
template <class Backend>
Outcome run(std::string const& edn, std::int64_t processes) {
  cairn::laws::NumberedWriters const all{processes, each};
  auto const config = config_of<Backend>(edn);
  Store<Backend>::destroy(config);
  Store<Backend>::create(config);
  {
    auto connection = Store<Backend>::connect(config);
    all.begin(connection);
  }
  std::vector<std::unique_ptr<Program>> programs;
  for (std::int64_t number = 0; number != processes; ++number) {
    programs.push_back(std::make_unique<Program>(
        std::vector<std::string>{"write", std::string{Backend::backend_id}, edn, std::to_string(number), std::to_string(processes)}));
  }
  for (auto& program : programs) {
    if (program->line() != "ready") throw std::runtime_error{"a process did not begin"};
  }
  Outcome outcome;
  double attempts = 0;
  double conflicts = 0;
  auto const seconds = seconds_of([&] {
    for (auto& program : programs) program->close_input();
    for (auto& program : programs) {
      std::istringstream said{program->line()};
      double slowest = 0;
      double its_attempts = 0;
      double its_conflicts = 0;
      if (!(said >> slowest >> its_attempts >> its_conflicts)) throw std::runtime_error{"a process failed"};
      outcome.slowest = (std::max)(outcome.slowest, slowest);
      attempts += its_attempts;
      conflicts += its_conflicts;
    }
  });
  for (auto& program : programs) {
    if (!program->wait()) throw std::runtime_error{"a process did not end well"};
  }
  auto const db = Store<Backend>::connect(config).db();
  if (auto const fault = all.fault_at_the_end(db); !fault.empty()) throw std::runtime_error{fault};
  static_cast<void>(cairn::verify(db));
  Store<Backend>::destroy(config);
  outcome.a_second = static_cast<double>(all.all()) / seconds;
  outcome.conflicts = 100 * conflicts / attempts;
  return outcome;
}

template <class Backend>
void measure(std::string const& edn) {
  auto const what = "8 processes, " + std::to_string(each) + " transactions each, on " + std::string{Backend::backend_id} + ": ";
  auto const alone = run<Backend>(edn, 1);
  auto const together = run<Backend>(edn, writers);
  print_row(what + "transactions", "/s", Better::more, together.a_second, "one process by itself", alone.a_second);
  print_row(what + "attempts that met another's", "%", Better::less, together.conflicts, "one process by itself", alone.conflicts);
  print_row(what + "the slowest transaction", "ms", Better::less, together.slowest, "one process by itself", alone.slowest);
}

/// What a store of that backend is configured with; empty where its server is not there.
std::string edn_of(std::string_view id, std::filesystem::path const& scratch, std::map<std::string, Service, std::less<>> const& services) {
  auto const quoted = [](std::string const& text) { return "\"" + text + "\""; };
  if (id == "file" || id == "sqlite" || id == "lmdb") return "{:path " + quoted(scratch / std::string{id}) + "}";
  auto const found = services.find(id);
  if (found == services.end()) return {};
  auto const& service = found->second;
  auto const text = [&](std::string const& key, std::string_view name) { return " :" + key + " " + quoted(service(name)); };
  auto const prefix = "writers" + std::to_string(::getpid());
  if (id == "s3") {
    return "{:prefix " + quoted(prefix) + text("bucket", "bucket") + text("endpoint", "endpoint") + text("access-key", "access_key") +
           text("secret-key", "secret_key") + "}";
  }
  if (id == "rados") return "{:namespace " + quoted(prefix) + text("pool", "pool") + text("conf-file", "ceph_conf") + "}";
  auto const at = text("host", "host") + " :port " + std::to_string(service.port());
  if (id == "redis") return "{:prefix " + quoted(prefix) + at + "}";
  return "{:table-prefix " + quoted(prefix) + at + text("dbname", "dbname") + text("user", "user") + "}";
}

}  // namespace

int main(int count, char const* const* arguments) try {
  if (count == 6 && std::string_view{arguments[1]} == "write") {
    Backends::dispatch(arguments[2], [&]<class Backend>(std::type_identity<Backend>) {
      if constexpr (is_shared<Backend>) write<Backend>(arguments[3], std::stoll(arguments[4]), std::stoll(arguments[5]));
    });
    return 0;
  }
  ScratchDirectory const scratch;
  auto const services = services_of(count, arguments);
  for (auto const id : Backends::ids) {
    auto const edn = edn_of(id, scratch.path(), services);
    if (edn.empty()) continue;
    Backends::dispatch(id, [&]<class Backend>(std::type_identity<Backend>) {
      if constexpr (is_shared<Backend>) measure<Backend>(edn);
    });
  }
} catch (std::exception const& error) {
  std::cerr << "writers_benchmark: " << error.what() << '\n';
  return 1;
}
