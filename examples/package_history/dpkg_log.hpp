// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The log of dpkg, `/var/log/dpkg.log`, as the runs of the package manager that wrote it.
#pragma once

#include "relation.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace package_history {

/// What dpkg has of a package: the version and the state it is in. Both are empty where it has nothing.
struct PackageState {
  std::string version;
  std::string status;
  friend bool operator==(PackageState const&, PackageState const&) = default;
};

/// One run of the package manager: several calls of dpkg, which is what the log is about.
struct Run {
  std::int64_t started = 0;  ///< seconds since 1970
  std::int64_t finished = 0;
  std::map<std::string, PackageState> after;  ///< of the packages that the run touched
};

struct DpkgLog {
  std::vector<Run> runs;
  /// The state in which the log finds each package that it mentions.
  std::map<std::string, PackageState> before;
};

/// Reads logs, the oldest first, into runs.
///
/// A line `startup` begins a call of dpkg. Which calls are one run the log does not say; it is told so: apt unpacks and
/// configures without a pause, and leaves the triggers (`trigproc`) to its last call. So a run ends where triggers were
/// processed or where nothing was written for two seconds, and calls that only configure belong to what was unpacked.
class DpkgLogReader {
 public:
  explicit DpkgLogReader(std::string_view native_architecture) : native_{native_architecture} {}

  void read(std::string_view text) {
    while (!text.empty()) {
      auto const end = std::min(text.find('\n'), text.size());
      read_line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  [[nodiscard]] DpkgLog finish() && { return std::move(log_); }

 private:
  static constexpr std::int64_t pause = 2;
  static constexpr std::int64_t long_pause = 60;

  void read_line(std::string_view line) {
    std::array<std::string_view, 6> words;
    std::size_t count = 0;
    for_each_part(line, ' ', [&](std::string_view word) {
      if (count != words.size()) words[count++] = word;
    });
    auto const [day, clock, action, first, second, third] = words;
    if (count < 5) return;
    auto const time = seconds_since_1970(day, clock);
    if (time < 0) return;

    if (action == "startup") {
      begin_call(time, second == "configure" || second == "triggers-only");
    } else if (action == "status") {  // status <state> <package> <version that is there>
      note_earlier(second, {std::string{third}, "installed"});
      settle(time, second, first, third);
    } else if (action == "install" || action == "upgrade" || action == "remove" || action == "purge" ||
               action == "configure" || action == "trigproc") {  // <action> <package> <version before> <version after>
      bool const absent = action == "install";
      note_earlier(first, absent ? PackageState{} : PackageState{std::string{second}, "installed"});
      run_at(time).after.try_emplace(name_of(first), log_.before.at(name_of(first)));
      triggers_processed_ = action == "trigproc";
    }
  }

  void begin_call(std::int64_t time, bool configures) {
    auto const silence = log_.runs.empty() ? 0 : time - log_.runs.back().finished;
    bool const goes_on = !log_.runs.empty() && silence < pause && (configures || !triggers_processed_);
    if (!goes_on) begin_run(time);
  }

  void begin_run(std::int64_t time) {
    log_.runs.push_back({time, time, {}});
    triggers_processed_ = false;
  }

  Run& run_at(std::int64_t time) {
    // dpkg-trigger writes outside of a call, ahead of the one that it leads to; a trigger may take its time, too.
    bool const over = log_.runs.empty() || (triggers_processed_ && time - log_.runs.back().finished >= long_pause);
    if (over) begin_run(time);
    log_.runs.back().finished = std::max(log_.runs.back().finished, time);
    return log_.runs.back();
  }

  void note_earlier(std::string_view package, PackageState state) {
    if (state.version == "<none>") state = {};
    log_.before.try_emplace(name_of(package), std::move(state));
  }

  void settle(std::int64_t time, std::string_view package, std::string_view status, std::string_view version) {
    auto& state = run_at(time).after[name_of(package)];
    if (status == "not-installed") {
      state = {};
    } else if (status == "config-files") {
      state = {{}, std::string{status}};  // its settings are all that is left
    } else {
      state = {std::string{version}, std::string{status}};
    }
  }

  [[nodiscard]] std::string name_of(std::string_view package) const { return qualified_name(package, native_); }

  /// `2025-06-24`, `14:36:25`, in the machine's own time zone, as dpkg writes it; negative for anything else.
  std::int64_t seconds_since_1970(std::string_view day, std::string_view clock) {
    std::string stamp{day};
    stamp.append(" ").append(clock);
    if (stamp == stamp_) return time_;
    std::array<int, 6> parts{};
    constexpr std::array<std::size_t, 6> starts{0, 5, 8, 11, 14, 17};
    if (stamp.size() != 19) return -1;
    for (std::size_t i = 0; i != parts.size(); ++i) {
      auto const* first = stamp.data() + starts[i];
      auto const* last = first + (i == 0 ? 4 : 2);
      if (auto const [end, error] = std::from_chars(first, last, parts[i]); error != std::errc{} || end != last)
        return -1;
    }
    std::tm local{};
    local.tm_year = parts[0] - 1900;
    local.tm_mon = parts[1] - 1;
    local.tm_mday = parts[2];
    local.tm_hour = parts[3];
    local.tm_min = parts[4];
    local.tm_sec = parts[5];
    local.tm_isdst = -1;
    stamp_ = std::move(stamp);
    return time_ = std::mktime(&local);
  }

  std::string native_;
  DpkgLog log_;
  bool triggers_processed_ = false;
  std::string stamp_;  // the last one read, and its time: a second has many lines
  std::int64_t time_ = -1;
};

}  // namespace package_history
