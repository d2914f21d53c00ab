// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Entities as EDN names them.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/db/edn_conversion.hpp>
#include <cairn/db/entity_ref.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/error/error.hpp>

#include <cstddef>
#include <string>

namespace cairn::detail {

/// What a number, an ident or a lookup ref means; the value of a lookup ref may be a lookup ref again, where its
/// attribute refers to entities.
template <class IndexTag>
[[nodiscard]] EntityRef entity_ref_of(Db<IndexTag> const& db, notation::Value const& edn, std::size_t depth = 0) {
  if (edn.is_integer()) return edn.as_integer();
  if (edn.is_keyword()) return Keyword{edn.as_keyword()};
  if (!edn.is_sequence()) {
    raise(Errc::entity_id_syntax,
          "An entity is a number, an ident or a lookup ref; found " + notation::write(edn).substr(0, 200) + ".", "{}");
  }
  if (edn.size() != 2 || !edn[0].is_keyword() || depth == 16) {
    raise(Errc::lookup_ref_syntax,
          "A lookup ref is [attribute value], as [:name \"Ivan\"]; found " + notation::write(edn).substr(0, 200) + ".",
          "{}");
  }
  Keyword const name{edn[0].as_keyword()};
  auto const* attribute = db.schema().find(name);
  if (attribute != nullptr && attribute->is_ref() && edn[1].is_sequence()) {
    return LookupRef{name, db.require_entity(entity_ref_of(db, edn[1], depth + 1))};
  }
  return LookupRef{name, to_value(edn[1])};
}

}  // namespace cairn::detail
