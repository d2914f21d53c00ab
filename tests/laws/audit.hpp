// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What an adversary who can write to the storage may not do unnoticed, checksums notwithstanding.
#pragma once

#include "laws/adversary.hpp"
#include "laws/database.hpp"

#include <cairn/database.hpp>
#include <cairn/datom/checksum.hpp>
#include <cairn/backends/mem/backend.hpp>
#include <cairn/layer/audited.hpp>
#include <cairn/layer/cached.hpp>
#include <cairn/layer/metered.hpp>
#include <cairn/layer/tiered.hpp>
#include <cairn/store/verify_chain.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::laws {

/// An audited database with two branches, a merge, nodes that branch, and a tail.
template <class Harness>
struct AuditedDatabase {
  using Backend = typename Harness::Backend;
  using Store = cairn::Store<Backend>;
  using Conn = typename Store::Connection;

  explicit AuditedDatabase(bool signs) : is_signed{signs} {
    connection.transact(database_schema);
    first = commit_id(connection);
    std::string data = "[";
    for (int i = 0; i != 300; ++i) data += "{:n " + std::to_string(i) + " :text \"first\"}";
    connection.transact(data + "]");
    create_branch(connection, "draft");
    auto draft = connect_branch(connection, "draft");
    draft.transact(R"([{:n 1000 :text "of the draft"}])");
    connection.transact(R"([{:n 1 :text "another"}])");
    REQUIRE(merge(connection, "draft").merged());
    newest = commit_id(connection);
    connection.transact(R"([{:n 2 :text "a"}])");
    connection.transact(R"([{:n 3 :text "b"}])");
    connection.transact(R"([{:n 4 :text "c"}])");
    REQUIRE(verify_chain(connection).sound());
    main = *connection.blobs().inner().root("db");
    draft_root = *connection.blobs().inner().root("draft");
    REQUIRE(main.tail.size() == 3);
  }
  AuditedDatabase(AuditedDatabase const&) = delete;
  AuditedDatabase& operator=(AuditedDatabase const&) = delete;
  ~AuditedDatabase() { test::tampering().clear(); }

  /// What is said of the root `db`, exchanged: the first error of whoever reads it, or nothing.
  [[nodiscard]] std::optional<Error> read(Bytes const& state, std::vector<Bytes> const& tail, std::string const& branch = "db") const {
    test::tampering().roots = {{branch, {{}, state, tail}}};
    test::tampering().is_on = true;
    try {
      auto const conn = Store::connect(config, branch);
      return std::nullopt;
    } catch (Error const& error) {
      return error;
    }
  }

  bool is_signed;
  Harness harness{};
  typename Backend::Config config = [this] {
    auto made = harness.config();
    if (!is_signed) made.key = {};
    return made;
  }();
  /// Open for as long as there is to be a tail.
  Conn connection = [this] {
    Store::create(config);
    return Store::connect(config);
  }();
  CommitId first{};   ///< the oldest but one
  CommitId newest{};  ///< what the state of `db` holds
  RootRecord main{};
  RootRecord draft_root{};
};

[[nodiscard]] inline std::vector<std::byte> copy_of(Bytes const& bytes) { return {bytes.view().begin(), bytes.view().end()}; }

/// Whether it is `store/corrupt` and says so of `what`.
[[nodiscard]] inline bool names(std::optional<Error> const& error, std::string_view what) {
  return error && error->code() == Errc::store_corrupt && error->message().find(what) != std::string::npos;
}

/// Makes the checksum of the engine what it has to be, `behind` bytes before the end.
inline void mend(std::vector<std::byte>& bytes, std::size_t behind) {
  if (bytes.size() < behind + sizeof(std::uint64_t)) return;
  auto const end = bytes.size() - behind - sizeof(std::uint64_t);
  auto const sum = checksum(std::span{bytes}.first(end));
  for (std::size_t i = 0; i != sizeof sum; ++i) bytes[end + i] = static_cast<std::byte>(sum >> (8 * i));
}

