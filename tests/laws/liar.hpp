// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Backends, in memory and in a file, that do not do what they claim, in the way that the variable CAIRN_LIE of the environment names.
#pragma once

#include "laws/blob_words.hpp"

#include <cairn/backends/file/backend.hpp>
#include <cairn/backends/mem/backend.hpp>
#include <cairn/concepts/store_backend.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace cairn::lies {

namespace mem = backends::mem;
using Blob = std::span<std::byte const>;

/// Whether it is the lie that is told.
[[nodiscard]] inline bool told(std::string_view lie) {
  static std::string const one = [] {
    auto const* const named = std::getenv("CAIRN_LIE");  // NOLINT(concurrency-mt-unsafe): reads only
    return std::string{named == nullptr ? "" : named};
  }();
  return one == lie;
}

/// The name as whoever takes it for a C string sees it, or for a key of a table that compares texts as people do.
[[nodiscard]] inline std::string name_of(std::string_view branch) {
  std::string name{told("names end at a zero") ? branch.substr(0, branch.find('\0')) : branch};
  if (told("names have no case")) {
    std::ranges::transform(name, name.begin(), [](char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; });
  }
  while (told("names have no space at the end") && name.size() > 1 && name.back() == ' ') name.pop_back();
  return name;
}

/// What a connection believes to know of the roots.
struct Memory {
  std::mutex mutex;
  std::map<std::string, std::optional<RootRecord>, std::less<>> roots;
  bool has_put = false;

  void forget(std::string_view branch) {
    std::lock_guard const guard{mutex};
    if (auto const found = roots.find(branch); found != roots.end()) roots.erase(found);
  }
};

/// A version that comes again with the same bytes.
[[nodiscard]] inline Version version_of_bytes(RootRecord const& root) {
  return Version{std::to_string(root.tail.size()) + ":" + laws::text(root.state).substr(0, 100)};
}

class Writer {
 public:
  Writer(mem::Connection* connection, std::shared_ptr<Memory> memory)
      : connection_{connection}, memory_{std::move(memory)}, inner_{connection->begin()} {}

  mem::Address put(Blob bytes) {
    static mem::Address first{};
    auto const address = inner_.put(bytes);
    if (first == mem::Address{}) first = address;
    bool const is_first = !std::exchange(memory_->has_put, true);
    return told("an address comes again") || (told("addresses begin anew with a connection") && is_first) ? first : address;
  }

  CommitResult commit(std::string_view branch, Version const& expected, Blob state) {
    return change(branch, expected, [&](Version const& seen) {
      if (!told("a state is written in two halves")) return inner_.commit(name_of(branch), seen, state);
      auto const half = inner_.commit(name_of(branch), seen, state.first(state.size() / 2));
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
      return half == CommitResult::committed ? inner_.commit(name_of(branch), half.version, state) : half;
    });
  }
  CommitResult append(std::string_view branch, Version const& expected, Blob frame) {
    static std::atomic<int> count = 0;
    if (told("some appends are forgotten") && branch == "log" && ++count % 7 == 0) return {CommitResult::committed, expected};
    if (told("an append writes the tail again")) {
      std::ofstream nowhere{"/dev/null", std::ios::binary};
      if (auto const root = connection_->root(branch)) {
        for (auto const& one : root->tail) nowhere << laws::text(one);
      }
    }
    return change(branch, expected, [&](Version const& seen) { return inner_.append(name_of(branch), seen, frame); });
  }
  CommitResult drop(std::string_view branch, Version const& expected) {
    return change(branch, expected, [&](Version const& seen) { return inner_.drop(name_of(branch), seen); });
  }

 private:
  template <class Change>
  CommitResult change(std::string_view branch, Version const& expected, Change act) {
    auto const now = [&] {
      auto const root = connection_->root(name_of(branch));
      return root ? root->version : Version{};
    };
    auto const result = [&]() -> CommitResult {
      if (told("nothing is compared")) return act(now());
      if (told("it is compared first and changed later")) {
        auto const seen = now();
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
        return seen == expected ? act(now()) : CommitResult::conflict;
      }
      if (told("versions are of the bytes")) {
        auto const root = connection_->root(branch);
        if (expected != (root ? version_of_bytes(*root) : Version{})) return CommitResult::conflict;
        auto done = act(root ? root->version : Version{});
        auto const made = connection_->root(branch);
        if (done == CommitResult::committed && made) done.version = version_of_bytes(*made);
        return done;
      }
      return act(expected);
    }();
    memory_->forget(branch);
    if (result == CommitResult::conflict && told("a conflict leaves a trace")) static_cast<void>(act(now()));
    if (result == CommitResult::conflict && told("a conflict loses what was put")) inner_ = connection_->begin();
    return result;
  }

