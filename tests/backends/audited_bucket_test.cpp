// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What somebody who can write to a bucket changes in its objects, with all checksums as they have to be, is found, and named.
#include "laws/audit.hpp"
#include "laws/service.hpp"

#include <cairn/backends/s3/backend.hpp>
#include <cairn/layer/audited.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace s3 = cairn::backends::s3;
namespace common = cairn::backends::common;
using cairn::test::service;
using Backend = cairn::Audited<s3::Backend>;
using Store = cairn::Store<Backend>;

namespace {

/// A blob of a pack, and all of that object.
struct Packed {
  std::string key;
  std::vector<std::byte> object;
  common::PackedAddress blob;
};

void put(s3::details::Client const& client, Packed const& pack) {
  auto call = s3::details::Client::put(pack.key, pack.object, {});
  client.perform(call);
  REQUIRE(call.answer.is_success());
}
std::vector<Packed> all_blobs(s3::details::Client const& client, std::string const& prefix) {
  std::vector<std::string> keys;
  client.list(prefix + "/", [&](auto const& object) {
    if (object.key.find("/b/") != std::string::npos) keys.push_back(object.key);
    return true;
  });
  std::vector<Packed> made;
  for (auto const& key : keys) {
    auto call = s3::details::Client::get(key, std::size_t{1} << 24U);
    client.perform(call);
    REQUIRE(call.answer.is_success());
    common::TimedKey pack;
    REQUIRE(common::read_hexadecimal(std::string_view{key}.substr(key.rfind('/') + 1), pack.bytes));
    auto const contents = common::read_contents(pack, call.answer.body);
    REQUIRE(contents);
    for (auto const& blob : contents->blobs) made.push_back({key, call.answer.body, blob});
  }
  return made;
}
/// Changes a byte of the blob, and makes the engine's checksum and the backend's what they have to be.
Packed tampered(Packed pack) {
  auto const at = pack.object.begin() + static_cast<std::ptrdiff_t>(pack.blob.offset());
  std::vector<std::byte> bytes{at + common::checksum_size, at + static_cast<std::ptrdiff_t>(common::stored_size(pack.blob.size()))};
  bytes[4] ^= std::byte{1};
  cairn::laws::mend(bytes, cairn::layer::salt_size);
  common::Buffer anew;
  common::add_number(anew, common::checksum_of(pack.blob, bytes));
  common::add(anew, bytes);
  std::ranges::copy(anew, at);
  return pack;
}

}  // namespace

TEST_CASE("audited: a node or a commit's record that was changed in its object in a bucket is named by its place") {
  Backend::Config const config{.store = {.bucket = service("bucket"),
                                         .prefix = "audited-" + std::to_string(::getpid()),
                                         .endpoint = service("endpoint"),
                                         .access_key = service("access_key"),
                                         .secret_key = cairn::Secret{service("secret_key")}}};
  Store::create(config);
  {
    auto connection = Store::connect(config);
    connection.transact(cairn::laws::database_schema);
    static_cast<void>(commit_id(connection));
    std::string data = "[";
    for (int i = 0; i != 300; ++i) data += "{:n " + std::to_string(i) + " :text \"first\"}";
    connection.transact(data + "]");
    static_cast<void>(commit_id(connection));
    connection.transact(R"([{:n 1 :text "another"}])");
  }
  auto const whole = verify_chain(Store::connect(config));
  REQUIRE(whole.sound());
  CHECK(whole.incomplete.empty());

  s3::details::Client const client{config.store};
  std::size_t nodes = 0;
  std::size_t records = 0;
  for (auto const& pack : all_blobs(client, config.store.prefix)) {
    put(client, tampered(pack));
    auto const report = verify_chain(Store::connect(config));
    put(client, pack);
    REQUIRE(report.faults.size() == 1);
    auto const& fault = report.faults.front();
    CAPTURE(fault.what);
    CHECK(fault.code == cairn::Errc::store_corrupt);
    CHECK(fault.what.starts_with("Commit "));
    CHECK(fault.what.find("at the address " + common::hexadecimal(pack.blob.bytes)) != std::string::npos);
    CHECK(fault.what.find(" is not what was put there") != std::string::npos);  // the hash, before what the bytes say
    ++(fault.what.find(", index ") != std::string::npos ? nodes : records);
  }
  CHECK(nodes == whole.nodes);
  CHECK(records >= whole.commits - whole.branches);
  CHECK(verify_chain(Store::connect(config)).sound());
  Store::destroy(config);
}