/// Each byte of each node and each record of a commit, one node in the place of another, and one that is gone.
template <class Harness>
void check_tampered_nodes() {
  AuditedDatabase<Harness> db{false};
  auto conn = AuditedDatabase<Harness>::Store::connect(db.config);
  auto& tampering = test::tampering();
  tampering.is_on = true;
  auto const whole = verify_chain(conn);
  REQUIRE(whole.sound());
  CHECK(whole.branches == 2);
  CHECK(whole.commits >= 6);
  CHECK(whole.frames == 3);
  CHECK(whole.incomplete.empty());
  auto const blobs = tampering.seen;
  CHECK(blobs.size() >= whole.nodes + whole.commits - whole.branches);  // one record or more of each but the heads
  auto const hex = [](std::string const& address) { return layer::hex_of(std::as_bytes(std::span{address.data(), address.size()})); };
  auto const& other = *blobs.begin();
  bool has_node = false;
  bool has_record = false;
  for (auto const& [address, blob] : blobs) {
    typename ConnectionOf<typename Harness::Backend>::Address where;
    std::memcpy(&where.inner, address.data(), address.size());
    where.digest = layer::digest_of(blob);
    // With the checksum mended: what the bytes then say is something else, soundly written.
    bool all_found = true;
    for (std::size_t at = 0; at != blob.size(); ++at) {
      auto hurt = copy_of(blob);
      hurt[at] ^= std::byte{1};
      if (at + layer::salt_size < blob.size()) mend(hurt, layer::salt_size);
      if (std::ranges::equal(hurt, blob.view())) continue;  // in the checksum, and mended
      tampering.blobs = {{address, Bytes{std::move(hurt)}}};
      all_found = all_found && code_of([&] { static_cast<void>(conn.blobs().read(where)); }) == Errc::store_corrupt;
    }
    CHECK(all_found);
    auto hurt = copy_of(blob);
    hurt[4] ^= std::byte{1};
    mend(hurt, layer::salt_size);
    tampering.blobs = {{address, Bytes{std::move(hurt)}}};
    auto const report = verify_chain(conn);
    REQUIRE(report.faults.size() == 1);
    auto const& fault = report.faults.front();
    CHECK(fault.code == Errc::store_corrupt);
    CAPTURE(fault.what);
    CHECK(fault.what.find(hex(address)) != std::string::npos);
    CHECK(fault.what.starts_with("Commit "));
    bool const is_node = fault.what.find(", index ") != std::string::npos;
    CHECK(is_node == (fault.what.find("record") == std::string::npos));
    (is_node ? has_node : has_record) = true;
    if (address == other.first) continue;
    tampering.blobs = {{address, other.second}};
    CHECK(verify_chain(conn).faults.size() == 1);
  }
  CHECK(has_node);
  CHECK(has_record);
  tampering.blobs.clear();
  CHECK(verify_chain(conn, {.from = db.first}).proven == 2);
}

