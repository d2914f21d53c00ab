// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The functions that clauses call: a table of Datahike's names.
#include "functions.hpp"

#include "forms.hpp"
#include <cairn/edn/utf8.hpp>
#include <cairn/edn/write.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iomanip>
#include <set>
#include <sstream>

namespace cairn::oracle {

std::u32string code_points(std::string_view text) {
  std::u32string points;
  for (std::size_t at = 0; at < text.size();) {
    auto const decoded = notation::utf8::decode(text, at);
    points.push_back(decoded.point);
    at += decoded.size;
  }
  return points;
}

namespace {

using Arguments = std::span<Argument const>;

[[noreturn]] void wrong(std::string const& reason) { raise(Errc::query_where, reason, "{}"); }

Value const& value(Arguments arguments, std::size_t i) {
  auto const* found = std::get_if<Value>(&arguments[i]);
  if (found == nullptr) wrong("A source where a value is meant.");
  return *found;
}
Source const& source(Arguments arguments, std::size_t i) {
  auto const* found = std::get_if<std::shared_ptr<Source const>>(&arguments[i]);
  if (found == nullptr || (*found)->database() == nullptr) wrong("A database comes first, as $.");
  return **found;
}
Values values(Arguments arguments) {
  Values all;
  for (std::size_t i = 0; i != arguments.size(); ++i) all.push_back(value(arguments, i));
  return all;
}
std::int64_t integer(Arguments arguments, std::size_t i) {
  if (!value(arguments, i).is_integer()) wrong("A function wants an integer.");
  return value(arguments, i).as_integer();
}
Values elements(Arguments arguments, std::size_t i) {
  auto found = elements_of(value(arguments, i));
  if (!found) wrong("A function wants a collection.");
  return *found;
}

/// Whether `holds` is true of each two neighbours.
template <class Holds>
Value chain(Arguments arguments, Holds holds) {
  auto const all = values(arguments);
  return Value::boolean(std::ranges::adjacent_find(all, [&](Value const& a, Value const& b) { return !holds(a, b); }) ==
                        all.end());
}
bool equals(Value const& a, Value const& b) {
  auto const is_whole = [](Value const& one) { return one.is_integer() || one.is_bigint(); };
  if (is_whole(a) && is_whole(b)) return compare_loosely(a, b) == 0;
  if (a.is_sequence() && b.is_sequence()) return std::ranges::equal(a.items(), b.items(), equals);
  return same(a, b);
}
bool equal_numbers(Value const& a, Value const& b) {
  (void)calculate(Operation::add, a, b);  // refuses what is no number
  return compare_loosely(a, b) == 0;
}
bool less(Value const& a, Value const& b) { return compare_loosely(a, b) < 0; }
bool greater(Value const& a, Value const& b) { return compare_loosely(a, b) > 0; }
bool not_greater(Value const& a, Value const& b) { return compare_loosely(a, b) <= 0; }
bool not_less(Value const& a, Value const& b) { return compare_loosely(a, b) >= 0; }

/// `(- 5)` is `(- 0 5)`, `(/ 5)` is `(/ 1 5)`.
Value fold(Operation operation, std::int64_t unit, Arguments arguments) {
  auto const all = values(arguments);
  if (all.size() < 2) return calculate(operation, Value::integer(unit), all.empty() ? Value::integer(unit) : all[0]);
  auto result = all[0];
  for (auto const& one : std::span{all}.subspan(1)) result = calculate(operation, result, one);
  return result;
}

Value extreme(Arguments arguments, bool (*better)(Value const&, Value const&)) {
  auto const all = values(arguments);
  auto best = all[0];
  for (auto const& one : all) best = better(one, best) ? one : best;
  return best;
}

Value sign(Arguments arguments, bool (*holds)(Value const&, Value const&)) {
  (void)calculate(Operation::add, value(arguments, 0), Value::integer(0));
  return Value::boolean(holds(value(arguments, 0), Value::integer(0)));
}

Value parity(Arguments arguments, bool odd) { return Value::boolean((integer(arguments, 0) % 2 != 0) == odd); }

/// As Java writes a double: with an exponent from ten millions on, and below a thousandth.
std::string number_text(double number) {
  if (std::isnan(number) || std::isinf(number)) return notation::write(Value::real(number));
  auto const size = std::abs(number);
  bool const is_scientific = number != 0.0 && (size < 0.001 || size >= 10'000'000.0);
  // The fewest digits that are the same number again.
  std::string digits;
  for (int precision = 1; precision != 25 && (digits.empty() || std::stod(digits) != number); ++precision) {
    std::ostringstream out;
    out << (is_scientific ? std::scientific : std::fixed) << std::setprecision(precision) << number;
    digits = out.str();
  }
  if (!is_scientific) return digits;
  auto const at = digits.find('e');
  return digits.substr(0, at) + "E" + std::to_string(std::stoi(digits.substr(at + 1)));
}

/// As a person reads it; `pr-str` quotes.
std::string text(Value const& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_character()) return std::string{notation::utf8::encode(value.as_character()).view()};
  if (value.is_real()) return number_text(value.as_real());
  if (!value.is_sequence() && !value.is_set() && !value.is_map()) return notation::write(value);
  std::string all;
  for (auto const& item : value.items()) all += (all.empty() ? "" : " ") + text(item);
  if (value.is_list()) return "(" + all + ")";
  if (value.is_vector()) return "[" + all + "]";
  return (value.is_set() ? "#{" : "{") + all + "}";
}
std::string quoted(Value const& value) { return notation::write(value); }
/// `str`: nothing of nil, and numbers and UUIDs without what tells a reader their type.
std::string bare(Value const& value) {
  if (value.is_nil()) return {};
  if (value.is_real() && std::isnan(value.as_real())) return "NaN";
  if (value.is_real() && std::isinf(value.as_real())) return value.as_real() < 0 ? "-Infinity" : "Infinity";
  auto const written = value.is_string() || value.is_character() || value.is_real() ? text(value) : quoted(value);
  if (value.is_bigint() || value.is_decimal()) return written.substr(0, written.size() - 1);
  if (value.is_tagged() && written.starts_with("#uuid \"")) return written.substr(7, 36);
  return written;
}
Value joined(Arguments arguments, std::string (*written)(Value const&), char const* between, char const* end) {
  std::string result;
  char const* separator = "";
  for (auto const& one : values(arguments)) {
    result += separator + written(one);
    separator = between;
  }
  return Value::string(result + end);
}

Value substring(Arguments arguments) {
  if (!value(arguments, 0).is_string()) wrong("subs wants a string.");
  auto const points = code_points(value(arguments, 0).as_string());
  auto const size = static_cast<std::int64_t>(points.size());
  auto const from = integer(arguments, 1);
  auto const to = arguments.size() > 2 ? integer(arguments, 2) : size;
  if (from < 0 || to < from || to > size) wrong("subs goes past the string.");
  std::string result;
  for (auto i = from; i != to; ++i) result += notation::utf8::encode(points[static_cast<std::size_t>(i)]).view();
  return Value::string(result);
}

Value name_of(Arguments arguments, bool of_namespace) {
  auto const& one = value(arguments, 0);
  if (one.is_string() && !of_namespace) return one;
  if (!one.is_keyword() && !one.is_symbol()) wrong("A function wants a keyword or a symbol.");
  auto const part = of_namespace ? one.namespace_part() : one.name_part();
  return part.empty() ? Value::nil() : Value::string(std::string{part});
}

Value distinct(Values const& all) {
  std::set<Value, Less> const set{all.begin(), all.end()};
  return Value::set({set.begin(), set.end()});
}

Value map_of(Values const& all) {
  if (all.size() % 2 != 0) wrong("A map takes keys and values in turn.");
  std::map<Value, Value, Less> entries;
  for (std::size_t i = 0; i != all.size(); i += 2) entries.insert_or_assign(all[i], all[i + 1]);
  return Value::map({entries.begin(), entries.end()});
}

Value range(Arguments arguments) {
  if (arguments.empty()) wrong("A range without an end.");
  auto const from = arguments.size() > 1 ? integer(arguments, 0) : 0;
  auto const to = integer(arguments, arguments.size() > 1 ? 1 : 0);
  auto const step = arguments.size() > 2 ? integer(arguments, 2) : 1;
  if (step == 0) wrong("A range without a step.");
  Values numbers;
  for (auto next = Value::integer(from); step > 0 ? next.as_integer() < to : next.as_integer() > to;
       next = calculate(Operation::add, next, Value::integer(step))) {
    if (numbers.size() == 1'000'000) wrong("A range of more than a million.");
    numbers.push_back(next);
  }
  return Value::list(std::move(numbers));
}

/// Datahike's `empty?` is Clojure's `empty`: the empty collection of that kind, and nothing of a string.
Value empty_of(Arguments arguments) {
  auto const& one = value(arguments, 0);
  if (one.is_list()) return Value::list({});
  if (one.is_vector()) return Value::vector({});
  if (one.is_map()) return Value::map({});
  return one.is_set() ? Value::set({}) : Value::nil();
}

Value contains(Arguments arguments) {
  auto const& in = value(arguments, 0);
  auto const& key = value(arguments, 1);
  if (in.is_map() || in.is_set()) return Value::boolean(in.contains(key));
  if (!in.is_vector() && !in.is_string() && !in.is_nil()) wrong("contains? wants a map, a set or a vector.");
  auto const size = static_cast<std::int64_t>(elements(arguments, 0).size());
  return Value::boolean(key.is_integer() && key.as_integer() >= 0 && key.as_integer() < size);
}

/// Whether the first half of the arguments differs from the second.
Value halves_differ(Arguments arguments) {
  auto const all = values(arguments);
  auto const half = static_cast<std::ptrdiff_t>((all.size() + 1) / 2);
  return Value::boolean(!std::equal(all.begin(), all.begin() + half, all.begin() + half, all.end(), equals));
}

Value get_else(Arguments arguments) {
  if (value(arguments, 3).is_nil()) wrong("get-else has no nil for a default.");
  return source(arguments, 0).first_value(value(arguments, 1), value(arguments, 2)).value_or(value(arguments, 3));
}

Value get_some(Arguments arguments) {
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    auto const found = source(arguments, 0).first_value(value(arguments, 1), value(arguments, i));
    if (found) return Value::vector({source(arguments, 0).attribute(value(arguments, i)), *found});
  }
  return Value::nil();
}

