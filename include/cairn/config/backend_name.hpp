// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What configurations call backends.
#pragma once

#include <string_view>

namespace cairn::config {

/// The id that a text means, as `backend_id` has it: without a colon, and `memory` is `mem`.
[[nodiscard]] constexpr std::string_view canonical_backend_id(std::string_view text) noexcept {
  if (text.starts_with(':')) text.remove_prefix(1);
  return text == "memory" ? std::string_view{"mem"} : text;
}

}  // namespace cairn::config
