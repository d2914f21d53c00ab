// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A file store on a bad line: of each few calls one fails, and the reply of a commit is lost now and then.
#pragma once

#include <cairn/backends/file/backend.hpp>
#include <cairn/concepts/store_backend.hpp>
#include <cairn/error/error.hpp>

#include <atomic>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::test {

/// When something goes wrong, counted through a process, so that what is tried again at once gets through where nobody else is at work.
struct BadLine {
  static constexpr int failing = 3, losing = 7;

  static void fail() {
    if (++calls_ % failing == 0) raise(Errc::io_error, "the line is down");
  }
  [[nodiscard]] static bool refuses() { return ++calls_ % failing == 0; }
  [[nodiscard]] static bool loses_reply() { return ++commits_ % losing == 0; }

 private:
  static inline std::atomic<int> calls_{0}, commits_{0};
};

class UnsteadyWriter {
 public:
  explicit UnsteadyWriter(backends::file::Writer inner) : inner_{std::move(inner)} {}

  backends::file::Address put(std::span<std::byte const> bytes) { return inner_.put(bytes); }
  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    return change([&] { return inner_.commit(branch, expected, state); });
  }
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    return change([&] { return inner_.append(branch, expected, frame); });
  }
  CommitResult drop(std::string_view branch, Version const& expected) {
    return change([&] { return inner_.drop(branch, expected); });
  }
  void hold() {
    BadLine::fail();
    inner_.hold();
  }

 private:
  template <class Change>
  static CommitResult change(Change change) {
    if (BadLine::refuses()) return {CommitResult::failed, "the line is down"};
    auto result = change();
    if (result == CommitResult::committed && BadLine::loses_reply()) return {CommitResult::unknown, "the reply was lost"};
    return result;
  }

  backends::file::Writer inner_;
};

class UnsteadyConnection {
 public:
  using Address = backends::file::Address;

  explicit UnsteadyConnection(backends::file::Connection inner) : inner_{std::move(inner)} {}

  [[nodiscard]] Bytes read(Address address) const {
    BadLine::fail();
    return inner_.read(address);
  }
  /// What has been read when the line fails has arrived.
  template <class Sink>
  void read_many(std::span<Address const> addresses, Sink&& sink) const {
    for (std::size_t i = addresses.size(); i-- != 0;) sink(i, read(addresses[i]));
  }
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const {
    BadLine::fail();
    return inner_.root(branch);
  }
  [[nodiscard]] std::vector<std::string> roots() const {
    BadLine::fail();
    return inner_.roots();
  }
  [[nodiscard]] UnsteadyWriter begin() { return UnsteadyWriter{inner_.begin()}; }
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) {
    BadLine::fail();
    inner_.sweep(live, cutoff);
  }
  void erase(LiveSet<Address> const& live, TimePoint cutoff) {
    BadLine::fail();
    inner_.erase(live, cutoff);
  }
  template <class Visit>
  void for_each_blob(Visit visit) const {
    inner_.for_each_blob(visit);
  }
  [[nodiscard]] backends::file::Connection& inner() noexcept { return inner_; }

 private:
  backends::file::Connection inner_;
};

struct UnsteadyFile {
  static constexpr std::string_view backend_id = "unsteady-file";
  using index_tag = backends::file::Backend::index_tag;
  using Config = backends::file::Config;
  using Connection = UnsteadyConnection;
  static constexpr Capabilities capabilities = backends::file::Backend::capabilities;

  static void empty_store(Config const& config) { backends::file::Backend::empty_store(config); }
  static void delete_store(Config const& config) {
    BadLine::fail();
    backends::file::Backend::delete_store(config);
  }
  static Connection connect_store(Config const& config) {
    BadLine::fail();
    return Connection{backends::file::Backend::connect_store(config)};
  }
  static void release_store(Config const& config, Connection& connection) {
    backends::file::Backend::release_store(config, connection.inner());
  }
};
static_assert(check_store_backend<UnsteadyFile>());

}  // namespace cairn::test
