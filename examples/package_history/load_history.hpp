// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The log of dpkg as transactions: one a run of the package manager, each at the moment at which it was.
#pragma once

#include "batch.hpp"
#include "dpkg_log.hpp"
#include "package.hpp"
#include "terminal.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>

namespace package_history {

/// Which versions of which packages are installed, in the database and here beside it, so that only changes are
/// written.
class Installed {
 public:
  explicit Installed(Batch& batch) : batch_{&batch} {}

  /// Returns whether that is news.
  bool set(std::string const& name, PackageState state) {
    auto& known = states_[name];
    if (known == state) return false;
    auto const package = batch_->entity(attribute::name, name);
    // A new value of an attribute of cardinality one retracts the old one by itself.
    if (state.version != known.version) {
      if (state.version.empty()) {
        batch_->retract(package, attribute::version);
      } else {
        batch_->add(package, attribute::version, state.version);
      }
    }
    if (state.status != known.status) {
      if (state.status.empty()) {
        batch_->retract(package, attribute::status);
      } else {
        batch_->add(package, attribute::status, cairn::Keyword{state.status});
      }
    }
    known = std::move(state);
    return true;
  }

  [[nodiscard]] std::map<std::string, PackageState> const& states() const noexcept { return states_; }

 private:
  Batch* batch_;
  std::map<std::string, PackageState> states_;
};

[[nodiscard]] inline PackageState state_of(Package const& package) {
  bool const is_there = package.status != "config-files" && package.status != "not-installed";
  return {is_there ? std::string{package.version} : std::string{},
          package.status == "not-installed" ? std::string{} : std::string{package.status}};
}

struct HistoryCounts {
  std::size_t transactions = 0;  ///< runs that changed something
  std::size_t earlier = 0;       ///< packages that were there before the log begins
  std::size_t corrections = 0;   ///< packages of which dpkg's status says something else than the log's end
};

/// Writes the schema, the packages that were there before the log begins, the runs of the log, and where dpkg's status
/// differs from what they lead to, the status.
///
/// What was there before: packages whose first mention in the log is not their installation, in the version that it
/// names, and those of the status that the log does not mention.
inline HistoryCounts load_history(Batch& batch, DpkgLog const& log, std::span<Package const> status) {
  HistoryCounts counts;
  Installed installed{batch};

  std::map<std::string, PackageState> now;
  for (auto const& package : status) now[package.name] = state_of(package);

  auto const milliseconds = [](std::int64_t seconds) { return cairn::Instant{seconds * 1000}; };
  auto const today =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  auto const begin = milliseconds(log.runs.empty() ? today.count() : log.runs.front().started).milliseconds;

  batch.commit_schema(schema, cairn::Instant{begin - 2});
  for (auto const& [name, state] : log.before) counts.earlier += std::size_t{installed.set(name, state)};
  for (auto const& [name, state] : now) {
    if (!log.before.contains(name)) counts.earlier += std::size_t{installed.set(name, state)};
  }
  batch.commit_at(cairn::Instant{begin - 1});

  Progress progress{"the log"};
  for (std::size_t i = 0; i != log.runs.size(); ++i) {
    Interrupts::check();
    progress.show(i, log.runs.size());
    auto const& run = log.runs[i];
    bool changed = false;
    for (auto const& [name, state] : run.after) changed = installed.set(name, state) || changed;
    if (!changed) continue;
    batch.commit_at(milliseconds(run.started), milliseconds(run.finished));
    ++counts.transactions;
  }

  auto const at_the_end = installed.states();
  for (auto const& [name, state] : at_the_end) {
    if (!now.contains(name)) counts.corrections += std::size_t{installed.set(name, {})};
  }
  for (auto const& [name, state] : now) counts.corrections += std::size_t{installed.set(name, state)};
  if (counts.corrections != 0) batch.commit();
  return counts;
}

}  // namespace package_history
