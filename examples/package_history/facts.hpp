// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Single facts about an entity.
#pragma once

#include "schema.hpp"

#include <string>

namespace package_history {

/// The text under an attribute; empty where there is none.
[[nodiscard]] inline std::string text(Database const& db, cairn::EntityId entity, cairn::Keyword attribute) {
  auto const found = db.entity(entity).get(attribute);
  return found ? std::string{found.value().as_string()} : std::string{};
}

[[nodiscard]] inline std::string name_of(Database const& db, cairn::EntityId package) {
  return text(db, package, attribute::name);
}

/// When a transaction was.
[[nodiscard]] inline cairn::Instant instant_of(Database const& db, cairn::EntityId transaction) {
  return db.entity(transaction).get(attribute::tx_instant).value().as_instant();
}

[[nodiscard]] inline bool has(Database const& db, cairn::EntityId entity, cairn::Keyword attribute) {
  return db.entity(entity).contains(attribute);
}

}  // namespace package_history
