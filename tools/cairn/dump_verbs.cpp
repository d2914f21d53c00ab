// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// `cairn dump`, `cairn restore`, `cairn copy`.
#include "dump_verbs.hpp"

#include "backends.hpp"
#include "print_map.hpp"
#include "store_argument.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

#include <cairn/dump/file.hpp>
#ifdef CAIRN_TOOL_HAS_GZIP
#include <cairn/dump/gzip.hpp>
#endif
#include <cairn/dump/import.hpp>
#include <cairn/dump/restore.hpp>
#include <cairn/store/branching.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::tool {

namespace {

namespace fs = std::filesystem;

void print_moved(DumpReport const& report) {
  std::vector<std::pair<std::string, std::string>> entries{{"datoms", std::to_string(report.current)}, {"history", std::to_string(report.past)}};
  if (report.chunks != 0) {
    entries.emplace_back("chunks", std::to_string(report.chunks));
    entries.emplace_back("bytes", std::to_string(report.bytes));
  }
  print_map(entries);
}

/// The database of that branch, or of the one that the store's argument names.
Database database_of(Conn& conn, std::string const& branch) {
  if (branch.empty()) return conn.db();
  return conn.visit([&](auto& one) { return connect_branch(one, branch).db(); });
}

/// The value that a dump was begun of: the newest, or one of the checkpoints that led to it.
Database value_of(Conn& conn, Database newest, DumpPosition const& begun) {
  auto const is_it = [&](Database const& db) { return detail::is_dump_of(db.snapshot(), begun); };
  if (is_it(newest)) return newest;
  return conn.visit([&](auto const& one) {
    for (auto const& commit : commit_log(one)) {
      if (commit.max_tx != begun.header.max_tx) continue;
      if (auto const db = commit_as_db(one, commit.id); is_it(db)) return db;
    }
    raise(Errc::config_mismatch, "The database has changed since the dump was begun, and what it was then is not in the store any more. "
                                 "Dump it again, without --resume.");
  });
}

DumpEncoding encoding_of(DumpArguments const& arguments, std::string const& file) {
  return arguments.format == "cbor" || (arguments.format.empty() && file.ends_with(".cbor")) ? DumpEncoding::cbor : DumpEncoding::edn;
}

/// Whether it is a place for a file, and not a pipe or a device.
bool is_file_name(std::string const& file) { return file != "-" && (!fs::exists(file) || fs::is_regular_file(file)); }

/// Goes on with what a file holds of a dump. What was not asked for is as it is there.
void go_on(Conn& conn, Database& db, DumpPosition begun, DumpArguments const& arguments, DumpOptions& options) {
  auto const refuse = [](std::string const& what) {
    raise(Errc::config_mismatch, "The dump that is to go on was begun " + what + ". Dump to another file, or without --resume.");
  };
  bool const is_cbor = begun.encoding == DumpEncoding::cbor;
  if (!arguments.format.empty() && is_cbor != (arguments.format == "cbor")) refuse(is_cbor ? "in CBOR" : "in EDN");
  if (arguments.no_history && begun.header.history) refuse("with history");
  options.encoding = begun.encoding;
  options.history = begun.header.history;
  db = value_of(conn, std::move(db), begun);
  options.from = std::move(begun);
}

int dump_to_file(Conn& conn, Database db, std::string const& file, DumpArguments const& arguments, DumpOptions options) {
  auto const part = DumpFile::part_of(file);
  bool const is_begun = arguments.resume && fs::exists(part) && fs::file_size(part) != 0;
  DumpFile out{file, is_begun};
  try {
    if (is_begun) {
      auto position = scan_dump(out.source(Interrupted::check));
      if (position.chunks != 0) go_on(conn, db, std::move(position), arguments, options);
      out.keep(options.from ? options.from->bytes : 0);
    }
    auto const report = dump(db, out.sink(Interrupted::check), options);
    out.finish();
    print_moved(report);
    return 0;
  } catch (Interrupted const&) {
    std::fprintf(stderr, "Interrupted: what was written is in %s; --resume goes on behind it.\n", part.c_str());
    return status_interrupted;
  }
}

/// An open file, or standard input, whose begin says what it is.
class Input {
 public:
  explicit Input(std::string const& file) {
    if (file != "-") file_.emplace(file, O_RDONLY);
    source_ = read_from(file_ ? file_->number() : STDIN_FILENO, file == "-" ? "standard input" : file, Interrupted::check);
    begin_.resize(enough);
    std::size_t size = 0;
    while (size != enough) {
      auto const read = source_(std::as_writable_bytes(std::span{begin_}.subspan(size)));
      if (read == 0) break;
      size += read;
    }
    begin_.resize(size);
  }

  /// In EDN, behind a manifest, or in CBOR an array: nothing else begins so.
  [[nodiscard]] bool is_datahike() const {
    bool const is_array = !begin_.empty() && static_cast<unsigned char>(begin_[0]) >> 5U == static_cast<unsigned>(detail::cbor::Major::array);
    return is_array || text().starts_with("#datahike/") || text().starts_with('[') || begin_.starts_with("{:datahike.migrate/");
  }
  /// What is a file of EDN and was written by none who exports databases: its first form is a list of maps, as a schema
  /// is, or an entity.
  [[nodiscard]] bool is_no_dump() const {
    if (text().starts_with('{')) return !is_datascript() && !is_datahike();
    if (!text().starts_with('[')) return false;
    auto const rest = text().substr(std::min(text().find_first_not_of("[ \t\r\n", 0), text().size()));
    return rest.starts_with('{') || rest.starts_with(':');
  }
  [[nodiscard]] bool is_datascript() const { return text().starts_with("{") && text().find_first_of("\":") == text().find('"'); }

