// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether a pull pattern that is written in a query is one, and of which attributes.
#pragma once

#include <cairn/edn/form.hpp>

#include <cstddef>
#include <string_view>

namespace cairn::query::compiled {

/// Walks a pattern as `pull` reads it. `Attributes` is told of every attribute that is named, without the `_` of a reverse one:
/// `attribute(form, name)`.
template <class Attributes>
class PullCheck {
 public:
  constexpr explicit PullCheck(Attributes& attributes) noexcept : attributes_{attributes} {}

  /// Whether it is one; where not, `at` and `reason` say what is wrong.
  constexpr bool pattern(notation::Form form) {
    if (!is_list(form)) return fail(form, "a pull pattern is a vector, such as [:name {:friend [:name]}]");
    for (auto const item : form) {
      if (item.is(notation::Kind::map)) {
        for (std::size_t i = 0; i != item.size(); i += 2) {
          if (!attribute(item[i]) || !inner(item[i + 1])) return false;
        }
      } else if (!is_star(item) && !attribute(item)) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] constexpr notation::Form at() const noexcept { return at_; }
  [[nodiscard]] constexpr std::string_view reason() const noexcept { return reason_; }

 private:
  [[nodiscard]] static constexpr bool is_text(notation::Form form, std::string_view text) noexcept {
    return form.is(notation::Kind::string) && within(form) == text;
  }
  /// What is between the quotes.
  [[nodiscard]] static constexpr std::string_view within(notation::Form form) noexcept {
    return form.raw().substr(1, form.raw().size() - 2);
  }
  [[nodiscard]] static constexpr bool is_star(notation::Form form) noexcept {
    return form.is_symbol("*") || form.is_keyword("*") || is_text(form, "*");
  }
  [[nodiscard]] static constexpr bool is_positive(notation::Form form) noexcept {
    return form.is(notation::Kind::integer) && form.integer() > 0;
  }

  [[nodiscard]] static constexpr bool is_list(notation::Form form) noexcept { return form.is_sequence() || form.is(notation::Kind::set); }

  constexpr bool inner(notation::Form form) {
    if (is_list(form)) return pattern(form);
    return form.is_symbol("...") || is_text(form, "...") || is_positive(form) ||
           fail(form, "an attribute in a map leads to a pattern, to a number of levels from 1, or to ...");
  }

  /// `:a`, `(:a :as x :limit 2)`, `(limit :a 2)`.
  constexpr bool attribute(notation::Form form) {
    if (!form.is_sequence()) return named(form);
    bool const is_old = form.size() == 3 && (form[0].is_symbol("limit") || form[0].is_symbol("default"));
    if (is_old) return named(form[1]) && option(form[0].name(), form[0], form[2]);
    if (form.size() % 2 == 0) return fail(form, "an attribute with options is [:attribute :option value ...]");
    if (!named(form[0])) return false;
    for (std::size_t i = 1; i != form.size(); i += 2) {
      bool const is_keyword = form[i].is(notation::Kind::keyword);
      if (!option(is_keyword ? form[i].name() : std::string_view{}, form[i], form[i + 1])) return false;
    }
    return true;
  }

  constexpr bool option(std::string_view name, notation::Form form, notation::Form value) {
    if (name == "as" || name == "default") return true;
    if (name == "limit") {
      return value.is(notation::Kind::nil) || is_positive(value) || fail(value, "a :limit is a number from 1, or nil for all");
    }
    if (name != "xform") return fail(form, "the options are :as, :default, :limit and :xform");
    return value.is(notation::Kind::symbol) || value.is(notation::Kind::keyword) || value.is(notation::Kind::string) ||
           fail(value, "an :xform is the name of a function");
  }

  constexpr bool named(notation::Form form) {
    bool const is_string = form.is(notation::Kind::string);
    if (!is_string && !form.is(notation::Kind::keyword))
      return fail(form, "a pull pattern has keywords, strings, * and maps");
    auto name = is_string ? within(form) : form.name();
    if (name.starts_with(':')) name.remove_prefix(1);
    attributes_.attribute(form, name);
    return true;
  }

  constexpr bool fail(notation::Form at, std::string_view reason) noexcept {
    at_ = at;
    reason_ = reason;
    return false;
  }

  Attributes& attributes_;
  notation::Form at_{};
  std::string_view reason_{};
};

}  // namespace cairn::query::compiled
