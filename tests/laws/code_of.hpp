// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a call is refused with.
#pragma once

#include <cairn/error/error.hpp>

#include <optional>

namespace cairn::laws {

/// The code of the error that a call throws; nothing where it throws none.
template <class Call>
std::optional<Errc> code_of(Call call) {
  try {
    call();
  } catch (Error const& error) {
    return error.code();
  }
  return std::nullopt;
}

}  // namespace cairn::laws
