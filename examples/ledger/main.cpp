// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Rules of one's own: transaction functions, predicates, listeners, the log of transactions, and forgetting.
#include <cairn/backends/mem/backend.hpp>
#include <cairn/database.hpp>

#include <cstdint>
#include <iostream>
#include <span>
#include <string>

using Store = cairn::Store<cairn::backends::mem::Backend>;
using Database = Store::Connection::Database;

namespace {

cairn::LookupRef account(std::string const& owner) { return cairn::lookup(":owner", owner); }

std::int64_t balance_of(Database const& db, std::string const& owner) {
  return db.entity(account(owner)).get(":balance").value().as_integer();
}

// [transaction-function]
// Runs inside the transaction, on what the operations before it made: nobody can change the balances in between.
cairn::TxData transfer(Database const& db, std::string const& from, std::string const& to, std::int64_t amount) {
  return {cairn::add(account(from), ":balance", balance_of(db, from) - amount),
          cairn::add(account(to), ":balance", balance_of(db, to) + amount)};
}
// [/transaction-function]

}  // namespace

int main() {
  Store::Config const config{.id = "ledger"};
  Store::create(config);
  auto conn = Store::connect(config);

  // [functions]
  conn.set_functions(
      cairn::Functions<Database::index_tag>{}
          .value_predicate("ledger/solvent?", [](cairn::Value const& balance) { return balance.as_integer() >= 0; })
          .transaction(":ledger/transfer", [](Database const& db, std::span<cairn::TxValue const> arguments) {
            auto const name = [&](std::size_t i) { return std::string{arguments[i].scalar().as_string()}; };
            return transfer(db, name(0), name(1), arguments[2].scalar().as_integer());
          }));
  conn.transact(R"([{:db/ident :owner :db/valueType :db.type/string :db/cardinality :db.cardinality/one
                     :db/unique :db.unique/identity}
                    {:db/ident :balance :db/valueType :db.type/long :db/cardinality :db.cardinality/one
                     :db.attr/preds [ledger/solvent?]}])");
  // [/functions]

  // [listen]
  conn.listen([](auto const& report) { std::cout << "committed " << report.tx_data.size() << " datoms\n"; });
  // [/listen]
  conn.transact(R"([{:owner "Ivan" :balance 100} {:owner "Petra" :balance 20}])");

  // [call]
  conn.transact({cairn::call(transfer, std::string{"Ivan"}, std::string{"Petra"}, std::int64_t{30})});
  conn.transact(R"([[:db.fn/call :ledger/transfer "Ivan" "Petra" 50]])");  // the same, by the name that data can use
  try {
    conn.transact(R"([[:db.fn/call :ledger/transfer "Ivan" "Petra" 50]])");
  } catch (cairn::Error const& error) {
    std::cout << error.what() << '\n';
  }
  // [/call]
  std::cout << "Ivan has " << balance_of(conn.db(), "Ivan") << ", Petra " << balance_of(conn.db(), "Petra") << '\n';

  // [tx-range]
  for (auto const& [tx, instant, datoms] : conn.tx_range(cairn::first_transaction + 2)) {
    for (auto const& datom : datoms) {
      if (datom.a == cairn::kw(":balance")) std::cout << (datom.added ? "  + " : "  - ") << datom.v.as_integer() << '\n';
    }
  }
  // [/tx-range]

  // [purge]
  conn.transact(R"([[:db.purge/entity [:owner "Ivan"]]])");  // out of the present and out of all of the past
  bool const forgotten = !conn.db().history().entid(account("Ivan"));
  // [/purge]
  std::cout << (forgotten ? "Ivan was never here\n" : "Ivan is still known\n");
  return forgotten && balance_of(conn.db(), "Petra") == 100 ? 0 : 1;
}
