// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What earlier versions' layers wrote stays readable, byte by byte.
#include "laws/blob_store.hpp"
#include "laws/temporary_directory.hpp"

#include <cairn/backends/file/backend.hpp>
#include <cairn/layer/audited.hpp>
#include <cairn/layer/compressed.hpp>
#include <cairn/layer/encrypted.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cairn::layers_test {

namespace {

namespace fs = std::filesystem;
namespace file = cairn::backends::file;
namespace laws = cairn::laws;

fs::path const layers = fs::path{CAIRN_GOLDEN_STORES} / "layers";
cairn::Secret const key{std::string(64, '7')};

/// What each store has: blobs that shrink and that do not, none at all, and one byte.
std::vector<std::string> const blobs{"", "x", std::string(10'000, 'a'), laws::pattern(5'000), "a short text that is not worth it"};
std::vector<std::string> const frames{"frame", std::string(500, 'f'), laws::pattern(300, 1)};

struct Compressed {
  using Backend = cairn::Compressed<file::Backend>;
  static constexpr auto name = "compressed-1";
  static Backend::Config config(fs::path const& path) { return {.store = {.path = path}}; }
};
struct Encrypted {
  using Backend = cairn::Encrypted<file::Backend>;
  static constexpr auto name = "encrypted-1";
  static Backend::Config config(fs::path const& path) { return {.store = {.path = path}, .key = key}; }
};
struct Both {
  using Backend = cairn::Compressed<cairn::Encrypted<file::Backend>>;
  static constexpr auto name = "compressed-1-encrypted-1";
  static Backend::Config config(fs::path const& path) { return {.store = Encrypted::config(path)}; }
};
struct Audited {
  using Backend = cairn::Audited<file::Backend>;
  static constexpr auto name = "audited-1";
  static Backend::Config config(fs::path const& path) { return {.store = {.path = path}, .key = key}; }
};

/// The state is the addresses of the blobs, and something that shrinks.
template <class Layers>
void write_store() {
  using Backend = typename Layers::Backend;
  if (fs::exists(layers / Layers::name)) return;  // what was once written stays
  fs::create_directories(layers);
  auto const config = Layers::config(layers / Layers::name);
  Backend::empty_store(config);
  auto connection = Backend::connect_store(config);
  auto writer = connection.begin();
  std::string state;
  for (auto const& blob : blobs) {
    auto const address = writer.put(laws::bytes(blob));
    state.append(reinterpret_cast<char const*>(&address), sizeof address);
  }
  auto result = writer.commit("db", {}, laws::bytes(state + std::string(1'000, 's')));
  for (auto const& frame : frames) result = connection.begin().append("db", result.version, laws::bytes(frame));
  REQUIRE(result == cairn::CommitResult::committed);
}

}  // namespace

TEMPLATE_TEST_CASE("golden stores of layers are read as they were written", "", Compressed, Encrypted, Both, Audited) {
  using Backend = typename TestType::Backend;
  cairn::test::TemporaryDirectory const directory;
  auto const copy = directory.path() / "store";
  fs::copy(layers / TestType::name, copy, fs::copy_options::recursive);
  auto const config = TestType::config(copy);
  auto connection = Backend::connect_store(config);
  CHECK(connection.roots() == std::vector<std::string>{"db"});
  auto const root = connection.root("db");
  REQUIRE(root);
  std::vector<typename Backend::Connection::Address> addresses(blobs.size());
  auto const size_of_addresses = addresses.size() * sizeof addresses.front();
  REQUIRE(root->state.size() == size_of_addresses + 1'000);
  std::memcpy(addresses.data(), root->state.data(), size_of_addresses);
  CHECK(laws::text(root->state).substr(size_of_addresses) == std::string(1'000, 's'));
  CHECK((laws::tail_of(connection, "db") == frames));
  for (std::size_t i = 0; i != blobs.size(); ++i) CHECK((laws::text(connection.read(addresses[i])) == blobs[i]));

  // And is written on.
  REQUIRE(connection.begin().append("db", root->version, laws::bytes("today")) == cairn::CommitResult::committed);
  CHECK(laws::tail_of(Backend::connect_store(config), "db").back() == "today");
}

TEST_CASE("golden stores of layers of these formats", "[.][make]") {
  write_store<Compressed>();
  write_store<Encrypted>();
  write_store<Both>();
  write_store<Audited>();
}

}  // namespace cairn::layers_test
