// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How far the log went at some moments.
#pragma once

#include <cairn/concepts/root.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

namespace cairn::backends::file::details {

/// A place in the log, in the order of the log.
struct LogPlace {
  std::uint32_t segment = 0;
  std::uint64_t offset = 0;
  friend constexpr auto operator<=>(LogPlace const&, LogPlace const&) = default;
};

/// Frames don't say when they were written. Who follows the log knows how far it went when he looked: what lies before that is at least as old.
/// Remembers moments the closer to each other the younger they are, about a thousand of them.
class Milestones {
 public:
  /// At `now` the log went to `end`.
  void pass(TimePoint now, LogPlace const& end) {
    if (!passed_.empty()) {
      if (passed_.back().end == end && passed_.back().time <= now) return;
      if (now < passed_.back().time) passed_.clear();  // the clock was set back: it will say these times again
    }
    if (passed_.size() == most) thin(now);
    passed_.push_back({now, end});
  }
  /// All before that was there before `time`; nowhere where nobody looked by then.
  [[nodiscard]] LogPlace before(TimePoint time) const {
    auto const after = std::lower_bound(passed_.begin(), passed_.end(), time,
                                        [](Passed const& passed, TimePoint when) { return passed.time < when; });
    return after == passed_.begin() ? LogPlace{} : std::prev(after)->end;
  }

  /// By when what lies there was. The end of time where nobody looked since.
  [[nodiscard]] TimePoint time_of(LogPlace const& place) const {
    auto const behind = std::upper_bound(passed_.begin(), passed_.end(), place,
                                         [](LogPlace const& where, Passed const& passed) { return where < passed.end; });
    return behind == passed_.end() ? TimePoint::max() : behind->time;
  }

 private:
  struct Passed {
    TimePoint time;
    LogPlace end;
  };
  static constexpr std::size_t most = 1024;

  void thin(TimePoint now) {
    std::vector<Passed> kept;
    for (auto passed = passed_.rbegin(); passed != passed_.rend(); ++passed) {
      if (kept.empty() || kept.back().time - passed->time >= (now - passed->time) / 32) kept.push_back(*passed);
    }
    if (kept.size() > most / 2) kept.resize(most / 2);  // the youngest
    passed_.assign(kept.rbegin(), kept.rend());
  }

  std::vector<Passed> passed_;
};

}  // namespace cairn::backends::file::details
