// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is restored is what was dumped, to the byte.
#pragma once

#include "laws/database.hpp"

#include <cairn/db/schema_codec.hpp>
#include <cairn/db/verify.hpp>
#include <cairn/dump/restore.hpp>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::laws {

[[nodiscard]] inline ByteSink into(std::string& text) {
  return [&text](std::span<std::byte const> bytes) { text.append(reinterpret_cast<char const*>(bytes.data()), bytes.size()); };
}
/// In pieces of a prime number of bytes, so that all boundaries are met.
[[nodiscard]] inline ByteSource out_of(std::string_view text) {
  return [text](std::span<std::byte> room) mutable {
    auto const size = std::min({room.size(), text.size(), std::size_t{977}});
    if (size != 0) std::memcpy(room.data(), text.data(), size);
    text.remove_prefix(size);
    return size;
  };
}

template <class Db>
[[nodiscard]] std::string dumped(Db const& db, DumpOptions const& options = {}) {
  std::string text;
  auto const report = dump(db, into(text), options);
  CHECK(report.bytes == text.size());
  return text;
}

/// All datoms of all indexes as bytes, and what else there is of a snapshot.
template <class IndexTag>
[[nodiscard]] std::string everything_of(Snapshot<IndexTag> const& snapshot) {
  ByteWriter out;
  for (auto const* indexes : {&snapshot.current, &snapshot.temporal}) {
    auto const put = [&](auto const& index) {
      detail::for_each_datom(index, [&](RawDatom const& datom) { codec::write(out, datom); });
      out.u64(index.size());
    };
    put(indexes->eavt);
    put(indexes->aevt);
    put(indexes->avet);
  }
  codec::write(out, *snapshot.schema);
  out.signed_varint(snapshot.max_entity);
  out.signed_varint(snapshot.max_tx);
  out.signed_varint(snapshot.last_instant.milliseconds);
  auto const& options = *snapshot.options;
  out.u8(static_cast<std::uint8_t>((options.keep_history ? 1 : 0) + (options.attribute_refs ? 2 : 0) + (options.schema_flexibility == SchemaFlexibility::read ? 4 : 0)));
  auto const bytes = std::move(out).take();
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// A random history, with a schema that changes and facts that are purged, dumped in both encodings and restored: the same bytes, the
/// same answers, and it goes on. `From` and `To` are harnesses of stores.
template <class From, class To>
void check_dump() {
  using Source = Store<typename From::Backend>;
  using Target = Store<typename To::Backend>;
  auto const seed = Catch::getSeed();
  CAPTURE(seed);
  From from;
  Source::create(from.config());
  auto connection = Source::connect(from.config());
  connection.transact(database_schema);
  connection.transact("[{:n 0}]");
  RandomTransactions transactions{seed};
  for (int step = 0; step != 60; ++step) {
    auto const text = transactions.next();
    static_cast<void>(code_of([&] { connection.transact(text); }));
    if (step == 20) connection.transact("[[:db/add :text :db/noHistory true] [:db/add :tag :db/index true] {:db/ident :mark :db/doc \"a name\"}]");
    if (step == 30) connection.transact("[[:db.purge/entity [:n 0]]]");
    if (step == 31) connection.transact("[{:n 0}]");
    if (step == 40) connection.transact("[[:db/add :tag :db/ident :label]]");
    if (step == 41) break;
  }
  auto const db = connection.db();
  auto const expected = everything_of(db.snapshot());
  for (auto const encoding : {DumpEncoding::edn, DumpEncoding::cbor}) {
    auto const text = dumped(db, {.encoding = encoding, .chunk_size = 100});
    To to;
    using Tag = typename To::Backend::index_tag;
    auto const report = restore<typename To::Backend, Tag>(to.config(), out_of(text), {.memory = 1});
    CHECK(report.current == db.snapshot().current.eavt.size());
    CHECK(report.past == db.snapshot().temporal.eavt.size());
    auto restored = Target::connect(to.config());
    CHECK((everything_of(restored.db().snapshot()) == expected));
    CHECK_NOTHROW(verify(restored.db()));
    for (auto tx = first_transaction; tx <= db.max_tx(); tx += 7) CHECK((facts_of(restored.db().as_of(tx)) == facts_of(db.as_of(tx))));
    auto again = dumped(restored.db(), {.encoding = encoding, .chunk_size = 100});
    if constexpr (std::same_as<typename From::Backend::index_tag, Tag>) CHECK((again == text));
    CHECK(code_of([&] { restore<typename To::Backend, Tag>(to.config(), out_of(text)); }) == Errc::store_exists);
    restored.transact("[{:n 100000 :text \"new\"} [:db/retract [:n 0] :n 0]]");
    CHECK(restored.db().max_tx() == db.max_tx() + 1);
    CHECK_NOTHROW(verify(restored.db()));
  }
  To to;
  copy_database<typename To::Backend, typename To::Backend::index_tag>(db, to.config());
  CHECK((everything_of(Target::connect(to.config()).db().snapshot()) == expected));
}

}  // namespace cairn::laws
