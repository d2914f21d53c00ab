// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What somebody who runs a database wants to see of it: events, statistics, metrics.
#include <cairn/backends/file/backend.hpp>
#include <cairn/database.hpp>
#include <cairn/error/log.hpp>
#include <cairn/store/exposition.hpp>

#include <chrono>
#include <exception>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <set>
#include <string>

namespace {

using Store = cairn::Store<cairn::backends::file::Backend>;

/// The codes of all events so far.
struct Heard {
  std::mutex mutex{};
  std::set<std::string, std::less<>> codes{};
} heard;

void listen() {
  // [log]
  cairn::set_log_sink(
      [](cairn::LogRecord const& record) {
        std::lock_guard const lock{heard.mutex};  // it is called on any thread, on several at once
        heard.codes.emplace(code_of(record.event));
        std::clog << name(record.level) << " " << code_of(record.event) << ": " << record.message << " " << record.data << "\n";
      },
      {.least = cairn::LogLevel::info, .slow_commit = std::chrono::milliseconds{250}});
  // [/log]
}

std::string page_of(Store::Connection const& conn) {
  // [metrics]
  cairn::Exposition page;
  page.add(conn.stats(), {.store = "people", .branch = "db", .backend = "file"});
  return page.text();  // Content-Type: text/plain; version=0.0.4
  // [/metrics]
}

bool run(std::filesystem::path const& path) {
  listen();
  Store::destroy({.path = path});  // what an earlier run has left
  Store::create({.path = path});
  auto conn = Store::connect({.path = path});
  conn.transact("[{:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one}]");
  conn.transact("[{:name \"Ivan\"}]");
  conn.checkpoint();
  conn.collect_garbage();
  // [stats]
  auto const stats = conn.stats(cairn::StatsDepth::nodes);
  std::cout << "commits: " << stats.appends << ", written for each byte: " << stats.write_amplification.value_or(0)
            << ", alive: " << stats.live_bytes.value_or(0) << " bytes\n"
            << to_edn(stats) << "\n";
  // [/stats]
  std::cout << page_of(conn);
  cairn::set_log_sink({});
  return stats.appends == 2 && stats.live_bytes > 0 && page_of(conn).find("\ncairn_appends_total{store=\"people\"") != std::string::npos &&
         heard.codes.contains("commit/checkpoint") && heard.codes.contains("gc/begin") && heard.codes.contains("gc/end");
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(count > 1 ? arguments[1] : "operations_store") ? 0 : 1;
  } catch (std::exception const& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
