// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// From EDN to what a pull pattern says.
#pragma once

#include <cairn/db/pull/tree.hpp>
#include <cairn/edn/name.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::detail {

/// Reads one pattern. All of it is looked at, so that a mistake in it shows before any entity does.
template <meta::Lazy = {}>
class PullParser {
  using Edn = notation::Value;

 public:
  [[nodiscard]] static PullTree parse(Edn const& pattern) {
    PullParser parser;
    parser.tree_.written = pattern;
    static_cast<void>(parser.read_pattern(pattern, 0));
    return std::move(parser.tree_);
  }

 private:
  static constexpr std::size_t deepest = 256;
  static constexpr std::size_t most_shown = 400;

  /// A set does, too: `*` and maps are told by what they are, and not by their place.
  static bool is_pattern(Edn const& form) { return form.is_sequence() || form.is_set(); }
  static bool is_star(Edn const& form) {
    return form.is_symbol("*") || form.is_keyword("*") || (form.is_string() && form.as_string() == "*");
  }
  static bool is_endless(Edn const& form) {
    return form.is_symbol("...") || (form.is_string() && form.as_string() == "...");
  }

  std::uint32_t read_pattern(Edn const& pattern, std::size_t depth) {
    if (!is_pattern(pattern)) refuse("A pull pattern is a vector, such as [:name {:friend [:name]}].", pattern);
    if (depth == deepest) refuse("A pull pattern can have 256 levels.", Edn{});
    auto const place = static_cast<std::uint32_t>(tree_.nodes.size());
    tree_.nodes.emplace_back();
    for (auto const& item : pattern.items()) {
      if (is_star(item)) {
        tree_.nodes[place].everything = true;
      } else if (item.is_map()) {
        for (std::size_t i = 0; i != item.size(); ++i) add(place, with_inner(item.key(i), item.value(i), depth));
      } else {
        add(place, read_attribute(item));
      }
    }
    return place;
  }

  void add(std::uint32_t place, PullItem item) { tree_.nodes[place].items.push_back(std::move(item)); }

  PullItem with_inner(Edn const& key, Edn const& inner, std::size_t depth) {
    auto item = read_attribute(key);
    if (is_endless(inner) || (inner.is_integer() && inner.as_integer() > 0)) {
      item.inner = PullInner::recursion;
      item.depth = inner.is_integer() ? inner.as_integer() : 0;
    } else if (is_pattern(inner)) {
      item.inner = PullInner::pattern;
      item.pattern = read_pattern(inner, depth + 1);
    } else {
      refuse("An attribute in a map leads to a pattern, to a number of levels from 1, or to `...`.", inner);
    }
    return item;
  }

  /// `:a`, `(:a :as x :limit 2 :default y)`, `[...]` alike, `(limit :a 2)`, `(default :a y)`.
  PullItem read_attribute(Edn const& form) {
    if (!form.is_sequence()) return named(form, form);
    auto const parts = form.items();
    bool const is_old = parts.size() == 3 && (parts[0].is_symbol("limit") || parts[0].is_symbol("default"));
    if (is_old) {
      auto item = named(parts[1], form);
      set_option(item, parts[0].as_symbol(), parts[2], form);
      return item;
    }
    if (parts.size() % 2 == 0) {
      refuse("An attribute with options is [:attribute :option value ...], or (limit :attribute 3).", form);
    }
    auto item = named(parts[0], form);
    for (std::size_t i = 1; i != parts.size(); i += 2) {
      if (!parts[i].is_keyword()) refuse("The options are :as, :default, :limit and :xform.", form);
      set_option(item, parts[i].as_keyword(), parts[i + 1], form);
    }
    return item;
  }

  PullItem named(Edn const& name, Edn const& form) {
    if (!name.is_keyword() && !name.is_string()) {
      refuse("Not an attribute of a pull pattern: these are keywords, strings, * and maps.", form);
    }
    std::string_view text = name.is_keyword() ? name.as_keyword() : name.as_string();
    if (text.starts_with(':')) text.remove_prefix(1);
    if (notation::detail::any_name_error(text, true) != nullptr) refuse("Not the name of an attribute.", form);
    PullItem item;
    item.key = name;
    auto const slash = text.size() > 1 ? text.find('/') : std::string_view::npos;
    auto const start = slash == std::string_view::npos ? 0 : slash + 1;
    std::string forward{text};
    if (text.size() > start + 1 && text[start] == '_') {
      item.reverse = true;
      forward.erase(start, 1);
    }
    item.attribute = Keyword{forward};
    item.is_id = forward == "db/id";
    return item;
  }

  void set_option(PullItem& item, std::string_view option, Edn const& value, Edn const& form) {
    if (option == "as") {
      item.key = value;
    } else if (option == "default") {
      item.missing = value;
    } else if (option == "limit") {
      if (value.is_nil()) {
        item.limit = (std::numeric_limits<std::size_t>::max)();
      } else if (value.is_integer() && value.as_integer() > 0) {
        item.limit = static_cast<std::size_t>(value.as_integer());
      } else {
        refuse("A :limit is a number from 1, or nil for all.", form);
      }
    } else if (option == "xform") {
      if (!value.is_symbol() && !value.is_keyword() && !value.is_string()) {
        refuse("An :xform is the name of a function.", form);
      }
      item.function = value;
    } else {
      refuse("The options are :as, :default, :limit and :xform.", form);
    }
  }

  /// The pattern from where the form is, or all of it; never more than a few lines.
  [[noreturn]] void refuse(std::string const& reason, Edn const& form) const {
    auto const text = written(tree_.written);
    auto const place = form.is_nil() ? std::string{} : written(form);
    auto message = reason;
    if (!place.empty()) message += " Found " + clipped(place, 0);
    if (place != text) {
      auto const at = text.find(place);
      auto const lead = std::size_t{60};
      message +=
          (place.empty() ? " Found " : " in ") + clipped(text, at == std::string::npos || at < lead ? 0 : at - lead);
    }
    raise(Errc::parser_find, message + ".",
          "{:form " + (place.size() > most_shown || place.empty() ? "nil" : place) + "}");
  }

  static std::string written(Edn const& form) {
    try {
      return notation::write(form);
    } catch (Error const&) {
      return "\"(not writable)\"";
    }
  }
  /// From there on, cut between characters.
  static std::string clipped(std::string const& text, std::size_t from) {
    auto const is_inside = [&](std::size_t at) { return at < text.size() && (text[at] & 0xC0) == 0x80; };
    while (is_inside(from)) ++from;
    auto to = std::min(text.size(), from + most_shown);
    while (is_inside(to)) --to;
    return (from == 0 ? "" : "... ") + text.substr(from, to - from) + (to == text.size() ? "" : " ...");
  }

  PullTree tree_{};
};

}  // namespace cairn::detail
