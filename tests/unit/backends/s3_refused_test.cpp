// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The S3 backend on a server that ignores conditions: there is no commit there, but what is there can be read. The server is s3rver.
#include "laws/blob_store.hpp"
#include "laws/service.hpp"

#include <cairn/backends/s3/backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <unistd.h>
#include <vector>

namespace s3 = cairn::backends::s3;
using namespace cairn::backends::s3::details;
using cairn::Bytes;
using cairn::Errc;
using cairn::laws::bytes;
using cairn::laws::code_of;
using cairn::laws::text;
using cairn::test::service;

namespace {

s3::Config config(std::string const& test) {
  return {.bucket = service("bucket"),
          .prefix = "refused/" + std::to_string(::getpid()) + "/" + test,
          .endpoint = service("endpoint"),
          .access_key = service("access_key"),
          .secret_key = cairn::Secret{service("secret_key")},
          .retries = 2};
}
void put(Client const& client, std::string key, ByteSpan body) {
  auto call = Client::put(std::move(key), body, {});
  client.perform(call);
  REQUIRE(call.answer.is_success());
}
std::vector<std::string> keys_below(Client const& client, std::string const& prefix) {
  std::vector<std::string> keys;
  client.list(prefix, [&](Listed const& object) {
    keys.push_back(object.key);
    return true;
  });
  return keys;
}

}  // namespace

TEST_CASE("s3: a server that ignores conditions gets no store, and keeps nothing of the try") {
  auto const here = config("create");
  try {
    s3::Backend::empty_store(here);
    FAIL("it was created");
  } catch (cairn::Error const& error) {
    CHECK(error.code() == Errc::io_error);
    CHECK(std::string{error.what()}.find("ignores If-None-Match") != std::string::npos);
  }
  CHECK(keys_below(Client{here}, here.prefix).empty());
  CHECK(code_of([&] { static_cast<void>(s3::Backend::connect_store(here)); }) == Errc::store_does_not_exist);
}

TEST_CASE("s3: a store that was copied to such a server is read there, and not written") {
  auto const here = config("copied");
  Client const client{here};
  Marker marker;
  marker.id.fill(7);
  marker.probed = "https://elsewhere/bucket";
  Keys const keys{here.prefix, marker.id};
  Pack pack{{{1}}, {}, {}, false};
  auto const blob = pack.put(bytes_of("a node"));
  auto const tail = pack.put(RootObject::encode_frames({Bytes::copy(bytes_of("first"))}));
  pack.seal(1);
  RootObject root;
  root.name = "main";
  root.state.bytes = Bytes::copy(bytes_of("state"));
  root.packed = {tail};
  root.frames = {Bytes::copy(bytes_of("second"))};
  put(client, keys.marker(), bytes_of(marker.text()));
  put(client, keys.pack(pack.key), pack.bytes);
  put(client, keys.root("main"), root.encode());

  auto connection = s3::Backend::connect_store(here);
  CHECK(connection.roots() == std::vector<std::string>{"main"});
  CHECK(text(connection.read(blob)) == "a node");
  auto const record = connection.root("main");
  REQUIRE(record.has_value());
  CHECK(text(record->state) == "state");
  REQUIRE(record->tail.size() == 2);
  CHECK(text(record->tail[0]) == "first");
  CHECK(text(record->tail[1]) == "second");

  auto const before = keys_below(client, here.prefix);
  auto writer = connection.begin();
  static_cast<void>(writer.put(bytes("lost")));
  CHECK(code_of([&] { static_cast<void>(writer.append("main", record->version, bytes("lost"))); }) == Errc::io_error);
  CHECK(code_of([&] { static_cast<void>(writer.commit("new", cairn::Version{}, bytes("lost"))); }) == Errc::io_error);
  CHECK((keys_below(client, here.prefix) == before));
  CHECK(connection.root("main")->version == record->version);

  // Bytes that are not those written are an error with their place, not an answer.
  pack.bytes[10] ^= std::byte{1};
  put(client, keys.pack(pack.key), pack.bytes);
  CHECK(code_of([&] { static_cast<void>(connection.read(blob)); }) == Errc::store_corrupt);
  auto damaged = root.encode();
  damaged[20] ^= std::byte{1};
  put(client, keys.root("main"), damaged);
  CHECK(code_of([&] { static_cast<void>(connection.root("main")); }) == Errc::store_corrupt);
  put(client, keys.marker(), bytes_of("cairn-s3-store 2\n"));
  CHECK(code_of([&] { static_cast<void>(s3::Backend::connect_store(here)); }) == Errc::store_format);

  s3::Backend::delete_store(here);
  s3::Backend::delete_store(here);
  CHECK(keys_below(client, here.prefix).empty());
}

TEST_CASE("s3: a server that is not there is an error after some patience") {
  auto nowhere = config("nowhere");
  nowhere.endpoint = "http://127.0.0.1:1";
  CHECK(code_of([&] { static_cast<void>(s3::Backend::connect_store(nowhere)); }) == Errc::io_error);
}