/// What a tail and the state before it can be made to look like.
template <class Harness>
void check_tampered_roots() {
  for (bool const is_signed : {false, true}) {
    CAPTURE(is_signed);
    AuditedDatabase<Harness> db{is_signed};
    auto const& [version, state, tail] = db.main;
    auto const behind = sizeof(layer::Link) + (is_signed ? sizeof(layer::Signature) : 0);
    CHECK_FALSE(db.read(state, tail));

    auto const each_byte = [&](Bytes const& part, std::size_t mended, auto put) {
      bool all_found = true;
      for (std::size_t at = 0; at != part.size(); ++at) {
        auto hurt = copy_of(part);
        hurt[at] ^= std::byte{1};
        if (at + mended < part.size()) mend(hurt, mended);
        if (!std::ranges::equal(hurt, part.view())) all_found = all_found && put(Bytes{std::move(hurt)});
      }
      return all_found;
    };
    // A signature in the middle is not looked at by who reads the root, since the last one stands for it; `verify_chain` looks, below.
    auto const state_is_found = [&](Bytes const& hurt) { return names(db.read(hurt, {}), "The state of the root \"db\""); };
    auto const frame_is_found = [&](Bytes const& hurt) { return names(db.read(state, {tail[0], tail[1], hurt}), "Frame 3 in the tail of the root \"db\""); };
    CHECK(each_byte(state, behind, state_is_found));
    CHECK(each_byte(tail[2], behind, frame_is_found));

    CHECK(names(db.read(state, {tail[1], tail[2]}), "Frame 1"));
    CHECK(names(db.read(state, {tail[0], tail[2]}), "Frame 2"));
    CHECK(names(db.read(state, {tail[0], tail[2], tail[1]}), "Frame 2"));
    CHECK(names(db.read(state, {tail[0], tail[1], tail[1]}), "Frame 3"));
    CHECK(names(db.read({}, tail), "Frame 1"));
    CHECK(names(db.read({}, {}), "The state"));
    CHECK(names(db.read(db.draft_root.state, {}), "The state of the root \"db\""));
    CHECK(names(db.read(state, tail, "draft"), "The state of the root \"draft\""));
    // A beginning of it was there once.
    CHECK_FALSE(db.read(state, {tail[0], tail[1]}));

    // An adversary who makes the links anew needs the key.
    auto forged = copy_of(tail[1]);
    forged.resize(forged.size() - behind);
    forged[16 + 3] ^= std::byte{1};
    mend(forged, 0);
    layer::Link link;
    std::ranges::copy(tail[0].view().last(behind).first(sizeof link), link.begin());
    auto const next = layer::link_of_frame(link, forged);
    forged.insert(forged.end(), next.begin(), next.end());
    if (is_signed) {
      auto const signature = tail[1].view().last(sizeof(layer::Signature));
      forged.insert(forged.end(), signature.begin(), signature.end());
      CHECK(names(db.read(state, {tail[0], Bytes{std::move(forged)}}), "Frame 2 in the tail of the root \"db\" is not signed with the key "));
      // Another's signature, under frames that are signed.
      auto replaced = copy_of(tail[1]);
      std::ranges::copy(tail[2].view().last(sizeof(layer::Signature)), replaced.end() - static_cast<std::ptrdiff_t>(sizeof(layer::Signature)));
      CHECK_FALSE(db.read(state, {tail[0], Bytes{replaced}, tail[2]}));
      auto const report = verify_chain(AuditedDatabase<Harness>::Store::connect(db.config));
      REQUIRE(report.faults.size() == 1);
      CHECK(report.faults[0].what.find("Frame 2 in the tail of the root \"db\" is not signed") != std::string::npos);
    } else {
      // No hash tells who made it. What follows is another thing.
      CHECK(names(db.read(state, {tail[0], Bytes{std::move(forged)}, tail[2]}), "Frame 3"));
    }
  }
}

/// A state that somebody made, with its checksum and its link as they have to be, and its own name too where that is made `anew`.
[[nodiscard]] inline Bytes forged_state(std::vector<std::byte> content, CommitId const& old, bool anew) {
  auto const name = std::ranges::search(content, old.bytes);
  REQUIRE_FALSE(name.empty());
  std::ranges::fill(name, std::byte{});
  auto const made = layer::audit_hash<sizeof(CommitId)>(layer::HashPurpose::commit, std::span{content}.first(content.size() - sizeof(std::uint64_t)));
  std::ranges::copy(anew ? made : old.bytes, name.begin());
  mend(content, 0);
  auto const link = layer::link_of_state("db", content);
  content.insert(content.end(), link.begin(), link.end());
  return Bytes{std::move(content)};
}

