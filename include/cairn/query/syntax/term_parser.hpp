// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Names, terms and bindings: the smallest parts of queries and rules.
#pragma once

#include <cairn/edn/form.hpp>
#include <cairn/query/function/builtins.hpp>
#include <cairn/query/function/nearest.hpp>
#include <cairn/query/syntax/names.hpp>
#include <cairn/query/syntax/problem.hpp>
#include <cairn/query/syntax/scope.hpp>
#include <cairn/query/syntax/tree.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::query::syntax {

inline constexpr std::size_t most_terms = 65'535;  ///< places, arguments and parts of bindings in all
inline constexpr std::size_t most_depth = 64;      ///< clauses in clauses, bindings in bindings, queries in queries

namespace detail {

constexpr bool begins_with(notation::Form form, char first) noexcept {
  return form.is(notation::Kind::symbol) && form.whole_text().data()[form.offset()] == first;
}
constexpr bool is_variable(notation::Form form) noexcept { return begins_with(form, '?'); }
constexpr bool is_source(notation::Form form) noexcept { return begins_with(form, '$'); }
constexpr bool is_blank(notation::Form form) noexcept { return begins_with(form, '_') && form.raw().size() == 1; }
constexpr bool is_list_of(notation::Form form, std::string_view name) noexcept {
  return form.is(notation::Kind::list) && form.size() != 0 && form[0].is_symbol(name);
}
/// `'form` and `(quote form)` are the form.
constexpr notation::Form unquoted(notation::Form form) noexcept {
  return form.is(notation::Kind::list) && is_list_of(form, "quote") && form.size() == 2 ? form[1] : form;
}
/// What can be read only in the place of a call: a list that begins with a name.
constexpr bool is_call_form(notation::Form form) noexcept {
  return form.is(notation::Kind::list) && form.size() != 0 && form[0].is(notation::Kind::symbol) &&
         !is_list_of(form, "quote");
}

}  // namespace detail

/// Parses into the pools of a tree, up to the first problem. Every function that returns a bool has recorded a problem
/// where it is false.
class TermParser {
 public:
  using Form = notation::Form;