Value missing(Arguments arguments) {
  return Value::boolean(!source(arguments, 0).shows(value(arguments, 1), value(arguments, 2)));
}

Value nested_query(Arguments arguments) {
  std::vector<Input> inputs;
  for (auto const& argument : arguments.subspan(1)) {
    auto const* from = std::get_if<std::shared_ptr<Source const>>(&argument);
    if (from == nullptr) {
      inputs.emplace_back(std::get<Value>(argument));
    } else if ((*from)->database() != nullptr) {
      inputs.emplace_back((*from)->database());
    } else {
      Values rows;
      for (auto const& row : (*from)->rows()) rows.push_back(Value::vector(row));
      inputs.emplace_back(Value::vector(std::move(rows)));
    }
  }
  return q(value(arguments, 0), inputs);
}

Value sign_of(std::weak_ordering order) { return Value::integer(order < 0 ? -1 : order > 0 ? 1 : 0); }

[[noreturn]] Value unspoken(char const* reason) { throw Unspoken{reason}; }

struct Function {
  std::size_t least;  // arguments
  std::size_t most;
  std::function<Value(Arguments)> call;
};
constexpr std::size_t any = 1000;

std::map<std::string_view, Function>& table() {
  static std::map<std::string_view, Function> functions{
      {"=", {1, any, [](Arguments a) { return chain(a, equals); }}},
      {"==", {1, any, [](Arguments a) { return chain(a, equal_numbers); }}},
      {"not=", {1, any, [](Arguments a) { return Value::boolean(!chain(a, equals).as_boolean()); }}},
      {"!=", {1, any, [](Arguments a) { return Value::boolean(!chain(a, equals).as_boolean()); }}},
      {"<", {1, any, [](Arguments a) { return chain(a, less); }}},
      {">", {1, any, [](Arguments a) { return chain(a, greater); }}},
      {"<=", {1, any, [](Arguments a) { return chain(a, not_greater); }}},
      {">=", {1, any, [](Arguments a) { return chain(a, not_less); }}},
      {"before?", {1, any, [](Arguments a) { return chain(a, less); }}},
      {"after?", {1, any, [](Arguments a) { return chain(a, greater); }}},
      {"compare", {2, 2, [](Arguments a) { return sign_of(compare_loosely(value(a, 0), value(a, 1))); }}},
      {"identical?", {2, 2, [](Arguments a) { return chain(a, equals); }}},
      {"+", {0, any, [](Arguments a) { return fold(Operation::add, 0, a); }}},
      {"-", {1, any, [](Arguments a) { return fold(Operation::subtract, 0, a); }}},
      {"*", {0, any, [](Arguments a) { return fold(Operation::multiply, 1, a); }}},
      {"/", {1, any, [](Arguments a) { return fold(Operation::divide, 1, a); }}},
      {"quot", {2, 2, [](Arguments a) { return calculate(Operation::quotient, value(a, 0), value(a, 1)); }}},
      {"rem", {2, 2, [](Arguments a) { return calculate(Operation::remainder, value(a, 0), value(a, 1)); }}},
      {"mod", {2, 2, [](Arguments a) { return calculate(Operation::modulo, value(a, 0), value(a, 1)); }}},
      {"inc", {1, 1, [](Arguments a) { return calculate(Operation::add, value(a, 0), Value::integer(1)); }}},
      {"dec", {1, 1, [](Arguments a) { return calculate(Operation::subtract, value(a, 0), Value::integer(1)); }}},
      {"max", {1, any, [](Arguments a) { return extreme(a, greater); }}},
      {"min", {1, any, [](Arguments a) { return extreme(a, less); }}},
      {"zero?", {1, 1, [](Arguments a) { return sign(a, equal_numbers); }}},
      {"pos?", {1, 1, [](Arguments a) { return sign(a, greater); }}},
      {"neg?", {1, 1, [](Arguments a) { return sign(a, less); }}},
      {"even?", {1, 1, [](Arguments a) { return parity(a, false); }}},
      {"odd?", {1, 1, [](Arguments a) { return parity(a, true); }}},
      {"rand", {0, 1, [](Arguments) { return unspoken("random functions"); }}},
      {"rand-int", {1, 1, [](Arguments) { return unspoken("random functions"); }}},
      {"true?", {1, 1, [](Arguments a) { return Value::boolean(value(a, 0) == Value::boolean(true)); }}},
      {"false?", {1, 1, [](Arguments a) { return Value::boolean(value(a, 0) == Value::boolean(false)); }}},
      {"nil?", {1, 1, [](Arguments a) { return Value::boolean(value(a, 0).is_nil()); }}},
      {"some?", {1, 1, [](Arguments a) { return Value::boolean(!value(a, 0).is_nil()); }}},
      {"not", {1, 1, [](Arguments a) { return Value::boolean(!value(a, 0).is_truthy()); }}},
      {"and",
       {0, any,
        [](Arguments a) {
          auto last = Value::boolean(true);
          for (auto const& one : values(a)) {
            if (last.is_truthy()) last = one;
          }
          return last;
        }}},
      {"or",
       {0, any,
        [](Arguments a) {
          auto last = Value::nil();
          for (auto const& one : values(a)) {
            if (!last.is_truthy()) last = one;
          }
          return last;
        }}},
      {"complement", {1, 1, [](Arguments) { return unspoken("functions as values"); }}},
      {"identity", {1, 1, [](Arguments a) { return value(a, 0); }}},
      {"ground", {1, 1, [](Arguments a) { return value(a, 0); }}},
      {"untuple", {1, 1, [](Arguments a) { return value(a, 0); }}},
      {"meta", {1, 1, [](Arguments) { return Value::nil(); }}},
      {"type", {1, 1, [](Arguments) { return unspoken("classes as values"); }}},
      {"name", {1, 1, [](Arguments a) { return name_of(a, false); }}},
      {"namespace", {1, 1, [](Arguments a) { return name_of(a, true); }}},
      {"vector", {0, any, [](Arguments a) { return Value::vector(values(a)); }}},
      {"tuple", {0, any, [](Arguments a) { return Value::vector(values(a)); }}},
      {"list", {0, any, [](Arguments a) { return Value::list(values(a)); }}},
      {"set", {1, 1, [](Arguments a) { return distinct(elements(a, 0)); }}},
      {"hash-map", {0, any, [](Arguments a) { return map_of(values(a)); }}},
      {"array-map", {0, any, [](Arguments a) { return map_of(values(a)); }}},
      {"count", {1, 1, [](Arguments a) { return Value::integer(static_cast<std::int64_t>(elements(a, 0).size())); }}},
      {"range", {0, 3, range}},
      {"not-empty", {1, 1, [](Arguments a) { return elements(a, 0).empty() ? Value::nil() : value(a, 0); }}},
      {"empty?", {1, 1, empty_of}},
      {"contains?", {2, 2, contains}},
      {"str", {0, any, [](Arguments a) { return joined(a, bare, "", ""); }}},
      {"pr-str", {0, any, [](Arguments a) { return joined(a, quoted, " ", ""); }}},
      {"print-str", {0, any, [](Arguments a) { return joined(a, text, " ", ""); }}},
      {"println-str", {0, any, [](Arguments a) { return joined(a, text, " ", "\n"); }}},
      {"prn-str", {0, any, [](Arguments a) { return joined(a, quoted, " ", "\n"); }}},
      {"subs", {2, 3, substring}},
      {"re-find", {2, 2, [](Arguments) { return unspoken("regular expressions"); }}},
      {"re-matches", {2, 2, [](Arguments) { return unspoken("regular expressions"); }}},
      {"re-seq", {2, 2, [](Arguments) { return unspoken("regular expressions"); }}},
      {"-differ?", {0, any, halves_differ}},
      {"get-else", {4, 4, get_else}},
      {"get-some", {3, any, get_some}},
      {"missing?", {3, 3, missing}},
      {"q", {1, any, nested_query}},
  };
  return functions;
}

}  // namespace

