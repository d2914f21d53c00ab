// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Creating a store in a pool, and deleting it.
#pragma once

#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/common/text.hpp>
#include <cairn/backends/rados/cluster.hpp>
#include <cairn/backends/rados/config.hpp>
#include <cairn/backends/rados/errors.hpp>
#include <cairn/backends/rados/handle.hpp>
#include <cairn/backends/rados/names.hpp>
#include <cairn/backends/rados/operation.hpp>
#include <cairn/error/error.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::backends::rados::details {

inline void create_store(Config const& config) {
  Cluster const cluster{config};
  auto const exists = [&] {
    raise(Errc::store_exists, "There is a store in the namespace \"" + config.namespace_ + "\" of the Ceph pool " + config.pool +
                                  " already: connect to it, delete it first, or choose another :namespace.");
  };
  if (Marker::read(cluster)) exists();
  StoreId id;
  auto const random = common::random_epoch();
  for (std::size_t i = 0; i != id.size(); ++i) id[i] = static_cast<std::uint8_t>(random[i]);
  auto const roots = Names{id}.roots();
  WriteOperation list;
  list.create().clear_entries();
  if (auto const answer = cluster.run(roots, list); answer != 0) {
    // One that may be overwritten is found out only so.
    if (answer == -EOPNOTSUPP) Handle::raise_coded(config.pool);
    raise_answer(answer, "create a store");
  }
  WriteOperation marker;
  auto const text = Marker::text(id);
  marker.create().replace(common::bytes_of(text));
  auto const answer = cluster.run(std::string{Names::marker}, marker);
  if (answer == 0) return;
  // Another's, or this one's own whose answer was lost.
  auto const there = Marker::read(cluster);
  if (there == id) return;
  if (is_refusal(answer) || answer == -EEXIST) cluster.remove({roots});
  if (there) exists();
  raise_answer(answer, "create a store");
}

/// The marker goes first: what is left when this is interrupted is no store, and the next call removes it.
inline void delete_store(Config const& config) {
  auto const connected = [&]() -> std::unique_ptr<Cluster> {
    try {
      return std::make_unique<Cluster>(config);
    } catch (Error const& error) {
      if (error.code() == Errc::store_does_not_exist) return nullptr;  // there is no such pool
      throw;
    }
  }();
  if (!connected) return;
  connected->remove({std::string{Names::marker}});
  std::vector<std::string> objects;
  connected->list([&](std::string_view name) {
    if (Names::is_of_store(name)) objects.emplace_back(name);
  });
  connected->remove(objects);
}

}  // namespace cairn::backends::rados::details
