// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Answers as JSON, CSV and tables.
#pragma once

#include "backends.hpp"
#include <cairn/query/run/result.hpp>

#include <string>
#include <vector>

namespace cairn::tool {

/// Keywords and symbols as text without a colon, instants and UUIDs as text, sets as arrays, keys of maps as text; what
/// JSON has no number for (`##NaN`) is null.
[[nodiscard]] std::string to_json(Edn const& value);

/// RFC 4180, with a line of names first: strings as they are, nil as nothing, all else as EDN.
[[nodiscard]] std::string to_csv(QueryResult const& result, std::vector<std::string> const& names);

[[nodiscard]] std::string to_table(QueryResult const& result, std::vector<std::string> const& names);

}  // namespace cairn::tool
