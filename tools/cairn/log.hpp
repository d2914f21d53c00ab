// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What happens inside, on standard error.
#pragma once

#include <cairn/db/clock.hpp>
#include <cairn/edn/instant.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/error/log.hpp>

#include <cstdio>
#include <string>
#include <string_view>

namespace cairn::tool {

/// Has events of `level` and above written to standard error, an EDN map a line. Nothing where no level is named.
inline void log_to_stderr(std::string_view level) {
  if (level.empty()) return;
  LogOptions options;
  for (auto const one : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
    if (name(one) == level) options.least = one;
  }
  set_log_sink(
      [](LogRecord const& record) {
        std::string line = "{:at " + notation::write(notation::Value::instant(current_instant().milliseconds)) + " :level :" +
                           std::string{name(record.level)} + " :event :" + std::string{code_of(record.event)} + " :message ";
        notation::write_string_to(line, record.message);
        line += " :data " + std::string{record.data} + "}\n";
        std::fwrite(line.data(), 1, line.size(), stderr);  // whole, whoever else writes
      },
      options);
}

}  // namespace cairn::tool
