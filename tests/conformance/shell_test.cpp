// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The same questions, asked of the command `cairn shell` in forms as a person writes them.
#include "cases.hpp"
#include <cairn/edn/parse.hpp>
#include <cairn/edn/write.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace cairn::conformance::shell_test {
namespace {

std::string quoted(Edn const& form) { return " '" + notation::write(form); }

/// The forms of a file of cases, a line each, and which lines answer questions.
struct Script {
  struct Asked {
    std::size_t line = 0;
    std::string place;
    Edn question;
  };
  std::string text;
  std::size_t lines = 0;
  std::vector<Asked> asked;

  void add(std::string const& form) {
    (text += form) += '\n';
    ++lines;
  }
};

std::string view_form(Edn const* view) {
  if (view == nullptr) return "@conn";
  if ((*view)[0].is_keyword("history")) return "(d/history @conn)";
  return "(d/" + (*view)[0].as_keyword() + " @conn " + notation::write((*view)[1]) + ")";
}

std::string form_of(Edn const& question) {
  auto const db = view_form(question.find("view"));
  auto const& op = question.at("op");
  if (op.is_keyword("pull")) return "(d/pull " + db + quoted(question.at("pattern")) + quoted(question.at("eid")) + ")";
  if (op.is_keyword("datoms")) {
    auto form = "(d/datoms " + db + " " + notation::write(question.at("index"));
    for (auto const& component : question.at("components").items()) form += quoted(component);
    return form + ")";
  }
  auto form = "(d/q" + quoted(question.at("query")) + " " + db;
  for (auto const& argument : question.at("args").items()) form += quoted(argument);
  return form + ")";
}

void transact(Script& script, Edn const& tx, std::string const& instant) {
  script.add("(:tx (d/transact conn '{:tx-data " + notation::write(tx) + " :tx-meta {:db/txInstant " + instant + "}}))");
}

/// What is done and asked of a case's database once it has its schema.
void add_questions(Script& script, std::string_view file, Edn const& one, std::string const& place) {
  for (auto const& tx : one.at("txs").items()) transact(script, tx.at("tx"), notation::write(tx.at("instant")));
  std::size_t count = 0;
  for (auto const& question : one.at("ops").items()) {
    auto const other = corrected(file, one, count, question);
    script.asked.push_back({script.lines, place + ", question " + std::to_string(count), other.value_or(question)});
    script.add(form_of(question));
    ++count;
  }
}

/// The map with one entry more.
Edn with(Edn const& map, std::string_view key, Edn const& value) {
  std::vector<std::pair<Edn, Edn>> entries{{Edn::keyword(key), value}};
  for (std::size_t i = 0; i != map.size(); ++i) entries.emplace_back(map.key(i), map.value(i));
  return Edn::map(std::move(entries));
}

/// The same of transactions, some of which are refused, and of the questions after each of them.
void add_steps(Script& script, Edn const& one, std::string const& place) {
  std::size_t count = 0;
  for (auto const& step : one.at("steps").items()) {
    auto const at = place + ", step " + std::to_string(count++);
    script.asked.push_back({script.lines, at, with(step, "op", Edn::keyword("transact"))});
    script.add("(:tx (d/transact conn '{:tx-data " + notation::write(step.at("tx")) + "}))");
    auto const reads = one.at("read").items();
    for (std::size_t i = 0; i != reads.size(); ++i) {
      auto question = reads[i].is_map() ? reads[i] : Edn::map({{Edn::keyword("query"), reads[i]}, {Edn::keyword("args"), Edn::vector({})}});
      question = with(with(question, "op", Edn::keyword("q")), "expect", step.at("reads")[i]);
      script.asked.push_back({script.lines, at, question});
      script.add(form_of(question));
    }
  }
}

Script script_of(std::string_view file) {
  Script script;
  for (auto const& one : read_cases(file)) {
    auto const number = notation::write(one.at("case"));
    auto config = notation::write(one.at("config"));
    config.replace(0, 1, "{:store {:backend :mem :id \"" + std::string{file} + number + "\"} ");
    script.add("(def config " + config + ")");
    script.add("(d/create-database config)");
    script.add("(def conn (d/connect config))");
    transact(script, one.at("schema"), "#inst \"2000-01-01\"");
    if (one.find("steps") != nullptr) {
      add_steps(script, one, "case " + number);
    } else {
      add_questions(script, file, one, "case " + number);
    }
    script.add("(d/release conn)");
    script.add("(d/delete-database config)");
  }
  return script;
}

/// What the shell prints, line by line.
std::vector<std::string> run(Script const& script, std::string_view file) {
  auto const path = std::filesystem::temp_directory_path() / ("cairn_conformance_" + std::to_string(::getpid()) + "_" + std::string{file});
  std::ofstream{path, std::ios::binary} << script.text;
  auto const command = "\"" CAIRN_COMMAND "\" shell \"" + path.string() + "\"";
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const pipe{popen(command.c_str(), "r"), pclose};
  REQUIRE(pipe != nullptr);
  std::string text;
  std::vector<char> buffer(65'536);
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) != 0;)
    text.append(buffer.data(), got);
  std::filesystem::remove(path);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    auto const end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

Outcome outcome_of(std::string const& line, Edn const& question) {
  auto value = notation::parse(line);
  if (value.is_tagged() && value.tag() == "cairn/error") {
    auto const& error = value.items()[1];
    auto const code = errc_of(error.at("code").as_keyword());
    REQUIRE(code.has_value());
    return {{}, Error{*code, error.at("message").as_string()}};
  }
  if (!question.at("op").is_keyword("datoms")) return {std::move(value), {}};
  notation::Values datoms;
  for (auto const& datom : value.items()) {
    // Where attributes are entities, datoms have their numbers; the one that was asked for comes first in :aevt.
    auto const attribute = datom[1].is_integer() ? question.at("components")[0] : datom[1];
    datoms.push_back(Edn::vector({datom[0], attribute, datom[2]}));
  }
  return {Edn::vector(std::move(datoms)), {}};
}

std::size_t ask_shell(std::string_view file) {
  auto const script = script_of(file);
  auto const lines = run(script, file);
  REQUIRE(lines.size() == script.lines);
  Tally tally;
  for (auto const& asked : script.asked) {
    auto const outcome = outcome_of(lines[asked.line], asked.question);
    if (asked.question.at("op").is_keyword("transact") && asked.question.find("error") == nullptr) {
      INFO(asked.place << ": " << lines[asked.line]);
      CHECK(outcome.value.is_integer());  // the transaction
    } else {
      check(outcome, asked.place + " to the shell", asked.question, tally);
    }
  }
  return script.asked.size();
}

TEST_CASE("queries through the shell") { CHECK(ask_shell("queries.edn") == 1738); }
TEST_CASE("language through the shell") { CHECK(ask_shell("language.edn") == 242); }
TEST_CASE("own questions through the shell") { CHECK(ask_shell("own.edn") == 141); }
TEST_CASE("transactions through the shell") { CHECK(ask_shell("transactions.edn") == 785 + 4 * 785); }
TEST_CASE("schema through the shell") { CHECK(ask_shell("schema.edn") == 126 + 211); }

}  // namespace
}  // namespace cairn::conformance::shell_test
