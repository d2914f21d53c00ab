// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the compiler says of a query that is wrong.
#pragma once

#include <cairn/meta/fixed_string.hpp>

/// One template a mistake, whose name, message and first argument, the query's own text at the place, compilers print; the
/// arguments behind it are the reason in pieces, since clang shows no more than 32 bytes of each.
namespace cairn::query_error {

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct not_edn {
  static_assert(Here.size() == 0, "cairn::q [edn]: this text is not EDN at the place between >> and <<");
};

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct bad_query {
  static_assert(Here.size() == 0,
                "cairn::q [query]: what is between >> and << is no part of a query: it is [:find ... :where ...], with :in, "
                ":with, :keys, :strs, :syms, :order-by, :limit, :offset and :having");
};

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct bad_find {
  static_assert(Here.size() == 0,
                "cairn::q [find]: what is between >> and << can't be found: find ?x, (aggregate ?x) or (pull ?x [...]), as rows, "
                "[?x ...], [?x ?y] or ?x .");
};

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct bad_input {
  static_assert(Here.size() == 0,
                "cairn::q [in]: what is between >> and << can't be an input: :in has $, $name, %, ?x, [?x ?y], [?x ...] and "
                "[[?x ?y]]");
};

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct bad_clause {
  static_assert(Here.size() == 0,
                "cairn::q [where]: what is between >> and << is no clause: [?e :attribute ?v], [(predicate ?x)], "
                "[(function ?x) ?y], (rule ?x), or not, or, and, not-join, or-join of clauses");
};

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct bad_rule {
  static_assert(Here.size() == 0, "cairn::rules [rule]: what is between >> and << is no rule: [(name ?x ?y) clause ...]");
};

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct repeated_name {
  static_assert(Here.size() == 0, "cairn::q [name]: the name between >> and << is there already");
};

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct unbound_variable {
  static_assert(Here.size() == 0,
                "cairn::q [unbound]: the variable between >> and << is not bound: no clause of :where and no input gives it a "
                "value");
};

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct unbound_argument {
  static_assert(Here.size() == 0,
                "cairn::q [argument]: what is between >> and << waits for a variable that no clause of :where and no input binds");
};

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct unknown_source {
  static_assert(Here.size() == 0, "cairn::q [source]: :in does not name the source between >> and <<");
};

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct unknown_rule {
  static_assert(Here.size() == 0,
                "cairn::q [rule]: there is no rule of the name between >> and <<; give the rules as an input: % under :in, and "
                "cairn::rules<\"[...]\">");
};

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct unknown_function {
  static_assert(Here.size() == 0,
                "cairn::q [function]: there is no function of the name between >> and <<; one of your own is named by "
                "cairn::fn<\"name\", function> behind the query");
};

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct unknown_aggregate {
  static_assert(Here.size() == 0, "cairn::q [aggregate]: there is no aggregate of the name between >> and <<");
};

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct wrong_arguments {
  static_assert(Here.size() == 0, "cairn::q [arguments]: what is between >> and << takes another number of arguments");
};

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct too_big {
  static_assert(Here.size() == 0, "cairn::q [size]: the query is too big at the place between >> and <<");
};

// ---- inputs

template <meta::fixed_string Here, int Given, int Wanted>
struct number_of_inputs {
  static_assert(Given == Wanted,
                "cairn::q [inputs]: the query is given another number of inputs than the :in between >> and << names, or than the one "
                "database that is wanted where there is no :in; the two numbers are those given and wanted");
};

template <meta::fixed_string Here, class Given>
struct type_of_input {
  static_assert(Here.size() == 0,
                "cairn::q [input]: what is between >> and << can't be given an input of this type: $ is a database or rows, % "
                "cairn::rules<...>, ?x a value, [?x ...] a range, [?x ?y] a tuple, [[?x ?y]] a range of tuples");
};

template <meta::fixed_string Here, class Given>
struct unknown_type {
  static_assert(Here.size() == 0,
                "cairn::q [input type]: the input for what is between >> and << is, or has in it, something of a C++ type that is no "
                "value: give bool, a signed integer of at most 64 bits, an unsigned one of at most 32, float, double, a string, "
                "cairn::Keyword, cairn::Symbol, cairn::Instant, cairn::Uuid, cairn::Value, cairn::edn(...), cairn::lookup(...), or "
                "ranges, tuples and pairs of these");
};

template <meta::fixed_string Here, class Given>
struct type_of_value {
  static_assert(Here.size() == 0,
                "cairn::q [value]: the schema gives the attribute between >> and << another type than that of the input");
};

// ---- the schema

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct unknown_attribute {
  static_assert(Here.size() == 0, "cairn::q [attribute]: the schema has no attribute of the name between >> and <<");
};

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct type_of_constant {
  static_assert(Here.size() == 0,
                "cairn::q [constant]: the schema gives the attribute another type than that of the constant between >> and <<");
};

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct not_unique {
  static_assert(Here.size() == 0,
                "cairn::q [lookup]: a lookup ref names an entity by a unique attribute, and the schema does not make the one between "
                ">> and << unique");
};

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct other_type {
  static_assert(Here.size() == 0,
                "cairn::q [type]: what is between >> and << is never of the type of what it is compared with, joined with or given to");
};

// ---- pulls

template <meta::fixed_string Here, meta::fixed_string... Reason>
struct bad_pull {
  static_assert(Here.size() == 0,
                "cairn::q [pull]: what is between >> and << is no part of a pull pattern: [:attribute * {:attribute [...]} "
                "(:attribute :limit 3)]");
};

}  // namespace cairn::query_error
