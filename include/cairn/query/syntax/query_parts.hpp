// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The parts of a query by their keyword, out of a vector or a map.
#pragma once

#include <cairn/config/nearest.hpp>
#include <cairn/edn/form.hpp>
#include <cairn/query/syntax/clause_parser.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::query::syntax {

enum class PartName : std::uint8_t { find, with, in, where, keys, strs, syms, order_by, limit, offset, having };

inline constexpr std::array part_names{
    std::string_view{":find"},  std::string_view{":with"},   std::string_view{":in"},    std::string_view{":where"},
    std::string_view{":keys"},  std::string_view{":strs"},   std::string_view{":syms"},  std::string_view{":order-by"},
    std::string_view{":limit"}, std::string_view{":offset"}, std::string_view{":having"}};

/// Neighbouring forms that belong to a keyword.
struct Part {
  bool present = false;
  std::uint32_t keyword = 0;  ///< node
  std::uint32_t first = 0;    ///< node of the first form
  std::uint32_t end = 0;      ///< node behind the last one
  std::size_t count = 0;
};

class QueryParts {
 public:
  using Form = notation::Form;

  [[nodiscard]] constexpr Part const& operator[](PartName name) const noexcept {
    return parts_[static_cast<std::size_t>(name)];
  }

  /// Fills itself from `query`; false, with a problem in `parser`, where that is none.
  constexpr bool read(Form query, ClauseParser& parser) {
    if (query.is(notation::Kind::map)) return read_map(query, parser);
    if (query.is_sequence() && query.size() != 0 && query[0].is(notation::Kind::keyword))
      return read_vector(query, parser);
    return parser.fail(Fault::bad_query, Errc::parser_query, query,
                       "a query is a vector that begins with a keyword, [:find ?e :where ...], or a map");
  }

 private:
  [[nodiscard]] static constexpr bool is_part(Form keyword) {
    for (std::string_view const name : part_names) {
      if (keyword.is_keyword(name.substr(1))) return true;
    }
    return false;
  }
  constexpr bool open(Form keyword, ClauseParser& parser, std::optional<PartName>& found) {
    for (std::size_t i = 0; i != part_names.size(); ++i) {
      if (!keyword.is_keyword(part_names[i].substr(1))) continue;
      found = static_cast<PartName>(i);
      if (!parts_[i].present) return true;
      return parser.fail(Fault::bad_query, Errc::parser_query, keyword, "this part of the query is there twice");
    }
    constexpr std::array directions{std::string_view{":desc"}, std::string_view{":asc"}};  // of :dsc both are as near
    bool const orders = parts_[static_cast<std::size_t>(PartName::order_by)].present;
    std::array const near{config::nearest(keyword.raw(), part_names),
                          orders ? config::nearest(keyword.raw(), directions) : std::string_view{}};
    return parser.fail(
        Fault::bad_query, Errc::parser_query, keyword,
        "a query has :find, :with, :in, :where, :keys, :strs, :syms, :order-by, :having, :limit and :offset",
        config::nearest(keyword.raw(), near));
  }

  constexpr bool read_vector(Form query, ClauseParser& parser) {
    std::uint32_t const end = query.node().next;
    for (Form form = query[0]; form.index() != end;) {
      std::optional<PartName> name;
      if (!open(form, parser, name)) return false;
      Form const first = form.next();
      Part part{true, form.index(), first.index(), first.index(), 0};
      // The directions of :order-by are keywords, and keys may be.
      bool const has_keys = *name == PartName::keys || *name == PartName::strs || *name == PartName::syms;
      auto const belongs = [&](Form next) {
        if (!next.is(notation::Kind::keyword)) return true;
        if (has_keys) return !is_part(next);
        return *name == PartName::order_by && (next.is_keyword("asc") || next.is_keyword("desc"));
      };
      for (form = first; form.index() != end && belongs(form); form = form.next()) {
        part.end = form.node().next;
        ++part.count;
      }
      parts_[static_cast<std::size_t>(*name)] = part;
    }
    return true;
  }

  constexpr bool read_map(Form query, ClauseParser& parser) {
    std::uint32_t const end = query.node().next;
    for (std::uint32_t at = query.index() + 1; at != end;) {
      Form const key = query.at(at);
      Form const value = key.next();
      at = value.node().next;
      if (!key.is(notation::Kind::keyword))
        return parser.fail(Fault::bad_query, Errc::parser_query, key,
                           "a query's map has keywords for its parts: {:find [...] :where [...]}");
      std::optional<PartName> name;
      if (!open(key, parser, name)) return false;
      Part& part = parts_[static_cast<std::size_t>(*name)];
      bool const single = *name == PartName::order_by || *name == PartName::limit || *name == PartName::offset;
      if (single) {
        part = {true, key.index(), value.index(), value.node().next, 1};
      } else if (value.is_sequence()) {
        part = {true, key.index(), value.index() + 1, value.node().next, value.size()};
      } else {
        return parser.fail(Fault::bad_query, Errc::parser_query, value, "a part of a query is a vector");
      }
    }
    return true;
  }

  std::array<Part, part_names.size()> parts_{};
};

}  // namespace cairn::query::syntax
