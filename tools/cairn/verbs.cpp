// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The verbs of the command beside `shell`.
#include "verbs.hpp"

#include "backends.hpp"
#include "store_argument.hpp"
#include "terminal.hpp"

#include <cairn/db/verify.hpp>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

namespace cairn::tool {

namespace {

struct Interrupted {};

void print_map(std::vector<std::pair<std::string, std::string>> const& entries) {
  std::string text = "{";
  for (char const* separator = ""; auto const& [key, value] : entries) {
    text += std::exchange(separator, " ");
    text += ":" + key + " " + value;
  }
  std::puts((text + "}").c_str());
}

std::string read_all(std::string const& file) {
  if (file == "-") return {std::istreambuf_iterator<char>{std::cin}, {}};
  std::ifstream in{file, std::ios::binary};
  if (!in) raise(Errc::io_error, "The file " + file + " cannot be read. Look at its name and permissions.");
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Gathers forms into transactions and counts what they did.
class Importer {
 public:
  Importer(Conn& conn, std::size_t batch) : conn_{conn}, batch_{batch} {}

  void add(Edn form) {
    bool const entity = form.is_map() && form.find("tx-data") == nullptr;
    if (entity) {
      entities_.push_back(std::move(form));
      if (entities_.size() >= batch_) flush();
      return;
    }
    flush();
    transact(form);
  }
  void flush() {
    if (!entities_.empty()) transact(Edn::vector(std::exchange(entities_, {})));
  }

  [[nodiscard]] std::uint64_t transactions() const noexcept { return transactions_; }
  [[nodiscard]] std::uint64_t datoms() const noexcept { return datoms_; }

 private:
  void transact(Edn const& form) {
    if (Interrupt::raised()) throw Interrupted{};
    datoms_ += conn_.transact(TxData{form}).tx_data.size();
    ++transactions_;
    progress_.at(datoms_);
  }

  Conn& conn_;
  std::size_t batch_;
  std::vector<Edn> entities_;
  std::uint64_t transactions_ = 0;
  std::uint64_t datoms_ = 0;
  Progress progress_{"imported datoms:"};
};

}  // namespace

int create_store(std::string const& store, bool keep_history, bool schema_on_read) {
  auto const text = store_config(store);
  auto const environment = process_environment();
  Backends::dispatch(config::backend_of_database(text, environment), [&]<class Entry>(std::type_identity<Entry>) {
    auto loaded = config::load_database_config<Entry>(text, environment);
    if (!keep_history) loaded.options.keep_history = false;
    if (schema_on_read) loaded.options.schema_flexibility = SchemaFlexibility::read;
    Store<Entry>::create(loaded.store, loaded.options);
  });
  return 0;
}

int import_files(std::string const& store, std::vector<std::string> const& files, std::size_t batch) {
  Interrupt interrupt;
  auto conn = connect<Backends>(store_config(store));
  Importer importer{conn, batch};
  bool stopped = false;
  try {
    for (auto const& file : files) {
      auto const text = read_all(file);
      std::vector<notation::Node> nodes;
      for (std::size_t at = 0;;) {
        nodes.clear();
        auto const result = notation::read_next(text, at, nodes);
        if (result.status == notation::ReadStatus::end) break;
        if (result.status != notation::ReadStatus::form) throw notation::error_of(text, result);
        importer.add(Edn::of({text, nodes.data(), result.root}));
        at = result.end;
      }
    }
    importer.flush();
  } catch (Interrupted const&) {
    stopped = true;
  }
  conn.release();
  print_map({{"transactions", std::to_string(importer.transactions())}, {"datoms", std::to_string(importer.datoms())}});
  if (stopped) std::fputs("Interrupted: what is counted above is in the store, whole and durable.\n", stderr);
  return stopped ? status_interrupted : 0;
}

int print_stats(std::string const& store) {
  auto const conn = connect<Backends>(store_config(store));
  auto const db = conn.db();
  auto const& snapshot = db.snapshot();
  std::size_t attributes = 0;
  for (auto const& attribute : db.schema().attributes()) {
    if (attribute && attribute->id >= first_user_attribute) ++attributes;
  }
  print_map({
      {"datoms", std::to_string(snapshot.current.eavt.size())},
      {"datoms-in-avet", std::to_string(snapshot.current.avet.size())},
      {"history", std::to_string(snapshot.temporal.eavt.size())},
      {"attributes", std::to_string(attributes)},
      {"max-eid", std::to_string(db.max_eid())},
      {"max-tx", std::to_string(db.max_tx())},
      {"transactions", std::to_string(db.max_tx() - first_transaction + 1)},
      {"last-instant", edn::write(cairn::to_edn(Value{db.last_instant()}))},
      {"tail-bytes", std::to_string(conn.visit([](auto const& one) { return one.tail_bytes(); }))},
      {"store", conn.visit([](auto const& one) { return config::to_edn(one.config()); })},
  });
  return 0;
}

int verify_store(std::string const& store) {
  Interrupt interrupt;
  auto const conn = connect<Backends>(store_config(store));
  try {
    Progress progress{"verified datoms:"};
    auto const total = conn.db().snapshot().current.eavt.size() + conn.db().snapshot().temporal.eavt.size();
    auto const found = verify(conn.db(), [&](std::uint64_t seen) {
      if (Interrupt::raised()) throw Interrupted{};
      progress.at(seen, total);
    });
    print_map({{"datoms", std::to_string(found.current)},
               {"history", std::to_string(found.temporal)},
               {"in-avet", std::to_string(found.in_avet)},
               {"sound", "true"}});
    return 0;
  } catch (Interrupted const&) {
    std::fputs("Interrupted: nothing was changed.\n", stderr);
    return status_interrupted;
  }
}

}  // namespace cairn::tool
