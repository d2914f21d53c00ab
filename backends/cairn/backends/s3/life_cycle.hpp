// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Creating a store in a bucket, and deleting it.
#pragma once

#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/s3/client.hpp>
#include <cairn/backends/s3/config.hpp>
#include <cairn/backends/s3/keys.hpp>
#include <cairn/backends/s3/marker.hpp>
#include <cairn/backends/s3/probe.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace cairn::backends::s3::details {

inline void create_store(Config const& config) {
  auto const prefix = checked_prefix(config);
  Client const client{config};
  auto const exists = [&] {
    raise(Errc::store_exists, "There is a store below " + path_encoded(prefix) + " in the bucket already: connect to it, delete it first, or choose another :prefix.");
  };
  if (read_marker(client, prefix)) exists();
  Marker marker;
  marker.quotes = probe(client, prefix);
  marker.probed = client.endpoint().base();
  auto const random = common::random_epoch();
  for (std::size_t i = 0; i != marker.id.size(); ++i) marker.id[i] = static_cast<std::uint8_t>(random[i]);
  auto const text = marker.text();
  auto call = Client::put(Keys::marker(prefix), bytes_of(text), {if_absent()});
  client.perform(call);
  if (call.answer.is_success() && !call.is_exhausted) return;
  // Another's, or this one's own whose reply was lost.
  if (call.answer.status != 412 && !call.may_have_landed) raise_answer(call, "create a store");
  auto const there = read_marker(client, prefix);
  if (!there) raise_answer(call, "create a store");
  if (there->id != marker.id) exists();
}

/// The marker goes first: what is left when this is interrupted is no store, and the next call removes it. A store that somebody creates
/// meanwhile is another, and stays.
inline void delete_store(Config const& config) {
  auto const prefix = checked_prefix(config);
  auto const marker = Keys::marker(prefix);
  Client const client{config};
  client.remove({marker});
  std::vector<std::string> keys;
  client.list(prefix + "/", [&](Listed const& object) {
    if (object.key != marker && Keys::is_of_store(prefix, object.key)) keys.push_back(object.key);
    return true;
  });
  // A store's marker is its first object, so who has one in the list has a marker now.
  if (auto const anew = read_marker(client, prefix)) {
    Keys const others{prefix, anew->id};
    std::erase_if(keys, [&](std::string const& key) { return others.has(key); });
  }
  client.remove(std::move(keys));
}

}  // namespace cairn::backends::s3::details
