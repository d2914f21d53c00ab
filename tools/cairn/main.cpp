// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The `cairn` command.
#include "dump_verbs.hpp"
#include "log.hpp"
#include "shell/shell.hpp"
#include "standard_files.hpp"
#include "store_argument.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

#include <cairn/config/nearest.hpp>
#include <cairn/error/error.hpp>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

int run_shell(std::string const& file) {
  using namespace cairn::tool;
  if (file.empty()) {
    if (isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0) return run_prompt();
    auto const status = run_forms(std::cin, std::cout);
    if (std::ferror(stdin) != 0) cairn::raise(cairn::Errc::io_error, "Standard input cannot be read to its end.");
    return status;
  }
  if (auto const store = store_in_place_of_forms(file); !store.empty()) {
    std::fprintf(stderr, "cairn: The shell reads a file of forms, and this names a store: run cairn shell, and type (def conn (d/connect %s))\n", store.c_str());
    return 2;
  }
  std::ifstream in{file, std::ios::binary};
  if (!in) cairn::raise(cairn::Errc::io_error, "The file " + file + " cannot be read. Look at its name and permissions.");
  auto const status = run_forms(in, std::cout);
  if (in.bad()) cairn::raise(cairn::Errc::io_error, "The file " + file + " cannot be read to its end.");  // as a directory
  return status;
}

/// Whether a text begins with a bracket: without a space before it, CLI11 takes `[a,b]` apart.
bool is_list(std::string_view text) {
  auto const first = text.find_first_not_of(' ');
  return first != std::string_view::npos && text[first] == '[';
}

/// The word at the verb's place, behind what may stand before it; empty where there is none.
std::string verb_of(std::vector<std::string> const& all) {
  std::size_t const place = all.empty() ? 0 : all[0] == "--log" ? 2 : all[0].starts_with("--log=") ? 1 : 0;
  return place < all.size() ? all[place] : std::string{};
}

/// The command's arguments, the last one first, as CLI11 takes them. Those of a query have a space before a bracket.
std::vector<std::string> spaced(std::vector<std::string> all) {
  if (auto const verb = verb_of(all); verb == "q" || verb == "explain") {
    for (auto& text : all) {
      if (is_list(text)) text.insert(0, 1, ' ');
    }
  }
  std::ranges::reverse(all);
  return all;
}

/// Takes the space away again.
void unspace(std::string& text) {
  if (is_list(text)) text.erase(0, 1);
}

/// What to say of a word in the verb's place that is neither a verb nor an option of the command; nothing of others.
std::string unknown_verb(CLI::App const& app, std::string const& word) {
  if (word.empty()) return {};
  bool const is_option = word.starts_with('-');
  std::vector<std::string> known{"--help", "--version", "--log"};
  if (is_option) {
    known.emplace_back("-h");
  } else {
    known.clear();
    for (auto const* verb : app.get_subcommands([](CLI::App const*) { return true; })) {
      known.push_back(verb->get_name());
      known.insert(known.end(), verb->get_aliases().begin(), verb->get_aliases().end());
    }
  }
  if (std::ranges::find(known, word) != known.end()) return {};
  // What other commands call it.
  std::map<std::string_view, std::string_view> const elsewhere{{"query", "q"}, {"ask", "q"}, {"help", "--help"}, {"version", "--version"}, {"-v", "--version"}, {"-V", "--version"},
                                                               {"-help", "--help"}, {"-?", "--help"}, {"repl", "shell"}, {"remove", "delete"}, {"rm", "delete"}, {"drop", "delete"},
                                                               {"destroy", "delete"}, {"init", "create"}, {"transact", "import"}, {"info", "stats"}, {"check", "verify"}};
  auto const named = elsewhere.find(word);
  auto const near = named != elsewhere.end() ? named->second : cairn::config::nearest(word, known);
  return (is_option ? "There is no option " : "There is no subcommand ") + word + "." + (near.empty() ? "" : " Did you mean " + std::string{near} + "?") +
         "\nRun with --help for more information.\n";
}

/// A whole number that is `least` or more: CLI11's own checks name the greatest double in their messages.
CLI::Validator at_least(std::int64_t least) {
  return CLI::Validator{[least](std::string& text) -> std::string {
                          std::int64_t number = 0;
                          auto const* const last = text.data() + text.size();
                          auto const [end, error] = std::from_chars(text.data(), last, number);
                          if (error == std::errc{} && end == last && number >= least) return {};
                          return "expected a whole number from " + std::to_string(least) + " to " +
                                 std::to_string(std::numeric_limits<std::int64_t>::max()) + ", found " + text;
                        },
                        ""};
}