/// What is made anew from the bottom up has the right hashes, and another name, and nobody's signature.
template <class Harness>
void check_rewritten_history() {
  using Store = typename AuditedDatabase<Harness>::Store;
  AuditedDatabase<Harness> db{false};
  auto const verified = [&](std::optional<CommitId> from) { return verify_chain(Store::connect(db.config), {.from = from}); };
  CHECK(verified(db.newest).proven == verified({}).commits);

  // The newest commit is a merge. With its parents in another order it is another one.
  auto content = copy_of(db.main.state);
  content.resize(content.size() - sizeof(layer::Link));
  constexpr auto parent_size = sizeof(CommitId) + sizeof(typename ConnectionOf<typename Harness::Backend>::Address);
  auto const parents = std::span{std::ranges::search(content, db.newest.bytes).end(), content.end()};
  REQUIRE(parents[0] == std::byte{2});
  std::ranges::swap_ranges(parents.subspan(1, parent_size), parents.subspan(1 + parent_size, parent_size));
  CHECK(names(db.read(forged_state(content, db.newest, false), {}), "The commit " + to_text(db.newest) + " is not what was committed"));
  CHECK_FALSE(db.read(forged_state(content, db.newest, true), {}));
  CHECK(verified({}).sound());  // so soundly that only who knows the name of the old one can tell
  auto const faults = verified(db.newest).faults;
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].code == Errc::store_corrupt);
  CHECK(faults[0].what.starts_with("Commit " + to_text(db.newest) + " is none that the branch db comes from"));

  // An older state as a whole is sound, and lacks the newest commit.
  test::tampering().clear();
  auto const now = commit_id(db.connection);
  CHECK_FALSE(db.read(db.main.state, db.main.tail));
  CHECK(verified({}).sound());
  CHECK(verified(db.newest).sound());
  CHECK_FALSE(verified(now).sound());

  // A collection leaves less, and says so.
  test::tampering().clear();
  db.connection.collect_garbage({.keep_for = std::chrono::milliseconds{0}, .erase = true});
  auto const left = verified({});
  CHECK(left.sound());
  CHECK_FALSE(left.incomplete.empty());

  // Whoever makes a whole store in its place has no key.
  AuditedDatabase<Harness> signed_one{true};
  auto config = signed_one.config;
  auto const known = signed_one.first;
  std::string told;
  // [audit]
  auto const key = *Store::connect(config).blobs().public_key();  // when it was made: note it elsewhere
  config.public_key = cairn::layer::to_hex(key);                  // the store must be signed with that
  auto const report = cairn::verify_chain(Store::connect(config), {.from = known});
  for (auto const& fault : report.faults) told += fault.what + "\n";
  // [/audit]
  CHECK(report.sound());
  CHECK(report.proven == 2);
  CHECK(told.empty());
  config.key = {};
  auto reader = Store::connect(config);
  CHECK(verify_chain(reader).sound());
  CHECK(code_of([&] { reader.transact(R"([{:n 5 :text "unsigned"}])"); }) == Errc::config_missing);
  config.store = db.config.store;
  CHECK(code_of([&] { static_cast<void>(Store::connect(config)); }) == Errc::store_wrong_key);
  config.store = signed_one.config.store;
  config.public_key.back() = config.public_key.back() == '0' ? '1' : '0';
  CHECK(code_of([&] { static_cast<void>(Store::connect(config)); }) == Errc::store_wrong_key);
}

/// Whatever an adversary, or time, has made of a node, a collection does not make it worse.
template <class Harness>
void check_garbage_beside_rot() {
  AuditedDatabase<Harness> db{false};
  auto& tampering = test::tampering();
  GarbageOptions const options{.keep_for = std::chrono::milliseconds{0}, .erase = true};
  db.connection.collect_garbage(options);
  tampering.is_on = true;
  auto const whole = verify_chain(db.connection);
  REQUIRE(whole.sound());
  auto const blobs = tampering.seen;
  auto const live = db.connection.collect_garbage({.keep_for = std::chrono::milliseconds{0}, .dry_run = true}).live;
  int collected = 0;
  for (auto const& [address, blob] : blobs) {
    auto hurt = copy_of(blob);
    hurt[4] ^= std::byte{1};
    tampering.blobs = {{address, Bytes{std::move(hurt)}}};
    // Where it is needed to know what is alive, nothing is collected.
    auto const code = code_of([&] {
      auto conn = AuditedDatabase<Harness>::Store::connect(db.config);
      auto const alive = conn.collect_garbage({.keep_for = std::chrono::milliseconds{0}, .dry_run = true}).live;
      CHECK(alive == live);
      conn.collect_garbage(options);
      ++collected;
    });
    CHECK((!code || code == Errc::store_corrupt));
    tampering.blobs.clear();
    CHECK(verify_chain(AuditedDatabase<Harness>::Store::connect(db.config)).sound());
  }
  CHECK(collected > 0);
}

