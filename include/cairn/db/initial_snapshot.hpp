// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A database as it is created.
#pragma once

#include <cairn/db/snapshot.hpp>

#include <memory>

namespace cairn {

/// Where attributes are entities, the numbers below this are the system's own: they are on disk, and up to 63 is room for
/// more.
inline constexpr EntityId first_user_entity = 64;

/// A database that nobody has transacted anything into. `clock` is the time now.
template <class IndexTag>
[[nodiscard]] Snapshot<IndexTag> initial_snapshot(std::shared_ptr<DatabaseOptions const> options, Instant clock);

}  // namespace cairn

#ifndef CAIRN_ENGINE
#include <cairn/db/system_entities.hpp>
#endif
