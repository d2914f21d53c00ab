// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A transaction in its canonical form: what the log holds and what replay applies.
#pragma once

#include <cairn/datom/byte_io.hpp>
#include <cairn/datom/codec.hpp>
#include <cairn/datom/datom.hpp>
#include <cairn/meta/lazy.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace cairn {

/// What one transaction changed: no more and no less than what turns the database before into the database after.
///
/// `datoms` holds what became true and what ceased to be (`added` false), each at most once, all of transaction `tx`.
/// What was added and retracted inside the transaction, and what was true already, is not in it.
///
/// `purged` holds the datoms, of whatever transaction, that are taken out of the present and the past before that, in
/// the order of EAVT. They are in no stored form of a record: a log that named what was purged would keep it. Who
/// stores transactions stores the indexes that such a one made instead.
struct TxRecord {
  EntityId tx = 0;
  Instant instant{};
  EntityId max_entity = 0;  ///< the largest entity id given out so far, this transaction's included
  std::vector<std::pair<AttributeId, Keyword>> new_attributes{};  ///< named for the first time, numbers ascending
  std::vector<RawDatom> datoms{};
  std::vector<RawDatom> purged{};

  friend bool operator==(TxRecord const&, TxRecord const&) = default;
};

namespace codec {

namespace detail {

/// The kinds of record; the first byte of each.
inline constexpr std::uint8_t transaction_record = 1;

template <meta::Lazy = {}>
inline bool is_entity(EntityId id, EntityId tx) noexcept {
  return (id > 0 && id < first_transaction - 1) || (id >= first_transaction && id <= tx);
}

}  // namespace detail

/// The bytes that a datom takes in a record at the least.
inline constexpr std::size_t smallest_datom_of_record = 3;

/// A transaction (docs/format.md, "Transactions"). Requires: it purges nothing. Entities are written as the difference to the one before, and the
/// transaction once, so that a datom of a small value takes five bytes or so.
template <meta::Lazy = {}>
void write(ByteWriter& out, TxRecord const& record) {
  out.u8(detail::transaction_record);
  out.varint(static_cast<std::uint64_t>(record.tx - first_transaction));
  out.signed_varint(record.instant.milliseconds);
  out.varint(static_cast<std::uint64_t>(record.max_entity));
  out.varint(record.new_attributes.size());
  for (auto const& [id, ident] : record.new_attributes) {
    out.varint(id);
    out.text(ident.text());
  }
  out.varint(record.datoms.size());
  EntityId before = 0;
  for (auto const& datom : record.datoms) {
    out.signed_varint(datom.e - before);
    out.varint((static_cast<std::uint64_t>(datom.a) << 1U) | (datom.added ? 1U : 0U));
    write(out, datom.v);
    before = datom.e;
  }
}

/// Errors: `store/corrupt`; whatever is read, it is one that `apply` can take without harm.
template <meta::Lazy = {}>
TxRecord read_tx_record(ByteReader& in) {
  if (in.u8() != detail::transaction_record) ByteReader::corrupt("a record is of an unknown kind");
  TxRecord record;
  auto const ordinal = in.varint();
  if (ordinal >= static_cast<std::uint64_t>(first_transaction))
    ByteReader::corrupt("a transaction's number is too large");
  record.tx = first_transaction + static_cast<EntityId>(ordinal);
  record.instant = Instant{in.signed_varint()};
  auto const max_entity = in.varint();
  if (max_entity >= static_cast<std::uint64_t>(first_transaction))
    ByteReader::corrupt("an entity's number is too large");
  record.max_entity = static_cast<EntityId>(max_entity);
  for (auto left = in.count(2); left != 0; --left) {
    auto const id = in.varint();
    if (id > UINT32_MAX) ByteReader::corrupt("an attribute's number is too large");
    record.new_attributes.emplace_back(static_cast<AttributeId>(id),
                                       Keyword{cairn::detail::NameTable::instance().intern(in.text())});
  }
  auto const count = in.count(smallest_datom_of_record);
  record.datoms.reserve(count);
  std::uint64_t before = 0;  // unsigned: a hostile difference wraps and is then refused
  for (std::size_t i = 0; i != count; ++i) {
    RawDatom datom;
    before += static_cast<std::uint64_t>(in.signed_varint());
    datom.e = static_cast<EntityId>(before);
    if (!detail::is_entity(datom.e, record.tx)) ByteReader::corrupt("an entity's number is out of range");
    auto const attribute = in.varint();
    if ((attribute >> 1U) > UINT32_MAX) ByteReader::corrupt("an attribute's number is too large");
    datom.a = static_cast<AttributeId>(attribute >> 1U);
    datom.added = (attribute & 1U) != 0;
    datom.tx = record.tx;
    datom.v = read_value(in);
    record.datoms.push_back(std::move(datom));
  }
  return record;
}

}  // namespace codec

}  // namespace cairn