/// What a branch held when the verification began is there until it ends.
template <class Harness>
void check_verifying_beside_garbage() {
  AuditedDatabase<Harness> db{false};
  create_branch(db.connection, "other");
  bool is_done = false;
  ChainOptions options;
  options.progress = [&](std::uint64_t, std::uint64_t) {
    if (std::exchange(is_done, true)) return;
    for (std::string const name : {"draft", "other"}) {
      auto conn = connect_branch(db.connection, name);
      conn.transact(R"([{:n 1 :text "changed meanwhile"}])");
      conn.checkpoint();
    }
    db.connection.collect_garbage({.keep_for = std::chrono::milliseconds{0}, .erase = true});
  };
  auto const report = verify_chain(AuditedDatabase<Harness>::Store::connect(db.config), options);
  CHECK(is_done);
  CHECK(report.branches == 3);
  for (auto const& fault : report.faults) CHECK(fault.what.empty());
}

/// One node is a part of many commits.
template <class Harness>
void check_gaps() {
  using Store = typename AuditedDatabase<Harness>::Store;
  using Address = typename ConnectionOf<typename Harness::Backend>::Address;
  AuditedDatabase<Harness> db{false};
  delete_branch(db.connection, "draft");
  for (int i = 2000; i != 2003; ++i) {
    db.connection.transact("[{:n " + std::to_string(i) + " :text \"more\"}]");
    static_cast<void>(commit_id(db.connection));
  }
  for (int i = 0; i != 3; ++i) db.connection.transact("[{:n " + std::to_string(i * 100) + " :text \"changed\"}]");
  auto const head = commit_id(db.connection);
  auto const conn = Store::connect(db.config);
  std::map<std::string, std::set<std::string>> commits_of;  // by places
  for (auto const& commit : commit_log(conn)) {
    for_each_address(commit_as_db(conn, commit.id).snapshot(), [&](NodeAddress const& node) {
      auto const inner = node.template to<Address>().inner;
      commits_of[std::string{reinterpret_cast<char const*>(&inner), sizeof inner}].insert(to_text(commit.id));
      return true;
    });
  }
  auto& tampering = test::tampering();
  tampering.is_on = true;
  std::size_t most = 0;
  for (auto const& [place, commits] : commits_of) {
    tampering.gone = {place};
    auto const report = verify_chain(conn);
    bool const is_needed = commits.contains(to_text(head));
    CHECK(report.faults.size() == (is_needed ? 1U : 0U));
    std::set<std::string> told;
    for (auto const& id : report.incomplete) told.insert(to_text(id));
    auto expected = commits;
    expected.erase(to_text(head));
    CHECK(told == expected);
    if (!is_needed) most = (std::max)(most, commits.size());
  }
  CHECK(most >= 2);
}

// Above the layer that audits nothing may answer for the store.
using AuditedMem = Audited<backends::mem::Backend>;
static_assert(detail::audits_all_reads<ConnectionOf<AuditedMem>>());
static_assert(detail::audits_all_reads<ConnectionOf<Metered<AuditedMem>>>());
static_assert(detail::audits_all_reads<ConnectionOf<Audited<Tiered<backends::mem::Backend, backends::mem::Backend>>>>());
static_assert(!detail::audits_all_reads<ConnectionOf<Metered<Tiered<backends::mem::Backend, AuditedMem>>>>());
static_assert(!detail::audits_all_reads<layer::CachedConnection<AuditedMem>>());

}  // namespace cairn::laws
