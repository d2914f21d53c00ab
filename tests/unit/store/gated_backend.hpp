// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A memory store whose appends wait at a gate and are counted, and whose replies get lost.
#pragma once

#include <cairn/backends/mem/backend.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gated {

/// What becomes of an append: it is done; it is done and the reply lost; it is not done and the reply lost; it is refused; it
/// throws.
enum class Fate { done, lost_reply, lost_request, refused, throws };

/// Called before each append, of any thread, with how many there were before. Set while nobody appends.
struct Gate {
  static inline std::function<Fate(int)> pass{};
  static inline std::atomic<int> appends{0};
  static inline std::atomic<int> commits{0};
  /// Bytes of blobs that the last append or commit, and that the last commit, took along.
  static inline std::size_t bytes = 0;
  static inline std::size_t bytes_of_commit = 0;
  /// How many puts from now on are still done; negative: all.
  static inline int puts_left = -1;
  static void reset() {
    pass = {};
    appends = 0;
    commits = 0;
    bytes = bytes_of_commit = 0;
    puts_left = -1;
  }
};

using Mem = cairn::backends::mem::Backend;

class Writer {
 public:
  explicit Writer(cairn::backends::mem::Writer inner) : inner_{std::move(inner)} {}
  auto put(std::span<std::byte const> bytes) {
    if (Gate::puts_left == 0) cairn::raise(cairn::Errc::io_full, "no room");
    Gate::puts_left -= Gate::puts_left > 0 ? 1 : 0;
    bytes_ += bytes.size();
    return inner_.put(bytes);
  }
  cairn::CommitResult commit(std::string_view branch, cairn::Version const& expected, std::span<std::byte const> state) {
    ++Gate::commits;
    Gate::bytes = Gate::bytes_of_commit = bytes_;
    return inner_.commit(branch, expected, state);
  }
  cairn::CommitResult append(std::string_view branch, cairn::Version const& expected, std::span<std::byte const> frame) {
    using cairn::CommitResult;
    auto const before = Gate::appends++;
    Gate::bytes = bytes_;
    switch (Gate::pass ? Gate::pass(before) : Fate::done) {
      case Fate::done: break;
      case Fate::lost_reply:
        static_cast<void>(inner_.append(branch, expected, frame));
        return {CommitResult::unknown, "the reply was lost"};
      case Fate::lost_request: return {CommitResult::unknown, "the request was lost"};
      case Fate::refused: return {CommitResult::failed, "refused"};
      case Fate::throws: cairn::raise(cairn::Errc::io_error, "the line is dead");
    }
    return inner_.append(branch, expected, frame);
  }
  cairn::CommitResult drop(std::string_view branch, cairn::Version const& expected) { return inner_.drop(branch, expected); }

 private:
  cairn::backends::mem::Writer inner_;
  std::size_t bytes_ = 0;
};

class Connection {
 public:
  using Address = cairn::backends::mem::Address;
  using Writer = gated::Writer;
  explicit Connection(cairn::backends::mem::Connection inner) : inner_{std::move(inner)} {}
  [[nodiscard]] cairn::Bytes read(Address address) const { return inner_.read(address); }
  [[nodiscard]] std::optional<cairn::RootRecord> root(std::string_view branch) const { return inner_.root(branch); }
  [[nodiscard]] std::vector<std::string> roots() const { return inner_.roots(); }
  [[nodiscard]] Writer begin() { return Writer{inner_.begin()}; }
  void sweep(cairn::LiveSet<Address> const& live, cairn::TimePoint cutoff) { inner_.sweep(live, cutoff); }

 private:
  cairn::backends::mem::Connection inner_;
};

struct Config {
  std::string id;
};

struct Backend {
  static constexpr std::string_view backend_id = "gated";
  using index_tag = cairn::persistent_set_tag;
  using Config = gated::Config;
  static constexpr cairn::Capabilities capabilities = Mem::capabilities;
  static void empty_store(Config const& config) { Mem::empty_store({"gated-" + config.id}); }
  static void delete_store(Config const& config) { Mem::delete_store({"gated-" + config.id}); }
  static Connection connect_store(Config const& config) { return Connection{Mem::connect_store({"gated-" + config.id})}; }
};
static_assert(cairn::check_store_backend<Backend>());

}  // namespace gated