  mem::Connection* connection_;
  std::shared_ptr<Memory> memory_;
  mem::Writer inner_;
};

class Connection {
 public:
  using Address = mem::Address;

  explicit Connection(mem::Connection inner) : inner_{std::make_unique<mem::Connection>(std::move(inner))} {}

  [[nodiscard]] Bytes read(Address address) const {
    if (told("nothing is an empty blob") && address == Address{}) return {};
    if (told("threads share what they look for")) {
      static std::atomic<mem::Address> wanted{};
      wanted = address;
      std::this_thread::sleep_for(std::chrono::microseconds{50});
      address = wanted;
    }
    try {
      auto bytes = inner_->read(address);
      return told("reads copy") ? Bytes::copy(bytes) : bytes;
    } catch (Error const&) {
      if (told("what was swept is empty")) return {};
      if (told("what was swept is another's")) return Bytes::copy(laws::bytes(laws::pattern(1000, 1234)));
      throw;
    }
  }
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const {
    auto const look = [&] {
      auto root = inner_->root(name_of(branch));
      if (root && told("versions are of the bytes")) root->version = version_of_bytes(*root);
      return root;
    };
    if (told("a root is read in two moments")) {
      auto const first = look();
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
      auto second = look();
      if (first && second) second->version = first->version;
      return second;
    }
    if (!told("others' commits are not seen")) return look();
    std::lock_guard const guard{memory_->mutex};
    auto const found = memory_->roots.find(branch);
    return found != memory_->roots.end() ? found->second : memory_->roots.emplace(branch, look()).first->second;
  }
  [[nodiscard]] std::vector<std::string> roots() const {
    auto names = inner_->roots();
    if (told("roots are in no order")) std::ranges::reverse(names);
    if (told("roots without a state are not listed")) std::erase_if(names, [&](auto const& name) { return inner_->root(name)->state.empty(); });
    return names;
  }
  [[nodiscard]] Writer begin() { return {inner_.get(), memory_}; }
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) {
    std::uint64_t number = 0;
    inner_->sweep([&](Address const& address) { return live(address) && !(told("a sweep loses what is live") && ++number % 3 == 0); },
                  told("a sweep takes what is young") ? TimePoint::max() : cutoff);
  }

 private:
  std::unique_ptr<mem::Connection> inner_;
  std::shared_ptr<Memory> memory_ = std::make_shared<Memory>();
};

/// `claimed`: what it promises.
template <Capabilities const& claimed>
struct Liar {
  static constexpr std::string_view backend_id = "liar";
  using index_tag = persistent_set_tag;
  using Config = mem::Config;
  static constexpr Capabilities capabilities = claimed;

  static void empty_store(Config const& config) {
    if (told("what was deleted comes back") && hidden.erase(config.id) != 0) return;
    if (told("a refused creation empties the store") && is_there(config)) {
      auto inner = mem::Backend::connect_store(config);
      for (auto const& name : inner.roots()) static_cast<void>(inner.begin().drop(name, inner.root(name)->version));
    }
    if (told("a store is created over another")) mem::Backend::delete_store(config);
    if (told("creation looks first and creates later")) return create_later(config);
    mem::Backend::empty_store(config);
  }
  static void delete_store(Config const& config) {
    if (!told("what was deleted comes back")) return mem::Backend::delete_store(config);
    if (is_there(config)) hidden.insert(config.id);
  }
  static Connection connect_store(Config const& config) {
    if (hidden.contains(config.id)) raise(Errc::store_does_not_exist, "It was deleted.");
    return Connection{mem::Backend::connect_store(config)};
  }

 private:
  static inline std::set<std::string> hidden;

  static bool is_there(Config const& config) { return !laws::code_of([&] { static_cast<void>(mem::Backend::connect_store(config)); }).has_value(); }
  static void create_later(Config const& config) {
    if (is_there(config)) return mem::Backend::empty_store(config);
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
    static_cast<void>(laws::code_of([&] { mem::Backend::empty_store(config); }));
  }
};

/// What the file backend takes for the system, which does not sync what it is told to.
struct Unsynced : backends::file::PosixIo {
  static int sync(int descriptor) noexcept {
    static std::atomic<int> count = 0;
    return told("nothing is synced") || (told("some syncs are left out") && ++count % 3 == 0) ? 0 : PosixIo::sync(descriptor);
  }
};
using UnsyncedFile = backends::file::BasicBackend<Unsynced>;

/// As `mem`, durable for as long as no process ends, and more than it can keep.
inline constexpr Capabilities of_memory = [] {
  auto claimed = mem::Backend::capabilities;
  claimed.durable = true;
  return claimed;
}();
inline constexpr Capabilities too_much{.durable = true, .fence = Fence::compare_and_swap, .sharing = Sharing::machine, .zero_copy_reads = true, .durable_append = true};

}  // namespace cairn::lies
