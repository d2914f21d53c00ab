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
#include <set>
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

/// The marker goes first: what is left when this is interrupted is no store, and the next call removes it. A store that somebody creates
/// meanwhile is another, and stays. `store/format` where another release or another program wrote the marker.
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
  auto const gone = Marker::read(*connected);
  if (gone) {
    WriteOperation marker;
    auto const text = Marker::text(*gone);
    marker.expect_bytes(0, text).remove();
    auto const answer = connected->run(std::string{Names::marker}, marker);
    if (answer != 0 && answer != -ENOENT && !is_other_bytes(answer)) raise_answer(answer, "delete a store");
  }
  std::vector<std::string> lists;
  std::vector<std::string> others;
  std::set<StoreId> in_use;  // of the others
  connected->list([&](std::string_view name) {
    auto const id = Names::store_of(name);
    if (!id) return;
    bool const is_list = name == Names{*id}.roots();
    (is_list ? lists : others).emplace_back(name);
    if (!is_list) in_use.insert(*id);
  });
  // A store's list is made before its marker, all else by those who have seen the marker. So one that has more than a list had its marker before
  // it was listed: where that is not there now, it does not come again. One that has only a list may get its marker yet.
  auto const anew = Marker::read(*connected);
  auto const stays = [&](std::string const& name) {
    auto const id = Names::store_of(name);
    return id == anew || (id != gone && !in_use.contains(*id));
  };
  std::erase_if(lists, stays);
  std::erase_if(others, stays);
  // The lists first: what is left when this is interrupted is known by the others.
  connected->remove(lists);
  connected->remove(others);
}

}  // namespace cairn::backends::rados::details
