// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Collections of garbage say in the store that they are about to sweep.
#pragma once

#include <cairn/concepts/root.hpp>
#include <cairn/datom/byte_io.hpp>
#include <cairn/datom/checksum.hpp>
#include <cairn/error/error.hpp>
#include <cairn/store/back_off.hpp>
#include <cairn/store/backend_handle.hpp>
#include <cairn/store/commit_id.hpp>
#include <cairn/store/group_commit.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::detail {

/// The root that has the sweeps that are under way; there is none where there are none. On disk: do not rename.
inline constexpr std::string_view sweeps_root{"\0sweeps", 7};
/// On disk: do not change.
inline constexpr std::uint8_t sweeps_format = 1;

/// For how long a notice in the store counts whose process may have been killed. No sweep may take longer beside others who make branches of older
/// commits.
inline constexpr std::chrono::hours longest_notice{24};

[[nodiscard]] inline std::uint64_t milliseconds_of(TimePoint time) noexcept {
  auto const count = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return count < 0 ? 0 : static_cast<std::uint64_t>(count);
}
[[nodiscard]] inline bool is_notice_old(std::uint64_t made) noexcept {
  return milliseconds_of(std::chrono::system_clock::now() - longest_notice) > made;
}

/// A sweep that is under way: of what, and since when, in milliseconds since 1970.
struct SweepUnderWay {
  CommitId id{};
  std::uint64_t begun = 0;
  std::uint64_t cutoff = 0;
};

/// Errors: `store/corrupt`; `store/format` where a newer version wrote it.
[[nodiscard]] inline std::vector<SweepUnderWay> read_sweeps(std::optional<RootRecord> const& root) {
  std::vector<SweepUnderWay> sweeps;
  if (!root) return sweeps;
  ByteReader in{unseal(root->state, "The root of the sweeps that are under way")};
  if (auto const format = in.u8(); format > sweeps_format) {
    raise(Errc::store_format, "A newer version collects the garbage of this store, in a way that this one does not know. Use that version, or wait for its end.");
  }
  for (auto count = in.count(); count != 0; --count) {
    auto& sweep = sweeps.emplace_back();
    sweep.id = codec::read_commit_id(in);
    sweep.begun = in.varint();
    sweep.cutoff = in.varint();
  }
  return sweeps;
}

/// Says in the store, until it is destroyed, that what is no root's and older than `cutoff` is about to go. Who is killed meanwhile leaves it
/// there; it counts for a day.
/// Errors: those of the backend; `commit/conflict` where others changed the notices each time.
template <class Backend>
class SweepNotice {
 public:
  using Handle = BackendHandle<Backend>;

  SweepNotice(std::shared_ptr<Handle> handle, TimePoint cutoff) : handle_{std::move(handle)} {
    change(SweepUnderWay{id_, milliseconds_of(std::chrono::system_clock::now()), milliseconds_of(cutoff)});
  }
  SweepNotice(SweepNotice const&) = delete;
  SweepNotice& operator=(SweepNotice const&) = delete;
  ~SweepNotice() {
    try {
      change(std::nullopt);
    } catch (...) {  // NOLINT(bugprone-empty-catch): see above
    }
  }

 private:
  /// Puts `own` in the place of what is said of this sweep, however often it takes: a reply that is lost is no matter.
  void change(std::optional<SweepUnderWay> const& own) {
    auto& blobs = handle_->blobs();
    BackOff back_off;
    for (int attempt = 0; attempt != max_commit_attempts; ++attempt) {
      auto const root = blobs.root(sweeps_root);
      auto sweeps = read_sweeps(root);
      std::erase_if(sweeps, [&](SweepUnderWay const& sweep) { return sweep.id == id_ || is_notice_old(sweep.begun); });
      if (own) sweeps.push_back(*own);
      if (sweeps.empty() && !root) return;
      ByteWriter out;
      out.u8(sweeps_format);
      out.varint(sweeps.size());
      for (auto const& sweep : sweeps) {
        codec::write(out, sweep.id);
        out.varint(sweep.begun);
        out.varint(sweep.cutoff);
      }
      seal(out);
      auto const expected = root ? root->version : Version{};
      auto const result = sweeps.empty() ? blobs.begin().drop(sweeps_root, expected) : blobs.begin().commit(sweeps_root, expected, out.view());
      if (result == CommitResult::committed) return;
      if (result == CommitResult::failed) raise_failed(result.reason, true);
      back_off(attempt);
    }
    raise(Errc::commit_conflict, "Other collections of garbage changed what the store says of them each time that this one did. Nothing was removed; try again.");
  }

  std::shared_ptr<Handle> handle_;
  CommitId id_ = CommitId::random();
};

/// The newest cutoff, in milliseconds since 1970, of the collections elsewhere that are sweeping, or were killed at it within a day; nothing where
/// there are none. They need not keep what was written, or ceased to be a root, before it.
template <class Backend>
[[nodiscard]] std::optional<std::uint64_t> newest_cutoff(BackendHandle<Backend>& handle) {
  std::optional<std::uint64_t> newest;
  for (auto const& sweep : read_sweeps(handle.blobs().root(sweeps_root))) {
    if (!is_notice_old(sweep.begun)) newest = (std::max)(newest.value_or(0), sweep.cutoff);
  }
  return newest;
}

}  // namespace cairn::detail
