// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the plain benchmarks share: a place on the disk, rounds in turn, and rows that benchmarks/table.py reads.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::benchmarks {

/// A directory next to the program, and so on a disk where a temporary directory may be in memory.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    auto pattern = (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "scratch-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"mkdtemp failed: " + pattern};
    path_ = pattern;
  }
  ScratchDirectory(ScratchDirectory const&) = delete;
  ScratchDirectory& operator=(ScratchDirectory const&) = delete;
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// The bytes of all files in a directory.
[[nodiscard]] inline std::uintmax_t bytes_below(std::filesystem::path const& directory) {
  std::uintmax_t sum = 0;
  for (auto const& entry : std::filesystem::recursive_directory_iterator{directory}) {
    if (entry.is_regular_file()) sum += entry.file_size();
  }
  return sum;
}

/// Seconds on the clock, since these benchmarks wait for a disk.
[[nodiscard]] inline double seconds_of(std::function<void()> const& work) {
  auto const begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Seconds that this thread was ready to run and had no processor since it began: other processes' doing. Zero where
/// the system doesn't say.
[[nodiscard]] inline double seconds_without_processor() {
  std::ifstream file{"/proc/thread-self/schedstat"};
  double on_processor = 0;
  double waiting = 0;
  file >> on_processor >> waiting;
  return file ? waiting / 1e9 : 0;
}

/// The median; of an even number, the upper one. Requires: not empty.
[[nodiscard]] inline double median(std::vector<double> values) {
  auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// The median of what each contender returns, over rounds in which each has its turn, the first one another each time.
/// In that way a load that comes and goes meets all of them.
[[nodiscard]] inline std::vector<double> medians_in_turn(std::size_t rounds,
                                                         std::vector<std::function<double()>> const& contenders) {
  std::vector<std::vector<double>> results(contenders.size());
  for (std::size_t round = 0; round != rounds; ++round) {
    for (std::size_t turn = 0; turn != contenders.size(); ++turn) {
      auto const which = (round + turn) % contenders.size();
      results[which].push_back(contenders[which]());
    }
  }
  std::vector<double> medians;
  for (auto& values : results) medians.push_back(median(std::move(values)));
  return medians;
}

enum class Better : std::uint8_t { more, less };

/// Prints one comparison as a line of JSON. `asked`: what Cairn's figure should reach, in its unit; 0: nothing is asked.
/// Requires: nothing in the texts that JSON would escape.
inline void print_row(std::string_view what, std::string_view unit, Better better, double cairn, std::string_view peer,
                      double of_peer, double asked = 0) {
  std::cout << R"({"what": ")" << what << R"(", "unit": ")" << unit << R"(", "better": ")"
            << (better == Better::more ? "more" : "less") << R"(", "cairn": )" << cairn << R"(, "peer": ")" << peer
            << R"(", "of_peer": )" << of_peer;
  if (asked != 0) std::cout << R"(, "asked": )" << asked;
  std::cout << "}" << std::endl;
}

}  // namespace cairn::benchmarks
