// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// `cairn import`: many transactions, or one that is sorted first.
#include "backends.hpp"
#include "forms.hpp"
#include "print_map.hpp"
#include "store_argument.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

#include <cairn/error/error.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cairn::tool {

namespace {

/// Whether it is an entity, and not a transaction. A dump is neither.
bool is_entity(Edn const& form) {
  if (form.kind() == notation::Kind::tagged && (form.tag() == "cairn/dump" || form.tag() == "datahike/Datom")) {
    raise(Errc::transact_syntax, "This is a whole database, and no transaction. Make a store of it with: cairn restore FILE STORE", "{}");
  }
  return form.is_map() && form.find("tx-data") == nullptr;
}

void print_imported(std::uint64_t transactions, std::uint64_t datoms) {
  print_map({{"transactions", std::to_string(transactions)}, {"datoms", std::to_string(datoms)}});
}

/// The error that ended an import, with how far it had come; `what_is_not` is what of it is not in the store.
Error with_place(Error const& error, Forms const& forms, std::string const& what_is_not,
                 std::optional<FormPlace> const& refused = {}) {
  auto const place = refused ? "What is refused begins in line " + std::to_string(refused->line) + " of " +
                                   forms.file_of(*refused) + "."
                             : forms.place();
  return Error{error.code(),
               error.message() + "\n  " + (place.empty() ? "" : place + " ") + "The transactions that are counted on standard output are in the store" +
                   (error.code() == Errc::commit_unknown ? "." : "; " + what_is_not + " is not."),
               error.data()};
}

/// Lets go of the store. After an error, that one is told, and not what follows from it.
void release(Conn& conn, std::optional<Error> const& failed) {
  try {
    conn.release();
  } catch (Error const&) {
    if (!failed) throw;
  }
}

/// Gathers forms into transactions and counts what they did.
class Importer {
 public:
  Importer(Conn& conn, std::size_t batch) : conn_{conn}, batch_{batch} {}

  void add(Edn form, FormPlace place) {
    if (is_entity(form)) {
      entities_.push_back(std::move(form));
      places_.push_back(place);
      if (entities_.size() >= batch_) flush();
      return;
    }
    flush();
    places_.push_back(place);
    transact(form);
    places_.clear();
  }
  void flush() {
    if (entities_.empty()) return;
    transact(Edn::vector(std::exchange(entities_, {})));
    places_.clear();
  }

  /// Where the form begins that the last transaction was refused for; nothing where it was not for a form.
  [[nodiscard]] std::optional<FormPlace> place_of(Error const& error) const {
    if (refused_.is_nil() || places_.empty()) return std::nullopt;
    auto const is_refused = [&](Edn const& form) {
      try {
        (void)conn_.db().with(TxData{form});
      } catch (Error const& again) {
        return again.code() == error.code();
      }
      return false;
    };
    if (!is_refused(refused_)) return std::nullopt;
    if (places_.size() == 1) return places_[0];
    // The last of as few as are refused alike.
    std::size_t accepted = 0;
    std::size_t refused = places_.size();
    while (refused - accepted > 1) {
      auto const middle = accepted + (refused - accepted) / 2;
      auto const some = refused_.items().subspan(0, middle);
      (is_refused(Edn::vector({some.begin(), some.end()})) ? refused : accepted) = middle;
    }
    return places_[refused - 1];
  }

  [[nodiscard]] std::uint64_t transactions() const noexcept { return transactions_; }
  [[nodiscard]] std::uint64_t datoms() const noexcept { return datoms_; }

 private:
  void transact(Edn const& form) {
    Interrupted::check();
    try {
      datoms_ += conn_.transact(TxData{form}).tx_data.size();
    } catch (Error const&) {
      refused_ = form;
      throw;
    }
    ++transactions_;
    progress_.at(datoms_);
  }

