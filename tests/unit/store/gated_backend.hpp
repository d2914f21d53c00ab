// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A memory store whose appends wait at a gate and are counted, and whose replies get lost.
#pragma once

#include "wrapped_mem.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <utility>

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

using Connection = wrapped_mem::Connection<Writer>;

struct Backend : wrapped_mem::Backend<Backend, Connection> {
  static constexpr std::string_view backend_id = "gated";
};
static_assert(cairn::check_store_backend<Backend>());

}  // namespace gated
