// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a form of the shell evaluates to.
#pragma once

#include "../backends.hpp"

#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace cairn::tool {

using ConnPtr = std::shared_ptr<Conn>;
using ReportPtr = std::shared_ptr<Report const>;
using DbEntity = Entity<Database::index_tag>;

struct ShellValue;

/// A datom, and its attribute as its database names it.
struct DbDatom {
  Datom datom;
  Edn attribute;

  DbDatom(Datom shown, Database const& db) : datom{std::move(shown)}, attribute{db.attribute_edn(datom.a)} {}
};
[[nodiscard]] inline Edn to_edn(DbDatom const& one) {
  auto const [e, a, v, tx, added] = one.datom;
  return Edn::vector({Edn::integer(e), one.attribute, cairn::to_edn(v), Edn::integer(tx), Edn::boolean(added)});
}

/// A list of things that EDN cannot hold, such as the datoms of an index.
using Values = std::vector<ShellValue>;

struct ShellValue {
  std::variant<Edn, DbDatom, Values, Database, ConnPtr, ReportPtr, DbEntity> is;

  template <class Held>
  [[nodiscard]] Held const* get() const noexcept {
    return std::get_if<Held>(&is);
  }
};

[[nodiscard]] inline ShellValue nil() { return {Edn::nil()}; }

/// The value as EDN, on one line: sets and maps in value order, a datom as `[e a v tx added]`. Errors: `edn/limit` for more than 256 MiB.
[[nodiscard]] std::string print(ShellValue const& value);

/// A form as it was written, up to the same length.
[[nodiscard]] std::string form_text(Edn const& form);

/// The same of what is named in a message: what is long is cut.
[[nodiscard]] std::string brief(ShellValue const& value);

/// `#cairn/error {:code ... :message "..."}`.
[[nodiscard]] std::string print(Error const& error);

/// The same as EDN, where there is such a value: of a datom its vector, of an entity its map. Errors: `transact/syntax`.
[[nodiscard]] Edn to_edn(ShellValue const& value);

}  // namespace cairn::tool
