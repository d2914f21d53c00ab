// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The `cairn` command.
#include "shell/shell.hpp"
#include "store_argument.hpp"
#include "verbs.hpp"

#include <cairn/error/error.hpp>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace {

int run_shell(std::string const& file) {
  using namespace cairn::tool;
  if (file.empty()) return isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0 ? run_prompt() : run_forms(std::cin, std::cout);
  std::ifstream in{file, std::ios::binary};
  if (!in) cairn::raise(cairn::Errc::io_error, "The file " + file + " cannot be read. Look at its name and permissions.");
  return run_forms(in, std::cout);
}

int run(int count, char** arguments) {
  using namespace cairn::tool;
  CLI::App app{"Durable, immutable, time-travelling datom stores.", "cairn"};
  app.set_version_flag("--version", "cairn " CAIRN_VERSION);
  app.require_subcommand(1);
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

  std::vector<std::string> files;
  std::size_t batch = 1000;
  auto* import = app.add_subcommand("import", "Transact the EDN forms of files");
  import->add_option("store", store, store_help)->required();
  import->add_option("files", files, "vectors are transactions, maps are entities; - is standard input")->required();
  import->add_option("--batch", batch, "entities to a transaction")->check(CLI::Range(std::size_t{1}, std::size_t{10'000'000}))->capture_default_str();
  import->callback([&] { verb = [&] { return import_files(store, files, batch); }; });

  auto* stats = app.add_subcommand("stats", "Say how much is in a database");
  stats->add_option("store", store, store_help)->required();
  stats->callback([&] { verb = [&] { return print_stats(store); }; });

  auto* verify = app.add_subcommand("verify", "Read everything and compare the indexes with each other");
  verify->add_option("store", store, store_help)->required();
  verify->callback([&] { verb = [&] { return verify_store(store); }; });

  std::string id;
  bool as_edn = false;
  auto* backends = app.add_subcommand("backends", "List the backends, or the configuration of one");
  backends->add_option("id", id, "the backend, as file");
  backends->add_flag("--edn", as_edn, "as EDN");
  backends->callback([&] { verb = [&] { return print_backends(id, as_edn); }; });

  try {
    app.parse(count, arguments);
  } catch (CLI::ParseError const& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return verb();
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(count, arguments);
  } catch (cairn::Error const& error) {
    std::fprintf(stderr, "cairn: %s (:%s)\n", error.what(), std::string{cairn::name(error.code())}.c_str());
  } catch (std::exception const& error) {
    std::fprintf(stderr, "cairn: %s\n", error.what());
  }
  return 1;
}
