// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The S3 backend's own formats and rules, without a server.
#if CAIRN_TEST_HAS_AUDITED
#include "backends/audited_bucket.hpp"
#endif
#include "laws/blob_store.hpp"

#include <cairn/backends/s3/backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace s3 = cairn::backends::s3;
using namespace cairn::backends::s3::details;
using cairn::Bytes;
using cairn::Errc;
using cairn::laws::code_of;
using cairn::laws::hostile_names;
using cairn::laws::text;

namespace {

s3::Config sound() { return {.bucket = "b", .prefix = "p", .access_key = "key", .secret_key = cairn::Secret{"secret"}}; }

Call answered(long status, std::string_view body = {}, CURLcode result = CURLE_OK) {
  Call call;
  call.answer.status = status;
  call.answer.result = result;
  auto const bytes = bytes_of(body);
  call.answer.body.assign(bytes.begin(), bytes.end());
  return call;
}
std::string refusal(std::string_view code) { return "<Error><Code>" + std::string{code} + "</Code><Message>m</Message></Error>"; }

RootObject root_of(std::string name) {
  RootObject root;
  root.name = std::move(name);
  root.state.bytes = Bytes::copy(bytes_of("state"));
  root.frames = {Bytes::copy(bytes_of("one")), Bytes{}};
  return root;
}

}  // namespace

