// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Rows of the fault matrix in which bytes of a store at rest change: an error or the truth, never anything else.
#include "fault_script.hpp"
#include "rows.hpp"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::test {
namespace {

std::string const first_segment = "/store/seg-0000000001.clog";
std::string const lock_file = "/store/lock";
std::string const hint_file = "/store/roots.hint";

/// A store at rest, and what it holds. One whose writer was killed has room behind its log.
struct Sample {
  using Files = std::vector<std::pair<std::string, Disk::Bytes>>;
  Script script;
  History history;
  Files files;
  std::vector<Files> older;  ///< the same store, before each of its transactions

  Sample(std::size_t transactions, ByteSize segment_size, std::size_t variation = 0, bool has_hint = true,
         std::size_t sweep_period = 1000, bool is_killed = false) {
    Disk disk;
    FaultIo::disk = &disk;
    script.transactions = transactions + (is_killed ? 1 : 0);
    script.variation = variation;
    script.sweep_period = sweep_period;
    script.config.compact_below = 1.0;
    script.config.segment_size = segment_size;
    script.before = [&](std::size_t i) {
      older.push_back(files_of(disk, has_hint));
      if (i == transactions) raise(Errc::io_error, "The writer is killed.");
    };
    script.run(history);
    script.before = nullptr;
    files = is_killed ? older.back() : files_of(disk, has_hint);
  }
  static Files files_of(Disk const& disk, bool has_hint) {
    Files files;
    for (auto const& path : disk.paths()) {
      if (has_hint || path != hint_file) files.emplace_back(path, disk.content(path));
    }
    return files;
  }

  [[nodiscard]] Disk disk() const {
    Disk disk;
    for (auto const& [path, content] : files) place(disk, path, content);
    return disk;
  }
  static void place(Disk& disk, std::string const& path, Disk::Bytes content) {
    disk.place("/store", path.substr(7), std::move(content));
  }
  [[nodiscard]] Disk::Bytes const& content(std::string const& path) const {
    return std::find_if(files.begin(), files.end(), [&](auto const& file) { return file.first == path; })->second;
  }
  [[nodiscard]] std::vector<std::string> segments() const {
    std::vector<std::string> segments;
    for (auto const& [path, ignored] : files) {
      if (path.ends_with(".clog")) segments.push_back(path);
    }
    return segments;
  }
  [[nodiscard]] std::size_t size() const {
    std::size_t size = 0;
    for (auto const& [ignored, content] : files) size += content.size();
    return size;
  }
};

constexpr ByteSize one_segment{std::uint64_t{1} << 20U};
constexpr ByteSize many_segments = backends::file::smallest_segment;

enum class Verdict { truth, detected, wrong };

/// Opens the disk and reads everything. Only the state after state number `first` and later ones are true.
Verdict verdict(Sample const& sample, Disk& disk, std::size_t first) try {
  FaultIo::disk = &disk;
  auto const connection = FaultBackend::connect_store(sample.script.config);
  auto const state = state_of(connection, sample.history, first);
  if (!state || wrong_blob(connection, sample.history.states[*state])) return Verdict::wrong;
  return Verdict::truth;
} catch (Error const& error) {
  bool const names_the_place =
      error.code() != Errc::store_corrupt || std::string_view{error.data()}.find(":offset") != std::string_view::npos;
  return names_the_place ? Verdict::detected : Verdict::wrong;
} catch (std::exception const&) {
  return Verdict::wrong;
}

std::optional<std::string> wrong_if(bool is_wrong, char const* what) {
  return is_wrong ? std::optional<std::string>{what} : std::nullopt;
}

/// Counts the state in which `path` holds `content`, which must be detected or harmless.
Verdict see(Tally& tally, Sample const& sample, std::string const& path, Disk::Bytes content, std::string const& what) {
  auto disk = sample.disk();
  Sample::place(disk, path, std::move(content));
  auto const found = verdict(sample, disk, sample.history.acknowledged);
  tally.see(wrong_if(found == Verdict::wrong, "a wrong answer"), [&] { return path + " " + what; });
  return found;
}

/// The same with nothing that says how far the log went: what is there then is one of the states, whole, or an error.
void see_bare(Tally& tally, Sample const& sample, std::string const& path, Disk::Bytes content,
              std::string const& what) {
  auto disk = sample.disk();
  Sample::place(disk, path, std::move(content));
  Sample::place(disk, lock_file, {});
  Sample::place(disk, hint_file, {});
  tally.see(wrong_if(verdict(sample, disk, 0) == Verdict::wrong, "a wrong answer"),
            [&] { return path + " " + what + ", lock and hint gone"; });
}

}  // namespace

