// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A whole backend of one's own: what makes a database out of a place to keep bytes.
#pragma once

// [place]
#include "shelf.hpp"
// [/place]

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// [first-backend]
#include <cairn/concepts/store_backend.hpp>
#include <cairn/error/error.hpp>

namespace shelf {

// [names]
using Blob = std::span<std::byte const>;
using Root = std::optional<cairn::RootRecord>;
// [/names]

// [config]
struct Config {
  std::string id;  // {:store {:backend :shelf :id "books"}}; empty here, so it must be given
};
// [/config]

// [writer]
class Writer {
 public:
  explicit Writer(std::shared_ptr<Shelf> shelf) : shelf_{std::move(shelf)} {}

  std::uint64_t put(Blob bytes) { return shelf_->put(bytes); }
  cairn::CommitResult commit(std::string_view branch, cairn::Version const& expected, Blob state) {
    return shelf_->swap(branch, expected, [&](Root& root) { root = {{{}, cairn::Bytes::copy(state), {}}}; });
  }
  cairn::CommitResult append(std::string_view branch, cairn::Version const& expected, Blob frame) {
    return shelf_->swap(branch, expected, [&](Root& root) {
      if (!root) root.emplace();
      root->tail.push_back(cairn::Bytes::copy(frame));
    });
  }
  cairn::CommitResult drop(std::string_view branch, cairn::Version const& expected) {
    return shelf_->swap(branch, expected, [](Root& root) { root.reset(); });
  }

 private:
  std::shared_ptr<Shelf> shelf_;
};
// [/writer]

// [connection]
class Connection {
 public:
  using Address = std::uint64_t;

  explicit Connection(std::shared_ptr<Shelf> shelf) : shelf_{std::move(shelf)} {}

  cairn::Bytes read(Address address) const { return shelf_->read(address); }
  Root root(std::string_view branch) const { return shelf_->root(branch); }
  std::vector<std::string> roots() const { return shelf_->roots(); }
  Writer begin() { return Writer{shelf_}; }
  void sweep(cairn::LiveSet<Address> const& live, cairn::TimePoint cutoff) { shelf_->sweep(live, cutoff); }

 private:
  std::shared_ptr<Shelf> shelf_;
};
// [/connection]

// [backend]
struct Backend {
  static constexpr std::string_view backend_id = "shelf";
  using index_tag = cairn::persistent_set_tag;
  using Config = shelf::Config;
  static constexpr cairn::Capabilities capabilities{
      .fence = cairn::Fence::compare_and_swap, .sharing = cairn::Sharing::process, .zero_copy_reads = true};

  static void empty_store(Config const& config) {
    if (!shelves.create(config.id)) cairn::raise(cairn::Errc::store_exists, "There is such a shelf already.");
  }
  static void delete_store(Config const& config) { shelves.remove(config.id); }
  static Connection connect_store(Config const& config) {
    auto shelf = shelves.find(config.id);
    if (!shelf) cairn::raise(cairn::Errc::store_does_not_exist, "There is no such shelf; create it first.");
    return Connection{std::move(shelf)};
  }
};
// [/backend]

}  // namespace shelf

static_assert(cairn::check_store_backend<shelf::Backend>());  // says in words what is missing
// [/first-backend]
