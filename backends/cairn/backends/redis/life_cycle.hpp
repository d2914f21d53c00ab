// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Creating a store in Redis, and deleting it.
#pragma once

#include <cairn/backends/redis/call.hpp>
#include <cairn/backends/redis/config.hpp>
#include <cairn/backends/redis/keys.hpp>
#include <cairn/backends/redis/scripts.hpp>
#include <cairn/backends/redis/server.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::backends::redis::details {

inline void create_store(Config const& config) {
  Keys const keys{config};
  Server server{config};
  auto const key = keys.store();
  // Another store each time that it is sent: one whose reply was lost may be there, and be deleted before the next. Whoever deletes it is still
  // removing what has its `own`, and who was connected to it must not take this one for it.
  std::vector<std::string> values;
  bool may_have_run = false;
  auto const made = server.run_each(
      [&] {
        values.push_back(std::string{format} + " " + random_own());
        return Call{"SET", key, values.back(), "NX"};
      },
      "create the store", may_have_run);
  if (!made.is_nothing()) return;
  // It is ours where the reply was lost and another one sent.
  if (std::find(values.begin(), values.end(), server.run({"GET", key}, "look at the store").text()) != values.end()) return;
  raise(Errc::store_exists, "There is a store under the key " + keys.store() +
                                " of that Redis already: connect to it, delete it first, or choose another :prefix.");
}

/// What a deletion that was broken off left is removed, too.
inline void delete_store(Config const& config) {
  Keys const keys{config};
  Server server{config};
  auto const found = server.run({"GET", keys.store()}, "look at the store");
  std::string value;
  std::string own;
  if (!found.is_nothing()) {
    StoreKeys const there{keys, std::string{found.text()}};
    value = there.value();
    own = there.own();
  }
  auto const left = server.run({Script::remove, {keys.store(), keys.deleted()}, {value, own}}, "delete the store");
  for (std::size_t i = 0; i != left.size(); ++i) {
    auto const gone = left[i].text();
    if (!is_own(gone)) raise(Errc::store_format, "The key " + keys.deleted() + " of that Redis was written by another program: remove it there.");
    auto const all = keys.all_of(gone);
    bool saw_all = false;
    for (bool found_any = true; found_any;) {
      found_any = false;
      saw_all = server.scan(all + "*", all, [&](std::vector<std::string_view> const& batch) {
        found_any = true;
        server.remove(batch);
      });
    }
    if (!saw_all) {
      raise(Errc::io_error, "The store's slot is on its way to another node of the Redis cluster, which has some of the store's keys. "
                            "Nobody can connect to the store any more; delete it once more when the slot has arrived.");
    }
    server.run({"SREM", keys.deleted(), gone}, "delete the store");
  }
}

}  // namespace cairn::backends::redis::details