/// A time, as milliseconds. It has a unit, so that nobody keeps two milliseconds who meant two days; only 0 needs none.
CLI::Validator in_milliseconds() {
  return CLI::Validator{[](std::string& text) -> std::string {
                          std::map<std::string_view, std::int64_t> const units{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
                          std::int64_t number = 0;
                          auto const* const last = text.data() + text.size();
                          auto const [end, error] = std::from_chars(text.data(), last, number);
                          auto const unit = units.find(std::string_view{end, static_cast<std::size_t>(last - end)});
                          bool const is_zero = error == std::errc{} && end == last && number == 0;
                          if (!is_zero && (error != std::errc{} || number < 0 || unit == units.end() ||
                                           number > std::numeric_limits<std::int64_t>::max() / unit->second)) {
                            return "expected a number with its unit, ms, s, m, h or d, as 36h, or 0; found " + text;
                          }
                          text = std::to_string(is_zero ? 0 : number * unit->second);
                          return {};
                        },
                        ""};
}

/// The error, and where the branch that it speaks of was named, if that is a variable.
cairn::Error with_origin(cairn::Error const& error) {
  if (error.code() != cairn::Errc::store_does_not_exist) return error;
  for (auto const* const variable : {"CAIRN_BRANCH", "DATAHIKE_BRANCH"}) {
    auto const* const branch = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
    if (branch == nullptr || *branch == '\0') continue;
    auto const name = std::string_view{branch}.substr(*branch == ':' ? 1 : 0);
    if (error.data() != "{:branch :" + std::string{name} + "}") continue;
    return cairn::Error{error.code(), error.message() + " The branch is named by the variable " + variable + ".", error.data()};
  }
  return error;
}

int run(int count, char** arguments) {
  using namespace cairn::tool;
  std::vector<std::string> const given{arguments + std::min(count, 1), arguments + count};
  CLI::App app{"Durable, immutable, time-travelling datom stores.", "cairn"};
  app.set_version_flag("--version", "cairn " CAIRN_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  std::string log_level;
  app.add_option("--log", log_level, "write events of this level and above to standard error, an EDN map a line")
      ->envname("CAIRN_LOG")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  std::function<int()> verb;

  std::string file;
  auto* shell = app.add_subcommand("shell", "Evaluate EDN forms: a line of result for each, or a prompt on a terminal");
  shell->add_option("file", file, "the forms; standard input if none is given");
  shell->callback([&] { verb = [&] { return run_shell(file); }; });

  std::string store;
  bool no_history = false;
  bool schema_on_read = false;
  auto* create = app.add_subcommand("create", "Create an empty database");
  create->add_option("store", store, store_help)->required();
  create->add_flag("--no-history", no_history, "forget what is no longer true");
  create->add_flag("--schema-on-read", schema_on_read, "let attributes be used without a schema");
  create->callback([&] { verb = [&] { return create_store(store, !no_history, schema_on_read); }; });

  bool sure = false;
  auto* deletion = app.add_subcommand("delete", "Delete a store for good, with its history and all branches");
  deletion->add_option("store", store, store_help)->required();
  deletion->add_flag("--yes", sure, "do not ask");
  deletion->callback([&] { verb = [&] { return delete_store(store, sure); }; });

  std::vector<std::string> files;
  std::size_t batch = 1000;
  auto* import = app.add_subcommand("import", "Transact the EDN forms of files");
  import->add_option("store", store, store_help)->required();
  import->add_option("files", files, "vectors are transactions, maps are entities; - is standard input")->required();
  import->add_option("--batch", batch, "entities to a transaction")->check(CLI::Range(std::size_t{1}, std::size_t{10'000'000}))->capture_default_str();
  bool in_bulk = false;
  import->add_flag("--bulk", in_bulk, "what follows the first map as one import, which only adds: sorted, whole or not at all; memory grows with temporary ids only")
      ->excludes("--batch");
  import->callback([&] { verb = [&] { return in_bulk ? import_files_in_bulk(store, files) : import_files(store, files, batch); }; });

  std::string file_of_dump;
  std::string other_store;
  DumpArguments dumping;
  auto* dump = app.add_subcommand("dump", "Write a database with its whole history to a file")->alias("export")->alias("backup");
  dump->add_option("store", store, store_help)->required();
  dump->add_option("file", file_of_dump, "the dump, which has this name when it is whole; - is standard output")->required();
  dump->add_option("--format", dumping.format, "cbor where the file's name ends so, else edn")->check(CLI::IsMember({"edn", "cbor"}));
  dump->add_option("--branch", dumping.branch, "another branch than the store's");
  dump->add_flag("--no-history", dumping.no_history, "only what is true");
  dump->add_flag("--resume", dumping.resume, "go on where a dump to this file was interrupted");
  dump->callback([&] { verb = [&] { return dump_store(store, file_of_dump, dumping); }; });
  auto* restore = app.add_subcommand("restore", "Make a new store of a dump");
  restore->add_option("file", file_of_dump, "the dump, or what Datahike or DataScript exported; - is standard input")->required();
  restore->add_option("store", store, store_help)->required();
  restore->callback([&] { verb = [&] { return restore_store(file_of_dump, store); }; });
  auto* copy = app.add_subcommand("copy", "Make a new store of a database, on the same or another backend");
  copy->add_option("from", store, store_help)->required();
  copy->add_option("to", other_store, "the new store")->required();
  copy->add_option("--branch", dumping.branch, "another branch than the store's");
  copy->callback([&] { verb = [&] { return copy_store(store, other_store, dumping.branch); }; });

  QueryArguments question;
  auto const add_question = [&](CLI::App* asking) {
    asking->add_option("store", store, store_help)->required();
    asking->add_option("query", question.query, "the query, as '[:find ?e :where [?e :name]]'; - is standard input")->required();
    asking->add_option("inputs", question.inputs, "what :in takes after the database: EDN, or text as it is");
    asking->add_option("--as-of", question.as_of, "ask what was true at a transaction (its number, as `cairn log` prints it) or an instant (2026-01-31T12:00:00Z)");
    asking->add_option("--since", question.since, "ask of what was said after a transaction or an instant");
    asking->add_flag("--history", question.history, "ask of all that was ever said");
    asking->add_option("--limit", question.limit, "how many rows at most; -1 for all")->check(at_least(-1));
    asking->add_option("--offset", question.offset, "how many rows to leave out before; -1 for none")->check(at_least(-1));
    asking->add_option("--timeout", question.timeout, "end a query that runs for longer, in milliseconds")->check(at_least(1));
  };
  auto const as_given = [&] {
    unspace(store);
    unspace(question.query);
    std::ranges::for_each(question.inputs, unspace);
  };
  auto* ask = app.add_subcommand("q", "Ask a query of Datalog");
  add_question(ask);
  ask->add_option("--format", question.format, "how the answer is printed; a table on a terminal, else EDN")
      ->check(CLI::IsMember({"edn", "json", "csv", "table"}));
  ask->callback([&] {
    as_given();
    verb = [&] { return query_store(store, question); };
  });
  auto* explained = app.add_subcommand("explain", "Say how a query is answered, and run it");
  add_question(explained);
  explained->callback([&] {
    as_given();
    verb = [&] { return explain_query(store, question); };
  });

  StatsArguments statistics;
  auto* stats = app.add_subcommand("stats", "Say how much is in a database and its store");
  stats->add_option("store", store, store_help)->required();
  stats->add_flag("--nodes", statistics.nodes, "and how much of the store is alive and dead");
  stats->add_option("--format", statistics.format, "how it is printed; a table on a terminal, else EDN")
      ->check(CLI::IsMember({"edn", "table", "prometheus"}));
  stats->callback([&] { verb = [&] { return print_stats(store, statistics); }; });

  GarbageArguments garbage;
  auto* gc = app.add_subcommand("gc", "Remove what no branch needs any more, beside writers and readers");
  gc->add_option("store", store, store_help)->required();
  gc->add_flag("--dry-run", garbage.dry_run, "remove nothing, and say how much there is to remove");
  auto* const age = gc->add_option("--keep-age", garbage.keep_age,
                                   "keep what was current so long ago (24h if not given): for as long may other processes hold a database, and commit; 2h, 30m, 0")
                        ->transform(in_milliseconds())
                        ->type_name("TIME");
  gc->add_option("--keep", garbage.keep, "keep the newest checkpoints of each branch")->check(at_least(0))->capture_default_str();
  gc->add_flag("--erase", garbage.erase, "leave no byte of what is removed on the disk; after a purge: --keep-age 0 --erase")->needs(age);
  gc->callback([&] { verb = [&] { return collect_garbage(store, garbage); }; });

  auto* verify = app.add_subcommand("verify", "Read everything and compare the indexes with each other");
  verify->add_option("store", store, store_help)->required();
  bool chain = false;
  std::string known_commit;
  std::string public_key;
  auto* const chain_flag = verify->add_flag("--chain", chain, "of an audited store: compare every node, commit and frame of all branches with its hash and signature");
  verify->add_option("--from", known_commit, "a commit of the branch that is known to be good, as `cairn log` prints it")->needs(chain_flag);
  verify->add_option("--key", public_key, "the public key that the store must be signed with: 64 hexadecimal digits")->needs(chain_flag);
  verify->callback([&] { verb = [&] { return chain ? verify_chain_of(store, known_commit, public_key) : verify_store(store); }; });

  std::string branch;
  std::string from;
  std::string prefer;
  auto* list = app.add_subcommand("branches", "List the branches of a store");
  list->add_option("store", store, store_help)->required();
  list->callback([&] { verb = [&] { return print_branches(store); }; });
  auto* make = app.add_subcommand("branch", "Make a branch, or remove one");
  make->add_option("store", store, store_help)->required();
  make->add_option("name", branch, "the branch")->required();
  auto* const from_option = make->add_option("--from", from, "the commit that it begins at, as `cairn log` prints it; else the newest");
  bool remove = false;
  make->add_flag("--delete", remove, "remove the branch; what only it holds becomes garbage")->excludes(from_option);
  make->callback([&] { verb = [&] { return remove ? remove_branch(store, branch) : make_branch(store, branch, from); }; });
  auto* merging = app.add_subcommand("merge", "Take over what another branch changed");
  merging->add_option("store", store, store_help)->required();
  merging->add_option("branch", branch, "the other branch")->required();
  merging->add_option("--prefer", prefer, "whose change counts where both changed the same; else conflicts are printed and nothing is merged")
      ->check(CLI::IsMember({"ours", "theirs"}));
  merging->callback([&] { verb = [&] { return merge_branch(store, branch, prefer); }; });
  std::vector<std::string> compared;
  std::string format_of_difference = "edn";
  auto* difference = app.add_subcommand("diff", "Say what differs between two databases of a store, or what two made of a third");
  difference->add_option("store", store, store_help)->required();
  difference->add_option("databases", compared, "two, before and after, or three, what both come from and both: branches, commits as `cairn log` prints them; of two also transactions or instants")
      ->required()
      ->expected(2, -1);
  difference->add_option("--format", format_of_difference, "how it is printed")->check(CLI::IsMember({"edn", "json"}))->capture_default_str();
  difference->callback([&] {
    if (compared.size() > 3) throw CLI::ArgumentMismatch::AtMost("databases", 3, compared.size());  // as a bound of the option its help would say that it takes two
    verb = [&] { return print_difference(store, compared, format_of_difference); };
  });
  bool graph = false;
  bool all_branches = false;
  std::size_t commits = 1000;
  auto* log = app.add_subcommand("log", "List the commits that a branch comes from");
  log->add_option("store", store, store_help)->required();
  log->add_flag("--graph", graph, "draw what each was made from");
  log->add_flag("--all", all_branches, "of all branches");
  log->add_option("--limit", commits, "how many at most")->check(at_least(0))->capture_default_str();
  log->callback([&] { verb = [&] { return print_log(store, graph, all_branches, commits); }; });

  std::string id;
  bool as_edn = false;
  bool as_markdown = false;
  auto* backends = app.add_subcommand("backends", "List the backends, or the configuration of one");
  backends->add_option("id", id, "the backend, as file");
  auto* const edn_flag = backends->add_flag("--edn", as_edn, "as EDN");
  backends->add_flag("--markdown", as_markdown, "as a table for a document")->excludes(edn_flag);
  backends->callback([&] {
    verb = [&] {
      return print_backends(id, as_edn ? BackendsAs::edn : as_markdown ? BackendsAs::markdown : BackendsAs::text);
    };
  });

  try {
    app.parse(spaced(given));
  } catch (CLI::ParseError const& error) {
    if (auto const unknown = unknown_verb(app, verb_of(given)); error.get_exit_code() != 0 && !unknown.empty()) {
      std::fputs(unknown.c_str(), stderr);
      return 2;
    }
    auto const status = app.exit(error) == 0 ? 0 : 2;
    finish_output();
    return status;
  }
  log_to_stderr(log_level);
  auto const status = verb();
  finish_output();
  return status;
}

}  // namespace

int main(int count, char** arguments) {
  if (!cairn::tool::hold_standard_files()) return 1;
  try {
    return run(count, arguments);
  } catch (cairn::Error const& error) {
    std::fprintf(stderr, "cairn: %s\n", cairn::tool::with_code(with_origin(error)).c_str());
  } catch (std::exception const& error) {
    std::fprintf(stderr, "cairn: %s\n", error.what());
  }
  return 1;
}
