// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which release made the tables of a store in an SQL database.
#pragma once

#include <cairn/error/error.hpp>

#include <string>
#include <string_view>

namespace cairn::backends::common {

/// What the tables on a server look like; a store with a greater number was made by a later release.
inline constexpr std::string_view sql_format = "1";

/// The row of a store's table.
struct SqlStoreRow {
  std::string format;
  std::string own;
};

/// `store/format` where the tables are not as this release has them.
inline void check_sql_format(std::string_view found, std::string_view known = sql_format) {
  if (found == known) return;
  raise(Errc::store_format, "The store was made by another release: its tables have format " + std::string{found} + ", this one knows " + std::string{known} +
                                ". Use that release.");
}

}  // namespace cairn::backends::common
