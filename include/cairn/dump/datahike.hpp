// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Datahike's exports in EDN.
#pragma once

#include <cairn/dump/imported_history.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cairn::detail {

/// Reads what Datahike's `export-db` prints: a datom a line, `#datahike/Datom [e a v tx added]`, in any order, with the schema's among
/// them. Vectors without the tag, or without `added`, are taken too.
template <meta::Lazy = {}>
void read_datahike(DumpInput& in, ImportedHistory& history) {
  std::vector<notation::Node> nodes;
  std::uint64_t number = 0;
  auto const read = [&](std::string_view line) {
    for (std::size_t at = 0;;) {
      nodes.clear();
      auto const result = notation::read_next(line, at, nodes, dump_reading);
      if (result.status == notation::ReadStatus::end) return;
      if (result.status != notation::ReadStatus::form) bad_record(std::string{result.message});
      at = result.end;
      notation::Form form{line, nodes.data(), result.root};
      if (form.is(notation::Kind::tagged) && form.tag() == "datahike/Datom") form = form.tagged_value();
      if (!form.is(notation::Kind::vector) || form.size() < 4 || form.size() > 5) bad_record("it is no datom: [e a v tx added]");
      if (form[1].is(notation::Kind::integer)) {
        bad_record("its attributes are numbers: export a database without :attribute-refs? true");
      }
      if (!form[0].is(notation::Kind::integer) || !form[1].is(notation::Kind::keyword) || !form[3].is(notation::Kind::integer) ||
          (form.size() == 5 && !form[4].is(notation::Kind::boolean))) {
        bad_record("it is no datom: [e a v tx added]");
      }
      history.add(form[0].integer(), Keyword{form[1].name()}, read_exact(form[2]), form[3].integer(), form.size() == 4 || form[4].boolean());
    }
  };
  for (bool is_more = true; is_more;) {
    ++number;
    try {
      auto const line = in.line(0);
      is_more = line.has_value();
      auto const text = is_more ? *line : in.ahead(in.limit());
      read(text);
      in.pass(text.size());
    } catch (BadRecord const& bad) {
      raise(Errc::edn_syntax, "Line " + std::to_string(number) + " of the export cannot be taken: " + bad.what + ".", "{:line " + std::to_string(number) + "}");
    }
  }
}

}  // namespace cairn::detail