  Conn& conn_;
  std::size_t batch_;
  std::vector<Edn> entities_;
  std::vector<FormPlace> places_;  // of the forms of a transaction
  Edn refused_ = Edn::nil();
  std::uint64_t transactions_ = 0;
  std::uint64_t datoms_ = 0;
  Progress progress_{"imported datoms:"};
};

/// A form and those behind it as operations, to be gone through once.
class Operations {
 public:
  Operations(Edn first, Forms& forms) : forms_{forms} { take(first); }

  class Iterator {
   public:
    using value_type = TxOp;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(Operations& all) : all_{&all} {}
    TxOp const& operator*() const { return all_->operations_[all_->at_]; }
    Iterator& operator++() {
      all_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return all_->operations_.empty(); }

   private:
    Operations* all_;
  };
  Iterator begin() { return Iterator{*this}; }
  static std::default_sentinel_t end() { return {}; }

 private:
  void advance() {
    Interrupted::check();
    progress_.at(++done_);
    if (++at_ == operations_.size()) take_next();
  }
  /// Of the next form that has any; none behind the last one, when all of it is about to be committed.
  void take_next() {
    operations_.clear();
    while (operations_.empty()) {
      auto const form = forms_.next();
      if (!form) break;
      take(*form);
    }
    Interrupted::check();
  }
  void take(Edn const& form) {
    TxData data{is_entity(form) ? Edn::vector({form}) : form};
    if (!data.meta.empty()) {
      raise(Errc::transact_syntax, "An import is one transaction, of which a file's :tx-meta can't say anything: leave it out.", "{}");
    }
    operations_ = std::move(data.operations);
    at_ = 0;
  }

  Forms& forms_;
  std::vector<TxOp> operations_;
  std::size_t at_ = 0;
  std::uint64_t done_ = 0;
  Progress progress_{"read entities and operations:"};
};

}  // namespace

int import_files(std::string const& store, std::vector<std::string> const& files, std::size_t batch) {
  Interrupt interrupt;
  auto conn = connect<Backends>(store_config(store));
  Importer importer{conn, batch};
  Forms forms{files};
  bool stopped = false;
  std::optional<Error> failed;
  try {
    while (auto form = forms.next()) importer.add(*std::move(form), forms.begin_of_form());
    importer.flush();
  } catch (Interrupted const&) {
    stopped = true;
  } catch (Error const& error) {
    failed = with_place(error, forms, "what follows them", importer.place_of(error));
  }
  release(conn, failed);
  print_imported(importer.transactions(), importer.datoms());
  if (failed) throw *failed;
  if (stopped) std::fputs("Interrupted: what is counted above is in the store, whole and durable.\n", stderr);
  return stopped ? status_interrupted : 0;
}

int import_files_in_bulk(std::string const& store, std::vector<std::string> const& files) {
  Interrupt interrupt;
  auto conn = connect<Backends>(store_config(store));
  Importer before{conn, 1};
  Forms forms{files};
  std::uint64_t transactions = 0;
  std::uint64_t datoms = 0;
  bool stopped = false;
  std::optional<Error> failed;
  try {
    auto form = forms.next();
    for (; form && !is_entity(*form); form = forms.next()) before.add(*std::move(form), forms.begin_of_form());
    if (form) {
      Progress progress{"index entries:"};
      ImportOptions options;
      options.progress = [&](std::uint64_t entries) {
        Interrupted::check();
        progress.at(entries);
      };
      datoms = conn.import(Operations{*std::move(form), forms}, options).datoms;
      transactions = 1;
    }
  } catch (Interrupted const&) {
    stopped = true;
  } catch (Error const& error) {
    failed = with_place(error, forms, "the import in bulk");
  }
  release(conn, failed);
  print_imported(before.transactions() + transactions, before.datoms() + datoms);
  if (failed) throw *failed;
  if (stopped) std::fputs("Interrupted: what is counted above is in the store, and nothing of what followed.\n", stderr);
  return stopped ? status_interrupted : 0;
}

}  // namespace cairn::tool
