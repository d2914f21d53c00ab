// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Transactions on the file backend over a faulty disk, and the judge of what is there afterwards.
#pragma once

#include "fault_io.hpp"
#include <cairn/backends/file/backend.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::test {

using FaultBackend = backends::file::BasicBackend<FaultIo>;
using backends::file::Address;

inline std::span<std::byte const> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}
inline std::string text_of(Bytes const& bytes) { return {reinterpret_cast<char const*>(bytes.data()), bytes.size()}; }

struct ModelRoot {
  std::string state;
  std::vector<std::string> tail;
  std::vector<std::pair<Address, std::string>> blobs;
};

/// What a store must hold, in full: small enough to be copied at every transaction.
using Model = std::map<std::string, ModelRoot>;

inline bool is_live(Model const& model, Address const& address) {
  return std::any_of(model.begin(), model.end(), [&](auto const& root) {
    auto const& blobs = root.second.blobs;
    return std::any_of(blobs.begin(), blobs.end(), [&](auto const& blob) { return blob.first == address; });
  });
}

/// What was tried and what was acknowledged. `states[i]` is the store after i transactions.
struct History {
  std::vector<Model> states{Model{}};
  std::size_t acknowledged = 0;
  bool was_created = false;
  /// The code of the error that ended the script.
  std::optional<Errc> ended_by = {};
};

struct Script {
  backends::file::Config config{"/store", Sync::durable, backends::file::smallest_segment};
  std::size_t transactions = 60;
  /// Another number, other sizes.
  std::size_t variation = 0;
  std::size_t connection_period = 20;
  std::size_t sweep_period = 16;
  bool creates = true;
  /// Goes on after `io/full`, with the same transaction.
  bool retries_when_full = false;
  /// Called before every transaction, and when one has failed, while the connection is there.
  std::function<void(std::size_t)> before = {};
  std::function<void(FaultBackend::Connection&, History const&, Error const&)> failed = {};
  /// Set while the store is swept.
  bool* is_sweeping = nullptr;

  /// Runs until the end or the first failure that ends it, and notes what was acknowledged.
  void run(History& history) const try {
    if (creates) FaultBackend::empty_store(config);
    history.was_created = true;
    auto connection = std::optional{FaultBackend::connect_store(config)};
    for (std::size_t i = 0; i != transactions; ++i) {
      if (before) before(i);
      for (int attempt = 0;; ++attempt) {
        try {
          if (!transact(*connection, history, i)) return;
          break;
        } catch (Error const& error) {
          if (failed) failed(*connection, history, error);
          if (!retries_when_full || error.code() != Errc::io_full || attempt == 3) throw;
          history.states.resize(history.acknowledged + 1);
        }
      }
      if (i % connection_period == connection_period - 1) {
        FaultBackend::release_store(config, *connection);
        connection.reset();
        connection.emplace(FaultBackend::connect_store(config));
      }
      if (i % sweep_period == sweep_period - 1) {
        if (is_sweeping != nullptr) *is_sweeping = true;
        connection->sweep([&](Address const& address) { return is_live(history.states.back(), address); },
                          TimePoint::max());
        if (is_sweeping != nullptr) *is_sweeping = false;
      }
    }
  } catch (Error const& error) {
    // What the transaction that failed has done is for the judge to say.
    history.ended_by = error.code();
  }

