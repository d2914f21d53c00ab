// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// S3 as the suite of backends sees it, with a look at how much a bucket holds.
#pragma once

#include <cairn/backends/s3/backend.hpp>

#include <cstdint>

namespace cairn::backends::s3 {

/// The bytes of all objects of a store: what most_on_disk_in_a_day asks for.
inline std::uintmax_t room_of(Config const& config) {
  auto const prefix = details::checked_prefix(config);
  details::Client const client{config};
  std::uintmax_t bytes = 0;
  client.list(prefix + "/", [&](details::Listed const& object) {
    if (details::Keys::is_of_store(prefix, object.key)) bytes += object.size;
    return true;
  });
  return bytes;
}

}  // namespace cairn::backends::s3
