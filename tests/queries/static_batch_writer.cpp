// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Writes a test of random queries as a source file, for a compiler to read them:
//   static_batch_writer SEED QUERIES FILE
#include "generator.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace cairn::queries;

constexpr std::size_t of_each_database = 30;

/// What a query can have; a batch is made so that each turns up.
struct Shape {
  std::string_view name;
  bool (*is)(RandomQuery const& query);
};

bool has(RandomQuery const& query, std::string_view part) { return query.text.find(part) != std::string::npos; }
bool has_in(RandomQuery const& query, std::string_view part) {
  auto const in = query.text.find(" :in ");
  return in != std::string::npos && query.text.substr(in, query.text.find(" :where ") - in).find(part) != std::string::npos;
}
bool begins(RandomQuery const& query, std::string_view begin) { return query.text.starts_with(begin); }

/// As what stands behind the text of a static query.
std::string functions_of(RandomQuery const& query) {
  std::string text;
  for (auto const& [name, function] : {std::pair{"apart?", "apart"}, std::pair{"doubled", "doubled"}, std::pair{"half", "half"},
                                       std::pair{"initial", "initial"}, std::pair{"width", "width"}}) {
    if (has(query, '(' + std::string{name} + ' ')) text += ", fn<\"" + std::string{name} + "\", " + function + '>';
  }
  return text;
}

constexpr std::array shapes{
    Shape{"a relation", [](RandomQuery const& query) { return begins(query, "[:find ?"); }},
    Shape{"a collection", [](RandomQuery const& query) { return begins(query, "[:find [?"); }},
    Shape{"a tuple", [](RandomQuery const& query) { return begins(query, "[:find [("); }},
    Shape{"a scalar", [](RandomQuery const& query) { return has(query, " . :"); }},
    Shape{"groups", [](RandomQuery const& query) { return begins(query, "[:find ?") && has(query, " (") && !has(query, "(pull"); }},
    Shape{":with", [](RandomQuery const& query) { return has(query, " :with "); }},
    Shape{"a value comes in", [](RandomQuery const& query) { return has_in(query, "$ ?"); }},
    Shape{"a collection comes in", [](RandomQuery const& query) { return has_in(query, " ...]"); }},
    Shape{"a tuple comes in", [](RandomQuery const& query) { return has_in(query, "[?") && !has_in(query, "[[?") && !has_in(query, "..."); }},
    Shape{"a relation comes in", [](RandomQuery const& query) { return has_in(query, "[[?"); }},
    Shape{"rules", [](RandomQuery const& query) { return !query.rules.empty(); }},
    Shape{"not", [](RandomQuery const& query) { return has(query, "(not "); }},
    Shape{"not-join", [](RandomQuery const& query) { return has(query, "(not-join "); }},
    Shape{"or", [](RandomQuery const& query) { return has(query, "(or "); }},
    Shape{"or-join", [](RandomQuery const& query) { return has(query, "(or-join "); }},
    Shape{"a comparison", [](RandomQuery const& query) { return has(query, "[(<") || has(query, "[(>"); }},
    Shape{"arithmetic", [](RandomQuery const& query) { return has(query, "[(+") || has(query, "[(*"); }},
    Shape{"ground", [](RandomQuery const& query) { return has(query, "(ground "); }},
    Shape{"get-else", [](RandomQuery const& query) { return has(query, "(get-else "); }},
    Shape{"missing?", [](RandomQuery const& query) { return has(query, "(missing? "); }},
    Shape{"pull", [](RandomQuery const& query) { return has(query, "(pull "); }},
    Shape{"an attribute that is a variable", [](RandomQuery const& query) { return has(query, " ?attribute"); }},
    Shape{"what was added", [](RandomQuery const& query) { return has(query, " true]") || has(query, " false]"); }},
    Shape{"an order", [](RandomQuery const& query) { return query.is_ordered; }},
    Shape{":having", [](RandomQuery const& query) { return has(query, " :having "); }},
    Shape{"a lookup ref", [](RandomQuery const& query) { return has(query, "[:code "); }},
    Shape{"a collection is a source", [](RandomQuery const& query) { return !query.has_other && has(query, "[$2 "); }},
    Shape{"a query in the query", [](RandomQuery const& query) { return has(query, "[(q "); }},
    Shape{"tuples", [](RandomQuery const& query) { return has(query, "(untuple "); }},
    Shape{"a uuid", [](RandomQuery const& query) { return has(query, "#uuid") || has(query, " :tag ?"); }},
    Shape{"a decimal", [](RandomQuery const& query) { return has(query, "M]") || has(query, " :price ?"); }},
    Shape{"functions of the program", [](RandomQuery const& query) { return !functions_of(query).empty(); }},
    Shape{"two databases", [](RandomQuery const& query) { return query.has_other && has(query, "[$2 "); }},
    Shape{"several clauses", [](RandomQuery const& query) { return has(query, "] [?") && has(query, "] ["); }},
};