 private:
  bool transact(FaultBackend::Connection& connection, History& history, std::size_t i) const {
    auto model = history.states.back();
    auto const size = i + 41 * variation;
    std::string const branch = i % 7 == 3 ? "side" : "main";
    auto const record = connection.root(branch);
    auto const expected = record ? record->version : Version{};
    auto writer = connection.begin();
    auto& root = model[branch];
    auto const result = [&] {
      if (i % 28 == 24 && record) {
        model.erase(branch);
        history.states.push_back(model);
        return writer.drop(branch, expected);
      }
      if (i % 3 == 1) {
        auto frame = "frame " + std::to_string(i) + std::string(size * 13 % 700, 'f');
        root.tail.push_back(frame);
        history.states.push_back(model);
        return writer.append(branch, expected, bytes_of(frame));
      }
      if (root.blobs.size() > 4) root.blobs.erase(root.blobs.begin(), root.blobs.begin() + 2);
      for (std::size_t blob = 0; blob != i % 4; ++blob) {
        auto content = std::to_string(i) + "/" + std::to_string(blob) + std::string(size * 37 % 1500, 'b');
        auto const address = writer.put(bytes_of(content));
        root.blobs.emplace_back(address, std::move(content));
      }
      root.state = "state " + std::to_string(i);
      root.tail.clear();
      history.states.push_back(model);
      return writer.commit(branch, expected, bytes_of(root.state));
    }();
    if (!(result == CommitResult::committed)) return false;
    history.acknowledged = history.states.size() - 1;
    return true;
  }
};

/// Which state a store is in, by number, if its roots are exactly those of one at or behind `first`.
inline std::optional<std::size_t> state_of(FaultBackend::Connection const& connection, History const& history,
                                           std::size_t first) {
  std::map<std::string, std::pair<std::string, std::vector<std::string>>> found;
  for (auto const& branch : connection.roots()) {
    auto const record = connection.root(branch);
    auto& [state, tail] = found[branch];
    state = text_of(record->state);
    for (auto const& frame : record->tail) tail.push_back(text_of(frame));
  }
  for (auto i = first; i < history.states.size(); ++i) {
    auto const& model = history.states[i];
    bool const is_same = model.size() == found.size() && std::all_of(model.begin(), model.end(), [&](auto const& root) {
                           auto const other = found.find(root.first);
                           return other != found.end() && other->second.first == root.second.state &&
                                  other->second.second == root.second.tail;
                         });
    if (is_same) return i;
  }
  return std::nullopt;
}

/// Whether every blob of a state is what was put.
inline std::optional<std::string> wrong_blob(FaultBackend::Connection const& connection, Model const& model) {
  for (auto const& [branch, root] : model) {
    for (auto const& [address, content] : root.blobs) {
      if (text_of(connection.read(address)) != content) return "a wrong blob in " + branch;
    }
  }
  return std::nullopt;
}

/// What the judge is to know of a moment of the history.
struct Moment {
  std::size_t acknowledged = 0;
  bool was_created = false;
};

/// Opens what is on the current disk and says what is wrong with it: something acknowledged is missing, something half
/// is there, a blob is not what was put, or the store takes no more.
inline std::optional<std::string> judge(Script const& script, History const& history, Moment const& moment,
                                        std::size_t* state = nullptr) try {
  if (!moment.was_created) {
    try {
      static_cast<void>(FaultBackend::connect_store(script.config));
    } catch (Error const& error) {
      if (error.code() != Errc::store_does_not_exist) return std::string{"half created: "} + error.what();
      FaultBackend::empty_store(script.config);
    }
  }
  std::size_t found = 0;
  {
    auto connection = FaultBackend::connect_store(script.config);
    auto const matching = state_of(connection, history, moment.acknowledged);
    if (!matching) return "not in any state from " + std::to_string(moment.acknowledged) + " on";
    found = *matching;
    if (state != nullptr) *state = found;
    if (auto wrong = wrong_blob(connection, history.states[found])) return wrong;
    auto writer = connection.begin();
    static_cast<void>(writer.put(bytes_of("after")));
    if (!(writer.commit("after", Version{}, bytes_of("it")) == CommitResult::committed))
      return std::string{"no further commit"};
  }
  auto const again = FaultBackend::connect_store(script.config);
  if (auto const record = again.root("after"); !record || text_of(record->state) != "it")
    return std::string{"the next commit was lost"};
  return wrong_blob(again, history.states[found]);
} catch (std::exception const& error) {
  return std::string{error.what()};
}

inline std::optional<std::string> judge(Script const& script, History const& history, std::size_t* state = nullptr) {
  return judge(script, history, Moment{history.acknowledged, history.was_created}, state);
}

}  // namespace cairn::test