bool is_function(std::string_view name) { return table().contains(name); }

void add_function(std::string_view name, std::size_t arguments, std::function<Value(std::span<Value const>)> function) {
  table().insert_or_assign(name, Function{arguments, arguments, [function = std::move(function)](Arguments given) { return function(values(given)); }});
}

bool may_name(Value const& call) {
  static std::set<std::string_view> const never{
      "=",       "==",     "not=",   "!=",      "<",        ">",         "<=",          ">=",      "before?",  "after?", "compare",
      "+",       "-",      "*",      "/",       "quot",     "rem",       "mod",         "inc",     "dec",      "zero?",  "pos?",
      "neg?",    "even?",  "odd?",   "true?",   "false?",   "nil?",      "some?",       "not",     "meta",     "name",   "namespace",
      "count",   "range",  "empty?", "str",     "pr-str",   "print-str", "println-str", "prn-str", "subs",     "contains?",
      "-differ?", "missing?", "identical?"};
  auto const& name = call[0].as_symbol();
  if (never.contains(name)) return false;
  auto const names = [](auto const& self, Value const& form) -> bool {
    if (form.is_keyword() || is_variable(form)) return true;
    auto const elements = form.is_string() ? std::nullopt : elements_of(form);
    return elements && std::ranges::any_of(*elements, [&](auto const& one) { return self(self, one); });
  };
  return name != "ground" || names(names, call[1]);
}

Value call_function(std::string_view name, std::span<Argument const> arguments) {
  auto const& function = table().at(name);
  if (arguments.size() < function.least || arguments.size() > function.most)
    wrong(std::string{name} + " takes another number of arguments.");
  return function.call(arguments);
}

}  // namespace cairn::oracle