  [[nodiscard]] static constexpr Slice slice(std::size_t begin, std::size_t end) noexcept {
    return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)};
  }
  template <class Element>
  static constexpr Slice append(Pool<Element>& pool, Pool<Element> const& more) {
    std::size_t const begin = pool.size();
    for (Element const one : more) pool.push_back(one);
    return slice(begin, pool.size());
  }

  /// `root`: any form of the text. `depth`: how deep in other queries this one is.
  constexpr TermParser(Form root, Tree& tree, Names const& names, bool in_rules, std::size_t depth = 0)
      : root_{root}, tree_{tree}, names_{names}, in_rules_{in_rules}, depth_{depth} {}

  [[nodiscard]] constexpr Form form_at(std::uint32_t node) const noexcept { return root_.at(node); }

  [[nodiscard]] constexpr Problem const& problem() const noexcept { return problem_; }
  constexpr bool fail(Fault fault, Errc code, Form at, std::string_view reason, std::string_view hint = {}) {
    problem_ = {fault, code, at.offset(), at.raw().size(), reason, hint, in_rules_};
    return false;
  }
  /// Of what is given in another number than it is taken: `reason` says by whom.
  constexpr bool fail_count(Errc code, Form at, std::string_view reason, Count const& count) {
    static_cast<void>(fail(Fault::wrong_arguments, code, at, reason));
    problem_.count = count;
    return false;
  }
  constexpr void take(Problem const& problem) {
    problem_ = problem;
    problem_.in_rules = in_rules_;
  }

  [[nodiscard]] constexpr Scope& scope() noexcept { return scope_; }
  [[nodiscard]] constexpr Names const& names() const noexcept { return names_; }
  [[nodiscard]] constexpr std::size_t depth() const noexcept { return depth_; }

  /// Forgets all names and numbers variables from 0 again; their names go to the end of `names`.
  constexpr void restart_variables() {
    scope_ = Scope{};
    first_name_ = tree_.names.size();
    stamps_.clear();
  }
  [[nodiscard]] constexpr Slice names_since_restart() const noexcept { return slice(first_name_, tree_.names.size()); }

  /// The number of a name, which is new here if no other place has it.
  constexpr bool variable(Form name, std::uint16_t& number) {
    if (auto const* const known = scope_.find(name); known != nullptr) {
      number = *known;
      return true;
    }
    std::size_t const next = tree_.names.size() - first_name_;
    if (next == most_variables)
      return fail(Fault::too_big, Errc::parser_query, name, "more than 2048 variables are too many");
    number = static_cast<std::uint16_t>(next);
    tree_.names.push_back(name.index());
    scope_.add(name, number);
    return true;
  }

  constexpr bool source(Form name, std::uint16_t& number) {
    if (auto const known = find_source(name)) {
      number = *known;
      return true;
    }
    if (!in_rules_)
      return fail(Fault::unknown_source, Errc::parser_query, name, "there is no such source in :in; name it there");
    return add_source(name, number);
  }
  constexpr bool add_source(Form name, std::uint16_t& number) {
    // Sources are looked up one by one.
    if (tree_.sources.size() == 256)
      return fail(Fault::too_big, Errc::parser_query, name, "more than 256 sources are too many");
    number = static_cast<std::uint16_t>(tree_.sources.size());
    tree_.sources.push_back(name.index());
    return true;
  }
  [[nodiscard]] constexpr std::optional<std::uint16_t> find_source(Form name) const noexcept {
    for (std::size_t i = 0; i != tree_.sources.size(); ++i) {
      if (source_name(i) == name.raw()) return static_cast<std::uint16_t>(i);
    }
    return std::nullopt;
  }
  /// `$`, if it is a source.
  [[nodiscard]] constexpr std::optional<std::uint16_t> default_source() const noexcept {
    if (in_rules_) return callers_source;
    for (std::size_t i = 0; i != tree_.sources.size(); ++i) {
      if (source_name(i) == "$") return static_cast<std::uint16_t>(i);
    }
    return std::nullopt;
  }

  /// `?x`, `_`, `[?x ?y]`, `[?x ...]`, `[[?x ?y]]` into a new element of `bindings`. New names become variables; where
  /// `once`, none may be there already.
  constexpr bool binding(Form form, Errc code, bool once, std::uint32_t& number) {
    number = static_cast<std::uint32_t>(tree_.bindings.size());
    tree_.bindings.push_back({});
    return binding_at(form, code, once, depth_, number);
  }

  /// An argument of a function, aggregate or predicate.
  constexpr bool argument(Form form, Term& term) {
    if (!count_term(form)) return false;
    if (detail::is_variable(form)) {
      term.kind = Term::Kind::variable;
      term.node = form.index();
      return variable(form, term.index);
    }
    if (detail::is_source(form)) {
      term.kind = Term::Kind::source;
      term.node = form.index();
      return source(form, term.index);
    }
    if (detail::is_blank(form)) return bad_clause(form, "an argument is a variable, a constant or a source, not _");
    if (detail::is_call_form(form))
      return bad_clause(form, "a call can't be an argument; bind its result with a clause of its own: [(f ?x) ?y]");
    term = constant(form);
    return true;
  }
  [[nodiscard]] static constexpr Term constant(Form form) noexcept {
    return {Term::Kind::constant, 0, detail::unquoted(form).index()};
  }

  /// What a symbol that stands first in a call names.
  constexpr bool callee(Form name, Callee& found) {
    found.form = {name.index(), in_rules_};
    if (!name.is(notation::Kind::symbol))
      return bad_clause(name, "a call begins with the name of a function: [(f ?x) ?y]");
    if (detail::is_variable(name))
      return fail(Fault::unknown_function, Errc::query_where, name,
                  "a function can't come from :in; give it a name that the query calls");
    if (auto const* const known = find_function(name.raw()); known != nullptr) {
      found.builtin = known->id;
      return true;
    }
    found.custom = true;
    if (names_.has_function(name.raw())) return true;
    return fail(Fault::unknown_function, Errc::query_where, name, "there is no function of this name",
                nearest_function(name.raw(), names_.functions));
  }

  constexpr bool bad_clause(Form at, std::string_view reason) {
    return fail(Fault::bad_clause, Errc::parser_where, at, reason);
  }

 protected:
  constexpr bool count_term(Form at) {
    if (++terms_ <= most_terms) return true;
    return fail(Fault::too_big, Errc::parser_query, at, "the query is too big; pass constants by :in");
  }

  // ---- sets of variables, emptied in no time

  constexpr void begin_set() {
    ++stamp_;
    std::size_t const size = tree_.names.size() - first_name_;
    if (stamps_.size() < size) stamps_.resize(size, 0);
  }
  /// False where it is in already.
  constexpr bool insert(std::uint16_t number) {
    if (number >= stamps_.size()) stamps_.resize(number + std::size_t{1}, 0);
    if (stamps_[number] == stamp_) return false;
    stamps_[number] = stamp_;
    return true;
  }

  /// The node of a symbol that names a variable.
  [[nodiscard]] constexpr std::uint32_t name_of(std::uint16_t variable) const noexcept {
    return tree_.names[first_name_ + variable];
  }
  [[nodiscard]] constexpr Tree& tree() noexcept { return tree_; }
  [[nodiscard]] constexpr bool in_rules() const noexcept { return in_rules_; }

 private:
  [[nodiscard]] constexpr std::string_view source_name(std::size_t source) const noexcept {
    std::uint32_t const node = tree_.sources[source];
    return node == 0 ? std::string_view{"$"} : form_at(node).raw();
  }

  // ---- bindings

  constexpr bool binding_at(Form form, Errc code, bool once, std::size_t depth, std::uint32_t number) {
    if (!count_term(form)) return false;
    tree_.bindings[number].node = form.index();
    if (detail::is_blank(form)) return true;
    if (detail::is_variable(form)) {
      if (once && scope_.find(form) != nullptr)
        return fail(Fault::repeated_name, code, form, "this variable is there already; each has one place in :in");
      std::uint16_t found = 0;
      if (!variable(form, found)) return false;
      tree_.bindings[number].kind = Binding::Kind::scalar;
      tree_.bindings[number].variable = found;
      return true;
    }
    if (!form.is_sequence() || form.size() == 0)
      return fail(code == Errc::parser_where ? Fault::bad_clause : Fault::bad_input, code, form,
                  "this is not a binding: write ?x, [?x ?y], [?x ...], [[?x ?y]] or _");
    if (depth == most_depth) return fail(Fault::too_big, code, form, "bindings are nested too deep");
    bool const many = form.size() == 2 && form[1].is_symbol("...");
    if (many || (form.size() == 1 && form[0].is_sequence())) {
      std::uint32_t const element = static_cast<std::uint32_t>(tree_.bindings.size());
      tree_.bindings.push_back({});
      if (!binding_at(form[0], code, once, depth + 1, element)) return false;
      bool const rows = tree_.bindings[element].kind == Binding::Kind::tuple;
      tree_.bindings[number].kind = rows ? Binding::Kind::relation : Binding::Kind::collection;
      tree_.bindings[number].parts = rows ? tree_.bindings[element].parts : Slice{element, 1};
      return true;
    }
    std::size_t const first = tree_.bindings.size();
    for (std::size_t i = 0; i != form.size(); ++i) tree_.bindings.push_back({});
    tree_.bindings[number].kind = Binding::Kind::tuple;
    tree_.bindings[number].parts = slice(first, tree_.bindings.size());
    std::uint32_t next = static_cast<std::uint32_t>(first);
    for (Form const part : form) {
      if (!binding_at(part, code, once, depth + 1, next)) return false;
      ++next;
    }
    return true;
  }

  Form root_;
  Tree& tree_;
  Names const& names_;
  bool in_rules_;
  std::size_t depth_;
  Scope scope_{};
  std::size_t first_name_ = 0;
  std::size_t terms_ = 0;
  Pool<std::uint32_t> stamps_{};
  std::uint32_t stamp_ = 0;
  Problem problem_{};
};

}  // namespace cairn::query::syntax
