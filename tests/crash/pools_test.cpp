// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One connection to a server that many threads use at once, for the thread sanitizer: more threads than sessions, and a server that is
// killed meanwhile.
#include "laws/blob_store.hpp"
#include "laws/own_service.hpp"

#if CAIRN_TEST_HAS_MYSQL
#include <cairn/backends/mysql/backend.hpp>
#endif
#if CAIRN_TEST_HAS_POSTGRES
#include <cairn/backends/postgres/backend.hpp>
#endif
#if CAIRN_TEST_HAS_REDIS
#include <cairn/backends/redis/backend.hpp>
#endif

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace cairn;
using laws::bytes;
using laws::text;
using test::OwnService;

template <class Backend>
void check_threads(OwnService& server, typename Backend::Config const& config) {
  constexpr int threads = 8;
  constexpr int each = 30;
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  std::atomic<int> done = 0;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> pool;
  for (int thread = 0; thread != threads; ++thread) {
    pool.emplace_back([&, thread] {
      for (int i = 0; i != each;) {
        try {
          // Half of them have a root of their own.
          auto const branch = "branch" + std::to_string(thread % 2 == 0 ? 0 : thread);
          auto const root = connection.root(branch);
          auto const content = std::to_string(thread) + " " + std::to_string(i);
          auto writer = connection.begin();
          if constexpr (BlobStoreHolds<typename Backend::Connection>) {
            if (i % 4 == 3) writer.hold();
          }
          std::vector const addresses{writer.put(bytes(content)), writer.put(bytes("more"))};
          auto const result = i % 8 == 7 ? writer.commit(branch, root ? root->version : Version{}, bytes(content))
                                         : writer.append(branch, root ? root->version : Version{}, bytes(content));
          if (!(result == CommitResult::committed)) continue;
          std::string found;
          connection.read_many(std::span{addresses}, [&](std::size_t, Bytes const& blob) { found += text(blob); });
          if (text(connection.read(addresses.front())) != content || found.size() != content.size() + 4) ++wrong;
          if (connection.roots().empty()) ++wrong;
          if (i % 10 == 9) connection.sweep([](auto const&) { return true; }, TimePoint::max());
          ++i;
          ++done;
        } catch (Error const&) {  // NOLINT(bugprone-empty-catch): the server is not back yet
        }
      }
    });
  }
  while (done < threads * each / 3) std::this_thread::yield();
  server.kill();
  server.restart();
  for (auto& thread : pool) thread.join();
  CHECK(wrong == 0);
  CHECK(done == threads * each);
}

}  // namespace

#if CAIRN_TEST_HAS_POSTGRES
TEST_CASE("threads share the sessions of PostgreSQL", "[threads]") {
  OwnService server{CAIRN_TEST_SERVICES "/postgres"};
  check_threads<backends::postgres::Backend>(
      server, {.host = server.value("host"), .port = server.value<int>("port"), .dbname = server.value("dbname"), .user = server.value("user"), .max_connections = 3});
}
#endif
#if CAIRN_TEST_HAS_MYSQL
TEST_CASE("threads share the sessions of MySQL", "[threads]") {
  OwnService server{CAIRN_TEST_SERVICES "/mysql"};
  check_threads<backends::mysql::Backend>(
      server, {.host = server.value("host"), .port = server.value<int>("port"), .dbname = server.value("dbname"), .user = server.value("user"), .max_connections = 3});
}
#endif
#if CAIRN_TEST_HAS_REDIS
TEST_CASE("threads share the connections to Redis", "[threads]") {
  OwnService server{CAIRN_TEST_SERVICES "/redis"};
  check_threads<backends::redis::Backend>(server, {.host = server.value("host"), .port = server.value<std::uint16_t>("port")});
}
#endif
