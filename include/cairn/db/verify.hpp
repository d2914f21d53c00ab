// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether all that a database holds is sound.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/db/unique_values.hpp>
#include <cairn/meta/lazy.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace cairn {

/// What `verify` has looked at.
struct Verification {
  std::uint64_t current = 0;   ///< datoms that are true
  std::uint64_t temporal = 0;  ///< operations on facts that are no longer true
  std::uint64_t in_avet = 0;   ///< of both, those that are in AVET too
};

namespace detail {

/// A sum over datoms that does not depend on their order: two indexes that hold the same have the same.
struct Digest {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;

  void add(RawDatom const& datom) noexcept {
    std::uint64_t mixed = datom.v.hash();
    for (std::uint64_t const part : {static_cast<std::uint64_t>(datom.e), static_cast<std::uint64_t>(datom.a),
                                     static_cast<std::uint64_t>(datom.tx), std::uint64_t{datom.added}}) {
      mixed = (mixed ^ part) * 0x9E3779B97F4A7C15U;
      mixed ^= mixed >> 29U;
    }
    sum += mixed;
    ++count;
  }
  friend bool operator==(Digest const&, Digest const&) = default;
};

template <class Index, class Visit>
void for_each_datom(Index const& index, Visit visit) {
  for (auto cursor = index.begin(); cursor.valid(); cursor.next_block()) {
    auto const block = cursor.block();
    for (std::size_t i = 0; i != block.size(); ++i) visit(block[i]);
  }
}

template <meta::Lazy = {}>
[[noreturn]] inline void raise_unsound(std::string const& what, std::string_view indexes) {
  raise(Errc::store_corrupt,
        "The " + std::string{indexes} + " indexes are not sound: " + what + ". Restore the database from a backup.");
}

template <class IndexTag>
std::uint64_t verify_indexes(Indexes<IndexTag> const& indexes, DatabaseSchema const& schema, bool current,
                             std::function<void(std::uint64_t)> const& progress) {
  std::string_view const which = current ? "current" : "temporal";
  Digest all;
  Digest to_be_in_avet;
  std::uint64_t seen = 0;
  RawDatom before;
  for_each_datom(indexes.eavt, [&](RawDatom const& datom) {
    if ((++seen & 0xFFFFU) == 0 && progress) progress(seen);
    auto const* attribute = schema.find(datom.a);
    if (attribute == nullptr) raise_unsound("a datom of entity " + std::to_string(datom.e) + " has an attribute that the schema does not name", which);
    if (current && !datom.added) raise_unsound("a retraction stands among what is true, at entity " + std::to_string(datom.e), which);
    if (current && !attribute->is_many() && datom.e == before.e && datom.a == before.a) {
      raise_unsound("entity " + std::to_string(datom.e) + " has two values under :" + std::string{attribute->ident.text()} +
                        ", which takes one",
                    which);
    }
    all.add(datom);
    if (attribute->in_avet()) to_be_in_avet.add(datom);
    before = datom;
  });
  Digest aevt;
  for_each_datom(indexes.aevt, [&](RawDatom const& datom) { aevt.add(datom); });
  if (aevt != all) raise_unsound("AEVT does not hold what EAVT holds", which);
  Digest avet;
  UniqueValues unique{schema};
  std::string shared;
  for_each_datom(indexes.avet, [&](RawDatom const& datom) {
    avet.add(datom);
    if (!current || !shared.empty()) return;
    if (auto const other = unique.other_with(datom)) shared = describe_shared_value(*schema.find(datom.a), datom.v, *other, datom.e);
  });
  if (avet != to_be_in_avet) raise_unsound("AVET does not hold the indexed datoms of EAVT", which);
  if (!shared.empty()) raise_unsound(shared, which);
  indexes.eavt.verify();
  indexes.aevt.verify();
  indexes.avet.verify();
  return avet.count;
}

}  // namespace detail

/// Reads every node of a database and compares its indexes with each other, and what is unique with what other entities have; throws
/// `store/corrupt`, or what the store throws, where something is not as it must be. `progress(datoms)` is called now and then and may throw to end it. Linear.
template <class IndexTag>
Verification verify(Db<IndexTag> const& db, std::function<void(std::uint64_t)> const& progress = {}) {
  auto const& snapshot = db.snapshot();
  auto const past = snapshot.current.eavt.size();
  Verification result{snapshot.current.eavt.size(), snapshot.temporal.eavt.size(), 0};
  result.in_avet = detail::verify_indexes(snapshot.current, *snapshot.schema, true, progress);
  result.in_avet += detail::verify_indexes(snapshot.temporal, *snapshot.schema, false, [&](std::uint64_t seen) {
    if (progress) progress(past + seen);
  });
  return result;
}

}  // namespace cairn
