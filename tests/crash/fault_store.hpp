// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A database on the file backend over a faulty disk, or in a process that is killed.
#pragma once

#include "fault_io.hpp"
#include <cairn/backends/file/backend.hpp>
#include <cairn/database.hpp>
#include <cairn/db/verify.hpp>

#include <cstdint>
#include <map>

namespace cairn::test {

using FaultStore = cairn::Store<backends::file::BasicBackend<FaultIo>>;

inline constexpr auto fault_schema =
    R"([{:db/ident :n :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
                            {:db/ident :twice :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/index true}
                            {:db/ident :counter :db/valueType :db.type/long :db/cardinality :db.cardinality/one}])";

/// Of everything that was ever true, what each transaction did: two databases with the same history have the same.
inline std::map<EntityId, cairn::detail::Digest> history_of(FaultStore::Connection::Database const& db) {
  std::map<EntityId, cairn::detail::Digest> history;
  auto const add = [&](RawDatom const& datom) { history[datom.tx].add(datom); };
  cairn::detail::for_each_datom(db.snapshot().current.eavt, add);
  cairn::detail::for_each_datom(db.snapshot().temporal.eavt, add);
  return history;
}

}  // namespace cairn::test