TEST_CASE("s3: every name of a root has a key of its own, safe everywhere, that says it again") {
  Keys const keys{"team/db", {}};
  std::set<std::string> seen;
  for (auto const& name : hostile_names()) {
    auto const key = keys.root(name);
    CHECK(seen.insert(key).second);
    CHECK(key.size() < 600);
    CHECK(key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./") == std::string::npos);
    CHECK(Keys::is_of_store("team/db", key));
    if (auto const again = keys.name_of(key)) {
      CHECK(*again == name);
    } else {
      CHECK(name.size() > 100);
    }
  }
}

TEST_CASE("s3: a store's keys are told from those of a store whose prefix begins with its own") {
  StoreId const id{1, 2, 3};
  s3::Address address;
  address.bytes.fill(7);
  for (std::string const inner : {"p/store", "p/x", "p/00000000000000000000000000000000/r/x"}) {
    Keys const other{inner, id};
    for (auto const& key : {other.marker(), other.root("main"), other.pack({}), other.moved(address)}) {
      CHECK(Keys::is_of_store(inner, key));
      CHECK_FALSE(Keys::is_of_store("p", key));
    }
  }
  CHECK_FALSE(Keys::is_of_store("p", "pq/store"));
  CHECK_FALSE(Keys::is_of_store("p", "p/README"));
}

TEST_CASE("s3: a path is encoded as signatures count it") {
  Endpoint const endpoint{[] {
    auto config = sound();
    config.endpoint = "http://127.0.0.1:9000/";
    return config;
  }()};
  CHECK(endpoint.url("a b/c%+~\xc3\xbc", "") == "http://127.0.0.1:9000/b/a%20b/c%25%2B~%C3%BC");
  auto config = sound();
  config.path_style = false;
  config.region = "eu-central-1";
  CHECK(Endpoint{config}.url("k", "a=b") == "https://b.s3.eu-central-1.amazonaws.com/k?a=b");
}

TEST_CASE("s3: a configuration that can't be is refused with its key") {
  auto const code = [](auto change) {
    auto config = sound();
    change(config);
    return code_of([&] {
      static_cast<void>(checked_prefix(config));
      Endpoint const endpoint{config};
    });
  };
  CHECK_FALSE(code([](s3::Config&) {}).has_value());
  CHECK(code([](s3::Config& config) { config.bucket.clear(); }) == Errc::config_missing);
  CHECK(code([](s3::Config& config) { config.secret_key = {}; }) == Errc::config_missing);
  for (std::string const bucket : {"a/b", "a?b", "a b", "a\nb"}) CHECK(code([&](s3::Config& config) { config.bucket = bucket; }) == Errc::config_range);
  for (std::string const prefix : {"", "/", "a//b", "../a", "a/.", "/a"}) CHECK(code([&](s3::Config& config) { config.prefix = prefix; }) == Errc::config_range);
  for (std::string const endpoint : {"ftp://h", "http://", "h", "http://u:p@h", "http://h/path", "http://h?x"})
    CHECK(code([&](s3::Config& config) { config.endpoint = endpoint; }) == Errc::config_range);
  CHECK(code([](s3::Config& config) { config.access_key = "a\r\nHost: b"; }) == Errc::config_range);
  CHECK(code([](s3::Config& config) { config.session_token = cairn::Secret{"a\nb"}; }) == Errc::config_range);
  CHECK(code([](s3::Config& config) { config.region = "a:b"; }) == Errc::config_range);
}

TEST_CASE("s3: keys and places come from the variables that Amazon's tools read") {
  cairn::Environment const environment{[](std::string_view name) -> std::optional<std::string> {
    if (name == "AWS_ACCESS_KEY_ID") return "id";
    if (name == "AWS_SECRET_ACCESS_KEY") return "secret";
    if (name == "AWS_SESSION_TOKEN") return "token";
    if (name == "AWS_DEFAULT_REGION") return "eu-west-1";
    if (name == "AWS_ENDPOINT_URL") return "http://h";
    return std::nullopt;
  }};
  auto const config = s3::Backend::default_config({}, environment);
  CHECK(config.access_key == "id");
  CHECK(config.secret_key.reveal() == "secret");
  CHECK(config.session_token.reveal() == "token");
  CHECK(config.region == "eu-west-1");
  CHECK(config.endpoint == "http://h");
  CHECK(s3::Backend::default_config({}, {}).region == "us-east-1");
}

TEST_CASE("s3: a page of a listing is read whole or not at all") {
  auto const page = read_page(bytes_of(
      "<?xml version='1.0'?><ListBucketResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><EncodingType>url</EncodingType>"
      "<IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;=</NextContinuationToken>"
      "<Contents><Key>p/a%2Bb+c</Key><Size>12</Size><Owner><ID>x</ID></Owner></Contents><Contents><Size>0</Size><Key>p/d</Key></Contents>"
      "</ListBucketResult>"));
  REQUIRE(page.has_value());
  CHECK(page->next == "t&=");
  REQUIRE(page->objects.size() == 2);
  CHECK(page->objects[0].key == "p/a+b c");
  CHECK(page->objects[0].size == 12);
  CHECK(page->objects[1].key == "p/d");
  CHECK(read_page(bytes_of("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"))->objects.empty());
  for (std::string_view const bad :
       {"", "<ListBucketResult>", "<html/>", "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>a%2</Key><Size>1</Size></Contents></ListBucketResult>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><ListBucketResult/>", "<ListBucketResult/><ListBucketResult/>"}) {
    CAPTURE(bad);
    CHECK_FALSE(read_page(bytes_of(bad)).has_value());
  }
  std::string deep;
  for (int i = 0; i != 100; ++i) deep += "<a>";
  CHECK_FALSE(read_page(bytes_of(deep)).has_value());
  CHECK_FALSE(read_page(bytes_of("<ListBucketResult><Prefix>" + std::string(100'000, 'x') + "</Prefix></ListBucketResult>")).has_value());
}

TEST_CASE("s3: what a refusal says can't break out of an error's data") {
  auto const read = read_refusal(bytes_of("<Error><Code>A\"b}&#10;c</Code><Message>m&#10;n</Message></Error>"));
  CHECK(read.code == "Abc");
  CHECK(read.message == "m n");
  CHECK(read_refusal(bytes_of("<Error><Code>A</Code>")).code.empty());
}

TEST_CASE("s3: faults that pass are told from those that don't") {
  CHECK(judge(answered(200)) == Verdict::final);
  CHECK(judge(answered(412)) == Verdict::final);
  CHECK(judge(answered(404)) == Verdict::final);
  CHECK(judge(answered(403, refusal("SignatureDoesNotMatch"))) == Verdict::final);
  CHECK(judge(answered(400, refusal("InvalidArgument"))) == Verdict::final);
  CHECK(judge(answered(400, refusal("RequestTimeout"))) == Verdict::not_done);
  CHECK(judge(answered(409, refusal("ConditionalRequestConflict"))) == Verdict::not_done);
  CHECK(judge(answered(503, refusal("SlowDown"))) == Verdict::slow_down);
  CHECK(judge(answered(429)) == Verdict::slow_down);
  for (long const status : {500L, 502L, 504L, 408L}) CHECK(judge(answered(status)) == Verdict::uncertain);
  CHECK(judge(answered(0, "", CURLE_COULDNT_CONNECT)) == Verdict::not_done);
  CHECK(judge(answered(0, "", CURLE_OPERATION_TIMEDOUT)) == Verdict::uncertain);
  CHECK(judge(answered(0, "", CURLE_GOT_NOTHING)) == Verdict::uncertain);
  CHECK(judge(answered(200, "", CURLE_PARTIAL_FILE)) == Verdict::uncertain);
  CHECK(judge(answered(0, "", CURLE_PEER_FAILED_VERIFICATION)) == Verdict::final);
  auto wrong = answered(200, "x");
  wrong.is_right = [](Answer const&) { return false; };
  CHECK(judge(wrong) == Verdict::uncertain);
}

TEST_CASE("s3: pauses double, are random below that, and are as long as the server asks for") {
  using std::chrono::milliseconds;
  auto const longest = [](Verdict verdict) {
    std::vector<std::int64_t> found;
    for (std::uint32_t tries = 1; tries != 10; ++tries) found.push_back(longest_pause(tries, verdict).count());
    return found;
  };
  CHECK(longest(Verdict::uncertain) == std::vector<std::int64_t>{50, 100, 200, 400, 800, 1600, 3200, 5000, 5000});
  CHECK(longest(Verdict::not_done) == longest(Verdict::uncertain));
  CHECK(longest(Verdict::slow_down) == std::vector<std::int64_t>{400, 800, 1600, 3200, 5000, 5000, 5000, 5000, 5000});
  CHECK(longest_pause(4'000'000'000U, Verdict::not_done) == milliseconds{5000});
  for (auto const verdict : {Verdict::not_done, Verdict::slow_down}) {
    for (std::uint32_t const tries : {1U, 4U, 30U}) {
      auto const most = longest_pause(tries, verdict);
      std::set<milliseconds> drawn;
      for (int i = 0; i != 1000; ++i) drawn.insert(pause(tries, verdict, milliseconds{0}));
      CHECK(*drawn.begin() >= milliseconds{0});
      CHECK(*drawn.rbegin() <= most);
      // All of the time is used: that no draw of a thousand is in a quarter of it happens once in 10^124 runs.
      CHECK(*drawn.begin() < most / 4);
      CHECK(*drawn.rbegin() > most - most / 4);
      for (int i = 0; i != 100; ++i) {
        CHECK(pause(tries, verdict, milliseconds{60'000}) == milliseconds{60'000});
        CHECK(pause(tries, verdict, most / 2) >= most / 2);
      }
    }
  }
}

TEST_CASE("s3: refusals become stable codes with advice") {
  auto const told = [](Call const& call) {
    try {
      raise_answer(call, "do it");
    } catch (cairn::Error const& error) {
      return std::pair{error.code(), std::string{error.what()}};
    }
  };
  auto const [skew, skew_text] = told(answered(403, refusal("RequestTimeTooSkewed")));
  CHECK(skew == Errc::io_error);
  CHECK(skew_text.find("clock") != std::string::npos);
  CHECK(told(answered(404, refusal("NoSuchBucket"))).second.find("bucket") != std::string::npos);
  CHECK(told(answered(403, refusal("SignatureDoesNotMatch"))).second.find(":secret-key") != std::string::npos);
  CHECK(told(answered(403, refusal("AccessDenied"))).first == Errc::io_denied);
  CHECK(told(answered(403)).first == Errc::io_denied);
  CHECK(told(answered(507)).first == Errc::io_full);
  CHECK(told(answered(403, refusal("QuotaExceeded"))).first == Errc::io_full);
  CHECK(told(answered(200, "damaged")).first == Errc::store_corrupt);
}

TEST_CASE("s3: a root says again what it was given, and notices every flipped bit") {
  auto root = root_of("main").successor();
  root.packed.resize(2);
  root.state.blob.emplace();
  for (auto const& one : {root_of("main"), root, root_of(std::string(1000, 'n'))}) {
    auto bytes = one.encode();
    CHECK(bytes.size() > RootObject::dropped_size);
    auto const again = RootObject::decode(bytes);
    REQUIRE(again.has_value());
    CHECK((again->encode() == bytes));
    CHECK(again->name == one.name);
    CHECK(again->frames.size() == 2);
    for (std::size_t bit = 0; bit != bytes.size() * 8; ++bit) {
      bytes[bit / 8] ^= std::byte{1} << (bit % 8);
      if (RootObject::decode(bytes)) FAIL("bit " << bit);
      bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    }
    for (std::size_t size = 0; size != bytes.size(); ++size) {
      if (RootObject::decode(std::span{bytes}.first(size))) FAIL("size " << size);
    }
  }
  root.is_dropped = true;
  CHECK(root.encode().size() == RootObject::dropped_size);
  CHECK(RootObject::decode(root.encode())->is_dropped);
}

TEST_CASE("s3: the root tells what became of a change whose reply was lost") {
  using Fate = RootObject::Fate;
  auto const before = root_of("main");
  auto const mine = before.successor();
  auto const other = before.successor();
  CHECK(mine.fate_of(mine.id, before.id) == Fate::landed);
  CHECK(mine.successor().successor().fate_of(mine.id, before.id) == Fate::landed);
  CHECK(before.fate_of(mine.id, before.id) == Fate::open);  // it may still land
  CHECK(other.fate_of(mine.id, before.id) == Fate::overtaken);
  CHECK(other.successor().fate_of(mine.id, before.id) == Fate::overtaken);
  // Created by another.
  CHECK(root_of("main").fate_of(mine.id, "") == Fate::overtaken);
  // Dropped after it, and instead of it.
  auto dropped = mine.successor();
  dropped.is_dropped = true;
  CHECK(RootObject::decode(dropped.encode())->fate_of(mine.id, before.id) == Fate::landed);
  // So long ago that nobody remembers.
  auto late = other;
  for (std::size_t i = 0; i != RootObject::most_remembered + 1; ++i) late = late.successor();
  CHECK(late.fate_of(mine.id, before.id) == Fate::open);
  // Others went on from it, dropped the root and created another.
  auto gone = mine.successor().successor();
  gone.is_dropped = true;
  auto const anew = RootObject::decode(gone.encode())->successor();
  CHECK(anew.fate_of(mine.id, before.id) == Fate::open);
  CHECK(RootObject::decode(anew.successor().encode())->fate_of(mine.id, before.id) == Fate::open);
  CHECK(anew.fate_of(gone.id, gone.was.back()) == Fate::landed);
  CHECK(anew.successor().fate_of(other.id, anew.id) == Fate::overtaken);
}

TEST_CASE("s3: a pack says what is in it, and a blob is only read from its place") {
  Pack pack;
  auto const one = pack.put(bytes_of("one"));
  auto const nothing = pack.put({});
  auto const two = pack.put(bytes_of("two"));
  auto const stored = [&](s3::Address const& address) { return ByteSpan{pack.bytes}.subspan(address.offset(), stored_size(address.size())); };
  CHECK(text_of(*blob_of(one, stored(one))) == "one");
  CHECK(blob_of(nothing, stored(nothing))->empty());
  CHECK_FALSE(blob_of(one, stored(two)).has_value());  // the same size, and whole
  CHECK_FALSE(blob_of(one, stored(one).first(5)).has_value());
  pack.seal(1234);
  auto const contents = read_contents(pack.key, pack.bytes);
  REQUIRE(contents.has_value());
  CHECK(contents->sealed_at == 1234);
  CHECK((contents->blobs == std::vector{one, nothing, two}));
  for (std::size_t bit = 0; bit != (smallest_contents + 24) * 8; ++bit) {
    auto damaged = pack.bytes;
    damaged[damaged.size() - 1 - bit / 8] ^= std::byte{1} << (bit % 8);
    if (read_contents(pack.key, damaged)) FAIL("bit " << bit);
  }
}

TEST_CASE("s3: what is put goes into packs of some size, and never behind what was tried to write") {
  TimedKeys keys;
  auto const new_pack = [&] { return Pack{keys.next(), {}, {}, false}; };
  std::string const blob(100, 'x');
  GatheredPacks gathered{2 * stored_size(100) + 1, 3};
  auto const put = [&](std::string_view bytes) { return gathered.put(bytes_of(bytes), new_pack).pack(); };
  CHECK(gathered.empty());
  auto const first = put(blob);
  CHECK(put(blob) == first);
  CHECK(gathered.bytes() == 2 * stored_size(100));
  auto const second = put(blob);  // there is no room
  CHECK(second != first);
  CHECK(put("") == second);
  CHECK(put("") == second);
  auto const third = put("");  // there are three
  CHECK(third != second);
  gathered.packs().back().seal(0);
  auto const fourth = put("");  // it was tried
  CHECK(fourth != third);
  CHECK(put(std::string(1000, 'x')) != fourth);  // by itself
  REQUIRE(gathered.packs().size() == 5);
  CHECK(gathered.packs()[0].blobs.size() == 2);
  CHECK(gathered.packs()[1].blobs.size() == 3);
  gathered.clear();
  CHECK(gathered.empty());
  CHECK(gathered.bytes() == 0);
  CHECK(put(blob) != first);
}

TEST_CASE("s3: blobs that lie together are one request, in any order, and what is far or large is not") {
  cairn::backends::common::TimedKey first;
  cairn::backends::common::TimedKey second;
  second.bytes[15] = 1;
  auto const at = [&](std::uint64_t offset, std::uint64_t size) {
    return s3::Address::of(first, static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size));
  };
  std::vector<s3::Address> const addresses{at(300, 92), at(0, 92), at(100, 192), s3::Address::of(second, 400, 10), at(400 + widest_gap, 92),
                                           at(501 + 2 * widest_gap, 92), at(0, 92), at(50'000, longest_run), at(51'000, 10)};
  std::vector<std::size_t> const places{0, 1, 2, 3, 4, 5, 6, 7, 8};
  auto const runs = runs_of(addresses, places);
  std::vector<std::vector<std::size_t>> found;
  for (auto const& run : runs) found.push_back(run.places);
  std::sort(found[0].begin(), found[0].begin() + 2);  // the same twice
  CHECK((found == std::vector<std::vector<std::size_t>>{{1, 6, 2, 0, 4}, {5}, {7}, {8}, {3}}));
  CHECK(runs[0].from == 0);
  CHECK(runs[0].to == 500 + widest_gap);
  CHECK(runs[1].to - runs[1].from == 100);
  CHECK(runs_of(addresses, places, 0).size() == 9);
  CHECK(runs_of(addresses, std::vector<std::size_t>{3, 0}).size() == 2);
  CHECK(runs_of(addresses, std::vector<std::size_t>{}).empty());
  std::vector<s3::Address> many;
  for (std::uint64_t i = 0; i != 64; ++i) many.push_back(at(i * 8000, 7992));
  std::vector<std::size_t> all(64);
  for (std::size_t i = 0; i != 64; ++i) all[i] = i;
  for (auto const& run : runs_of(many, all)) CHECK(run.to - run.from <= longest_run);
  CHECK(runs_of(many, all).size() == 16);
  Pack pack;
  std::vector<s3::Address> const put{pack.put(bytes_of("one")), pack.put(bytes_of("other"))};
  auto const run = runs_of(put, std::vector<std::size_t>{1, 0})[0];
  REQUIRE(run.to == pack.bytes.size());
  CHECK(text_of(*blob_of(put[0], run.stored(put[0], pack.bytes))) == "one");
  CHECK(text_of(*blob_of(put[1], run.stored(put[1], pack.bytes))) == "other");
}

TEST_CASE("s3: a marker is read again, and a later release's is refused") {
  Marker marker;
  marker.id.fill(0xab);
  marker.quotes = Quotes::without;
  marker.probed = "http://127.0.0.1:1/b c";
  auto const again = Marker::read(marker.text());
  REQUIRE(again.has_value());
  CHECK(again->text() == marker.text());
  CHECK(again->probed == marker.probed);
  CHECK_FALSE(Marker::read("something else").has_value());
  CHECK_FALSE(Marker::read(marker.text() + "more\n").has_value());
  CHECK(code_of([] { static_cast<void>(Marker::read("cairn-s3-store 2\n")); }) == Errc::store_format);
}