/// The struct that has the attributes of a database.
void write_struct(std::ostream& out, RandomData const& data, std::string const& name) {
  out << "struct " << name << " {\n";
  for (auto const& attribute : data.attributes) {
    auto type = attribute.type == Type::entity ? "Ref<" + name + ">"
                : attribute.type == Type::text || attribute.type == Type::code ? "std::string"
                                                                               : std::string{cpp_type(attribute.type)};
    if (attribute.many) type = "std::vector<" + type + ">";
    out << "  " << type << ' ' << attribute.ident.substr(1) << "{};\n";
  }
  out << "};\n";
}

void write_question(std::ostream& out, RandomQuery const& query, std::string const& extra) {
  out << "      {R\"q(" << query.text << ")q\", {";
  for (auto const& input : query.inputs) out << "R\"q(" << input << ")q\", ";
  out << "}, R\"q(" << query.rules << ")q\", " << (query.has_other ? "true" : "false") << ", " << (query.is_ordered ? "true" : "false")
      << ",\n       [](Database const& db, Database const&" << (query.has_other ? " other" : "") << ") { return ask_static<R\"q(" << query.text << ")q\""
      << extra << functions_of(query) << ">(db" << (query.has_other ? ", other" : "");
  for (auto const& input : query.inputs_in_cpp) out << ", " << input;
  if (!query.rules.empty()) out << ", rules<R\"q(" << query.rules << ")q\">()";
  out << "); }},\n";
}

void write_batch(std::ostream& out, std::uint64_t seed, std::size_t wanted) {
  out << "// Written by static_batch_writer: seed " << seed << ", " << wanted << " queries.\n#include \"queries/static_asking.hpp\"\n\n"
      << "namespace cairn::queries {\nnamespace {\n\n";
  for (std::size_t first = 0; first < wanted; first += of_each_database) {
    auto const data_seed = seed * 1'000'003 + first;
    Dice data_dice{data_seed};
    auto const data = make_data(data_dice);
    auto const name = "Thing" + std::to_string(first);
    write_struct(out, data, name);
    out << "\nTEST_CASE(\"random static queries, seed " << data_seed << "\") {\n  std::vector<std::string> const transactions{\n";
    for (auto const& transaction : data.transactions) out << "      R\"q(" << transaction << ")q\",\n";
    out << "  };\n  std::vector<std::string> const other_transactions{\n";
    for (auto const& transaction : data.other_transactions) out << "      R\"q(" << transaction << ")q\",\n";
    out << "  };\n  std::vector<StaticQuestion> const questions{\n";
    for (std::size_t number = first; number != wanted && number != first + of_each_database; ++number) {
      auto const& shape = shapes[number % shapes.size()];
      RandomQuery query;
      for (std::uint64_t attempt = 0; attempt == 0 || (attempt != 5'000 && !shape.is(query)); ++attempt) {
        Dice dice{(data_seed + number) * 10'007 + attempt};
        query = make_query(data, dice, false);
      }
      if (!shape.is(query)) std::cerr << "seed " << seed << ": no query has " << shape.name << '\n';
      // One after the other in turn with a schema, and each shape both ways where there is more than one batch.
      write_question(out, query, (number + number / shapes.size()) % 2 == 0 ? ", Schema<" + name + ">" : "");
    }
    out << "  };\n  check_static_questions(" << data_seed << ", transactions, other_transactions, questions);\n}\n\n";
  }
  out << "}  // namespace\n}  // namespace cairn::queries\n";
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::cerr << "usage: static_batch_writer SEED QUERIES FILE\n";
    return EXIT_FAILURE;
  }
  std::ofstream out{arguments[3]};
  write_batch(out, std::strtoull(arguments[1], nullptr, 10), std::strtoull(arguments[2], nullptr, 10));
  return out.good() ? EXIT_SUCCESS : EXIT_FAILURE;
}
