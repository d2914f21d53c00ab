// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Numbers of entities that no two branches of a store give out.
#pragma once

#include <cairn/datom/byte_io.hpp>
#include <cairn/datom/checksum.hpp>
#include <cairn/error/error.hpp>
#include <cairn/store/back_off.hpp>
#include <cairn/store/backend_handle.hpp>
#include <cairn/store/commit_id.hpp>
#include <cairn/store/group_commit.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace cairn::detail {

/// The root that says how many ranges were given out. Its name begins with a zero byte, which that of no branch does. On disk: do not
/// rename.
inline constexpr std::string_view number_ranges_root{"\0ranges", 7};

/// How many numbers a range has, as a power of two. On disk: do not change.
inline constexpr unsigned number_range_bits = 30;

/// Reserves 2^30 numbers for new entities, all above `above`, and returns the one before the first. The branch that a store begins with counts from 1;
/// each that is made later, and each that took in another's entities, counts in a range of its own: so a number means the same entity
/// on all branches, and a merge keeps it. A range that nobody uses in the end is lost.
/// Errors: `entity-id/syntax` where all 2^18 are given out; those of the backend.
template <class Backend>
[[nodiscard]] EntityId reserve_numbers(BackendHandle<Backend>& handle, EntityId above) {
  auto& blobs = handle.blobs();
  BackOff back_off;
  for (int attempt = 0; attempt != max_commit_attempts; ++attempt) {
    auto const root = blobs.root(number_ranges_root);
    std::uint64_t given = 0;
    if (root) {
      ByteReader in{unseal(root->state, "The root of number ranges")};
      given = in.varint();
    }
    auto const next = (std::max)(given, static_cast<std::uint64_t>(above) >> number_range_bits) + 1;
    if (next >= static_cast<std::uint64_t>(first_transaction) >> number_range_bits) {
      raise(Errc::entity_id_syntax, "The store has no range of numbers left for the entities of another branch. Copy the branch that you need "
                                    "into a new store.", "{}");
    }
    ByteWriter out;
    out.varint(next);
    codec::write(out, CommitId::random());  // no two reservations are the same bytes: by them a layer tells whose landed
    seal(out);
    auto const result = blobs.begin().commit(number_ranges_root, root ? root->version : Version{}, out.view());
    if (result == CommitResult::committed) return static_cast<EntityId>(next << number_range_bits);
    if (result == CommitResult::failed) raise_failed(result.reason, true);
    back_off(attempt);  // others', or perhaps ours: then it is lost
  }
  raise(Errc::commit_conflict, "Others reserved numbers each time that this did. Nothing has changed; try again.");
}

}  // namespace cairn::detail
