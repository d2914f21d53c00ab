// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the laws of blob stores are written in: harnesses, bytes, commits that succeed.
#pragma once

#include "laws/code_of.hpp"

#include <cairn/concepts/capabilities.hpp>
#include <cairn/concepts/store_backend.hpp>
#include <cairn/error/error.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/catch_tostring.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// How Catch2 shows them where a law is broken.
template <>
struct Catch::StringMaker<cairn::Version> {
  static std::string convert(cairn::Version const& version) { return version.absent() ? "no version" : "version " + Catch::Detail::stringify(version.token()); }
};
template <>
struct Catch::StringMaker<cairn::CommitResult::Outcome> {
  static std::string convert(cairn::CommitResult::Outcome outcome) {
    switch (outcome) {
      case cairn::CommitResult::committed: return "committed";
      case cairn::CommitResult::conflict: return "conflict";
      case cairn::CommitResult::failed: return "failed";
      case cairn::CommitResult::unknown: return "unknown";
    }
    return "no outcome";
  }
};
template <>
struct Catch::StringMaker<cairn::CommitResult> {
  static std::string convert(cairn::CommitResult const& result) {
    return Catch::Detail::stringify(result.outcome) + (result.reason.empty() ? "" : " (" + result.reason + ")");
  }
};

/// A harness says what is tested and where: `using Backend = ...;`, default-constructible, and `Backend::Config
/// config()`, a store that is not there yet and that nobody else has; what it needs lives as long as it does.
namespace cairn::laws {

template <class Type>
concept BlobStoreHarness = StoreBackend<typename Type::Backend> && std::default_initializable<Type> &&
    requires(Type& harness) {
  { harness.config() } -> std::same_as<typename Type::Backend::Config>;
};

inline std::span<std::byte const> bytes(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

inline std::string text(Bytes const& bytes) { return {reinterpret_cast<char const*>(bytes.data()), bytes.size()}; }

/// Bytes without a period that a copy could get wrong unnoticed.
inline std::string pattern(std::size_t size, unsigned seed = 1) {
  std::string result(size, '\0');
  unsigned state = seed * 2654435761U + 1;
  for (auto& character : result) {
    state = state * 1664525U + 1013904223U;
    character = static_cast<char>(state >> 24U);
  }
  return result;
}

/// How what was read differs from what was put; empty where it does not.
inline std::string difference(std::string_view read, std::string_view put) {
  if (read.size() != put.size()) return std::to_string(read.size()) + " bytes were read, and " + std::to_string(put.size()) + " put";
  for (std::size_t i = 0; i != read.size(); ++i) {
    if (read[i] != put[i]) return "of " + std::to_string(put.size()) + " bytes the one at " + std::to_string(i) + " is another";
  }
  return {};
}

/// Threads of a law, whose errors are the law's. They are joined before what they use is gone.
class Crew {
 public:
  template <class Work>
  void add(Work work) {
    threads_.emplace_back([this, work = std::move(work)]() mutable {
      try {
        work();
      } catch (...) {
        std::lock_guard const guard{mutex_};
        if (error_ == nullptr) error_ = std::current_exception();
      }
    });
  }
  /// Throws what one of them has thrown.
  void join() {
    for (auto& thread : std::exchange(threads_, {})) thread.join();
    if (error_ != nullptr) std::rethrow_exception(std::exchange(error_, nullptr));
  }
  Crew() = default;
  Crew(Crew const&) = delete;
  Crew& operator=(Crew const&) = delete;
  ~Crew() {
    for (auto& thread : threads_) thread.join();
  }

 private:
  std::mutex mutex_{};
  std::exception_ptr error_{};
  std::vector<std::thread> threads_{};
};

/// Names that a careless backend takes for a path, a pattern, an empty key, the end of a string or another of them.
inline std::vector<std::string> hostile_names() {
  using namespace std::string_literals;
  return {"main",
          "Main",
          "main ",
          "../x",
          "/etc/passwd",
          ".",
          "..",
          "a/b",
          "a\\b",
          "a\0b"s,
          "\0"s,
          " ",
          "\n",
          "*",
          "%s%n",
          "'",
          "\"; DROP--",
          "Zürich",
          "Zu\xcc\x88rich",
          "日本語",
          "\xff\xfe",
          std::string(1000, 'n'),
          ""};
}

template <class Connection>
Version commit(Connection& connection, std::string_view branch, Version const& expected, std::string_view state) {
  auto writer = connection.begin();
  auto const result = writer.commit(branch, expected, bytes(state));
  REQUIRE(result == CommitResult::committed);
  return result.version;
}

template <class Connection>
Version append(Connection& connection, std::string_view branch, Version const& expected, std::string_view frame) {
  auto writer = connection.begin();
  auto const result = writer.append(branch, expected, bytes(frame));
  REQUIRE(result == CommitResult::committed);
  return result.version;
}

template <class Connection>
std::vector<std::string> tail_of(Connection const& connection, std::string_view branch) {
  auto const record = connection.root(branch);
  REQUIRE(record.has_value());
  std::vector<std::string> frames;
  for (auto const& frame : record->tail) frames.push_back(text(frame));
  return frames;
}

}  // namespace cairn::laws
