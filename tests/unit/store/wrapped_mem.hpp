// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Most of a backend for a test: the memory backend, with another writer.
#pragma once

#include <cairn/backends/mem/backend.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wrapped_mem {

template <class TheWriter>
class Connection {
 public:
  using Address = cairn::backends::mem::Address;
  using Writer = TheWriter;
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

/// `Derived` adds its `backend_id`.
template <class Derived, class TheConnection>
struct Backend {
  using Mem = cairn::backends::mem::Backend;
  using index_tag = cairn::persistent_set_tag;
  using Config = wrapped_mem::Config;
  static constexpr cairn::Capabilities capabilities = Mem::capabilities;
  static void empty_store(Config const& config) { Mem::empty_store(inner(config)); }
  static void delete_store(Config const& config) { Mem::delete_store(inner(config)); }
  static TheConnection connect_store(Config const& config) { return TheConnection{Mem::connect_store(inner(config))}; }

 private:
  static Mem::Config inner(Config const& config) { return {.id = std::string{Derived::backend_id} + "-" + config.id}; }
};

}  // namespace wrapped_mem