  /// All of it, once.
  [[nodiscard]] ByteSource source() {
    return [this](std::span<std::byte> room) {
      if (passed_ == begin_.size()) return source_(room);
      auto const size = std::min(room.size(), begin_.size() - passed_);
      std::memcpy(room.data(), begin_.data() + passed_, size);
      passed_ += size;
      return size;
    };
  }

 private:
  static constexpr std::size_t enough = 64;

  [[nodiscard]] std::string_view text() const {
    auto const all = std::string_view{begin_};
    return all.substr(std::min(all.find_first_not_of(" \t\r\n"), all.size()));
  }

  std::optional<detail::OpenFile> file_{};
  ByteSource source_{};
  std::string begin_{};
  std::size_t passed_ = 0;
};

/// Runs what makes a store, with its options; 130 where Ctrl-C ended it.
template <class Make>
int make_store(std::string const& store, Make make) {
  Progress reading{"restored datoms:"};
  Progress sorting{"index entries:"};
  RestoreOptions how;
  how.progress = [&](RestoreProgress const& progress) {
    Interrupted::check();
    (progress.phase == RestoreProgress::reading ? reading : sorting).at(progress.done, progress.total);
  };
  auto const text = store_config(store);
  auto const environment = process_environment();
  try {
    print_moved(Backends::dispatch(config::backend_of_database(text, environment), [&]<class Entry>(std::type_identity<Entry> entry) {
      auto const loaded = config::load_database_config<Entry>(text, environment);
      return make(entry, loaded, how);
    }));
    return 0;
  } catch (Interrupted const&) {
    std::fputs("Interrupted: nothing was made. Begin again.\n", stderr);
    return status_interrupted;
  }
}

}  // namespace

int dump_store(std::string const& store, std::string const& file, DumpArguments const& arguments) {
  Interrupt interrupt;
  auto conn = connect<Backends>(store_config(store));
  if (is_file_name(file) && conn.visit([](auto const& one) { return one.tail_bytes(); }) != 0) {
    try {
      conn.checkpoint();  // so that --resume finds this value when others have committed
    } catch (Error const&) {  // NOLINT(bugprone-empty-catch): who may not write can dump nevertheless
    }
  }
  auto db = database_of(conn, arguments.branch);
  Progress progress{"dumped datoms:"};
  auto const total = db.snapshot().current.eavt.size() + (arguments.no_history ? 0 : db.snapshot().temporal.eavt.size());
  DumpOptions options;
  options.encoding = encoding_of(arguments, file);
  options.history = !arguments.no_history;
  options.progress = [&](std::uint64_t datoms) {
    Interrupted::check();
    progress.at(datoms, total);
  };
  if (is_file_name(file)) return dump_to_file(conn, std::move(db), file, arguments, std::move(options));
  if (arguments.resume) raise(Errc::config_mismatch, "Only a file can be gone on with: name one.");
  try {
    std::optional<detail::OpenFile> out;
    if (file != "-") out.emplace(file, O_WRONLY);
    dump(db, write_to(out ? out->number() : STDOUT_FILENO, file == "-" ? "standard output" : file, Interrupted::check), options);
    return 0;
  } catch (Interrupted const&) {
    std::fputs("Interrupted: the dump is not whole.\n", stderr);
    return status_interrupted;
  }
}

int restore_store(std::string const& file, std::string const& store) {
  Interrupt interrupt;
  return make_store(store, [&]<class Entry>(std::type_identity<Entry>, auto const& loaded, RestoreOptions const& how) {
    if (file != "-" && fs::is_directory(file)) {
      DatahikeDirectory const directory{file, Interrupted::check};
      return import_datahike<Entry, EntryIndex<Entry>>(loaded.store, directory, how, loaded.options);
    }
    Input input{file};
    if (input.is_no_dump()) {
      raise(Errc::store_format,
            "This is no dump of a database: it begins as facts to be transacted do. Those go into a store that is "
            "there by: cairn import STORE FILE");
    }
    if (input.is_datahike()) return import_datahike<Entry, EntryIndex<Entry>>(loaded.store, input.source(), how, loaded.options);
    if (input.is_datascript()) return import_datascript<Entry, EntryIndex<Entry>>(loaded.store, input.source(), how, loaded.options);
    return restore<Entry, EntryIndex<Entry>>(loaded.store, input.source(), how, loaded.options);
  });
}

int copy_store(std::string const& from, std::string const& to, std::string const& branch) {
  Interrupt interrupt;
  auto conn = connect<Backends>(store_config(from));
  auto const db = database_of(conn, branch);
  return make_store(to, [&]<class Entry>(std::type_identity<Entry>, auto const& loaded, RestoreOptions const& how) {
    return copy_database<Entry, EntryIndex<Entry>>(db, loaded.store, how, loaded.options);
  });
}

}  // namespace cairn::tool