Tally flipped_bits(Extent const& extent) {
  Tally tally;
  for (std::size_t variation = 0; variation != extent.times; ++variation) {
    for (bool const has_hint : {true, false}) {
      // The whole matrix once; a second time, without a hint to start from, only every seventh bit.
      auto const step = extent.thinned * (has_hint ? 1 : 7);
      Sample const sample{20, one_segment, variation, has_hint};
      tally.must(sample.history.acknowledged == 20 && (sample.size() > 10'240 || variation != 0),
                 "the sample is too small");
      std::size_t detected = 0;
      for (auto const& [path, content] : sample.files) {
        for (std::size_t bit = extent.seed % step; bit < content.size() * 8; bit += step) {
          if (tally.is_over(extent)) return tally;
          auto damaged = content;
          damaged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
          auto const found = see(tally, sample, path, std::move(damaged), "bit " + std::to_string(bit));
          if (found == Verdict::detected) ++detected;
          // What stands beside the log may be damaged without harm.
          if (path != first_segment) tally.must(found == Verdict::truth, "bit " + std::to_string(bit) + " of " + path);
        }
      }
      // Most of a log is in its frames; what may be damaged unseen is what nothing refers to any more, of which some scripts leave much.
      auto const bits = sample.content(first_segment).size() * 8 / step;
      tally.must(detected > bits / (variation == 0 ? 2 : 8), "too many of the flips went unseen");
    }
  }
  return tally;
}

Tally flipped_bits_of_compacted_segments(Extent const& extent) {
  Tally tally;
  for (std::size_t variation = 0; variation != extent.times; ++variation) {
    Sample const sample{40, many_segments, variation, true, 13};
    tally.must(sample.history.acknowledged == 40, "the script did not run to its end");
    for (auto const& [path, content] : sample.files) {
      for (std::size_t bit = extent.seed % (7 * extent.thinned); bit < content.size() * 8; bit += 7 * extent.thinned) {
        if (tally.is_over(extent)) return tally;
        auto damaged = content;
        damaged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        see(tally, sample, path, std::move(damaged), "bit " + std::to_string(bit));
      }
    }
  }
  return tally;
}

Tally truncations(Extent const& extent) {
  Tally tally;
  for (std::size_t variation = 0; variation != extent.times; ++variation) {
    for (auto const segment_size : {one_segment, many_segments}) {
      Sample const sample{segment_size == one_segment ? std::size_t{9} : 19, segment_size, variation};
      for (auto const& path : sample.segments()) {
        bool const is_last = path == sample.segments().back();
        auto const& whole = sample.content(path);
        for (std::size_t size = extent.seed % extent.thinned; size < whole.size(); size += extent.thinned) {
          if (tally.is_over(extent)) return tally;
          auto const cut = Disk::Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
          auto const what = "cut to " + std::to_string(size);
          auto const found = see(tally, sample, path, cut, what);
          if (is_last) tally.must(found == Verdict::detected, path + " " + what + " was not detected");
          if (segment_size != one_segment) continue;
          // The hint alone says it too.
          auto without_mark = sample.disk();
          Sample::place(without_mark, path, cut);
          Sample::place(without_mark, lock_file, {});
          auto const by_hint = verdict(sample, without_mark, sample.history.acknowledged);
          tally.see(wrong_if(by_hint != Verdict::detected, "not detected"), [&] { return what + ", lock gone"; });
          see_bare(tally, sample, path, cut, what);
        }
      }
    }
    // Damage before a commit that was written later is detected by the log alone: that commit knows that all before it
    // was synced. The gap that is left is the last commit itself.
    Sample const sample{9, one_segment, variation, false};
    auto const& whole = sample.content(first_segment);
    std::size_t detected = 0;
    std::size_t tried = 0;
    for (std::size_t at = 0; at < whole.size(); at += 3 * extent.thinned, ++tried) {
      auto damaged = whole;
      damaged[at] ^= std::byte{0x10};
      auto disk = sample.disk();
      Sample::place(disk, first_segment, std::move(damaged));
      Sample::place(disk, lock_file, {});
      auto const found = verdict(sample, disk, sample.history.acknowledged - 1);
      if (found == Verdict::detected) ++detected;
      tally.see(wrong_if(found == Verdict::wrong, "a wrong answer"),
                [&] { return "damage at " + std::to_string(at) + ", lock gone"; });
    }
    tally.must(detected > tried / 2, "most of the damage went unseen");
  }
  return tally;
}

Tally damage_with_room(Extent const& extent) {
  Tally tally;
  for (std::size_t variation = 0; variation != extent.times; ++variation) {
    for (auto const segment_size : {one_segment, many_segments}) {
      Sample const sample{segment_size == one_segment ? std::size_t{9} : 18, segment_size, variation, true, 1000, true};
      auto const path = sample.segments().back();
      auto const& whole = sample.content(path);
      auto const last =
          std::find_if(whole.rbegin(), whole.rend(), [](std::byte byte) { return byte != std::byte{0}; });
      auto const end = (static_cast<std::size_t>(whole.rend() - last) + 7) / 8 * 8;
      tally.must(sample.history.acknowledged == sample.script.transactions - 1, "the script did not run to its end");
      tally.must(segment_size != one_segment || whole.size() > end + 4096, "there is no room");
      auto const with_zeros = [&](std::size_t from, std::size_t to) {
        auto damaged = whole;
        std::fill(damaged.begin() + static_cast<std::ptrdiff_t>(from), damaged.begin() + static_cast<std::ptrdiff_t>(to),
                  std::byte{0});
        return damaged;
      };
      // What is in the room is nothing, and nothing is missing without it.
      for (auto bit = end * 8 + extent.seed % 61; bit < whole.size() * 8 && !tally.is_over(extent);
           bit += 61 * extent.thinned) {
        auto damaged = whole;
        damaged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        auto const found = see(tally, sample, path, std::move(damaged), "bit " + std::to_string(bit) + " of the room");
        tally.must(found == Verdict::truth, "bit " + std::to_string(bit) + " of the room did harm");
      }
      for (std::size_t size = extent.seed % 7; size < whole.size() && !tally.is_over(extent);
           size += (size < end ? 7 : 511) * extent.thinned) {
        auto const cut = Disk::Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        auto const found = see(tally, sample, path, cut, "cut to " + std::to_string(size));
        tally.must(found == (size < end ? Verdict::detected : Verdict::truth), "cut to " + std::to_string(size));
      }
      // Zeros where the log was look like room: the mark, or without it later commits, say that they are not.
      for (std::size_t from = 0; from < end && !tally.is_over(extent); from += 8 * extent.thinned) {
        auto const what = "zeros from " + std::to_string(from) + " on";
        auto const found = see(tally, sample, path, with_zeros(from, end), what);
        tally.must(found == Verdict::detected, what + " were taken for room");
        see_bare(tally, sample, path, with_zeros(from, end), what);
        auto disk = sample.disk();
        Sample::place(disk, path, with_zeros(from, from + 8));
        Sample::place(disk, lock_file, {});
        tally.see(wrong_if(verdict(sample, disk, sample.history.acknowledged - 1) == Verdict::wrong, "a wrong answer"),
                  [&] { return "eight zeros at " + std::to_string(from) + ", lock gone"; });
      }
    }
  }
  return tally;
}

Tally moved_blocks(Extent const& extent) {
  Tally tally;
  for (std::size_t variation = 0; variation != extent.times; ++variation) {
    std::mt19937_64 random{extent.seed + variation};
    auto const copy = [](Disk::Bytes const& from, std::size_t at, std::size_t count, Disk::Bytes& to,
                         std::size_t where) {
      count = std::min({count, from.size() - at, to.size() - where});
      std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(at), count,
                  to.begin() + static_cast<std::ptrdiff_t>(where));
    };
    for (auto const segment_size : {one_segment, many_segments}) {
      Sample const sample{40, segment_size, variation};
      auto const paths = sample.segments();
      // Blocks that are lost, doubled and exchanged, of a sector and of a page, within a segment and between two.
      for (std::size_t const block : {std::size_t{512}, std::size_t{4096}}) {
        std::vector<std::pair<std::string, std::size_t>> blocks;
        for (auto const& path : paths) {
          for (std::size_t at = 0; at < sample.content(path).size(); at += block) blocks.emplace_back(path, at);
        }
        for (std::size_t i = 0; i < blocks.size(); i += extent.thinned) {
          auto const& [path, at] = blocks[i];
          auto zeroed = sample.content(path);
          std::fill_n(zeroed.begin() + static_cast<std::ptrdiff_t>(at), std::min(block, zeroed.size() - at),
                      std::byte{0});
          see(tally, sample, path, std::move(zeroed), "zeroed at " + std::to_string(at));
          for (auto const& [other, where] : blocks) {
            if (tally.is_over(extent)) return tally;
            if (other == path && where == at) continue;
            auto written = sample.content(other);
            copy(sample.content(path), at, block, written, where);
            if (written == sample.content(other)) continue;
            auto const what = "block " + std::to_string(at) + " of " + path + " at " + std::to_string(where);
            see(tally, sample, other, written, what);
            auto disk = sample.disk();
            auto exchanged = other == path ? written : sample.content(path);
            copy(sample.content(other), where, block, exchanged, at);
            Sample::place(disk, other, std::move(written));
            Sample::place(disk, path, std::move(exchanged));
            tally.see(wrong_if(verdict(sample, disk, sample.history.acknowledged) == Verdict::wrong, "a wrong answer"),
                      [&] { return what + ", exchanged"; });
          }
        }
      }
      // Writes that went elsewhere: any stretch of a segment over any other place.
      for (std::size_t i = 0; i < 2'000; i += extent.thinned) {
        auto const& from = paths[random() % paths.size()];
        auto const& path = paths[random() % paths.size()];
        auto written = sample.content(path);
        auto const at = random() % sample.content(from).size() / 8 * 8;
        auto const where = random() % written.size() / 8 * 8;
        copy(sample.content(from), at, random() % 700 + 8, written, where);
        if (written == sample.content(path)) continue;
        see(tally, sample, path, std::move(written), "misdirected from " + std::to_string(at) + " of " + from);
      }
      // Files of an older copy of the store, and of another store that did the same. An older copy of all of it is no
      // damage, and neither is another store's last segment: what it holds is whole.
      Sample const stranger{40, segment_size, variation};
      auto sources = sample.older;
      sources.push_back(stranger.files);
      for (std::size_t i = 0; i < sources.size(); i += extent.thinned) {
        for (auto const& [path, content] : sources[i]) {
          if (i == sample.older.size() && path == stranger.segments().back()) continue;
          if (std::none_of(sample.files.begin(), sample.files.end(),
                           [&](auto const& file) { return file.first == path; }))
            continue;
          auto const what =
              i == sample.older.size() ? std::string{"of another store"} : "of before transaction " + std::to_string(i);
          auto const found = see(tally, sample, path, content, what);
          if (!path.ends_with(".clog")) tally.must(found == Verdict::truth, path + " " + what + " did harm");
        }
      }
    }
  }
  return tally;
}

}  // namespace cairn::test
