// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How a commit is named on a command line.
#pragma once

#include <cairn/error/error.hpp>
#include <cairn/store/commit_id.hpp>

#include <string>

namespace cairn::tool {

[[nodiscard]] inline CommitId commit_id_argument(std::string const& text) {
  auto const id = commit_id_of(text);
  if (!id) raise(Errc::entity_id_syntax, "\"" + text + "\" is no commit: one is named as `cairn log` prints it, by a UUID.", "{}");
  return *id;
}

}  // namespace cairn::tool
