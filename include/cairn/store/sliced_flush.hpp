// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A checkpoint's nodes, on their way to the store in slices.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/index/flush_receipt.hpp>
#include <cairn/store/root_state.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

namespace cairn {

/// Writes the nodes of one value that are not stored yet, so many bytes at a time. Between the slices others may read and
/// edit the value; what they make of it shares the nodes that are written, so that a later flush leaves them out.
template <class IndexTag>
class SlicedFlush {
 public:
  explicit SlicedFlush(Db<IndexTag> db) : db_{std::move(db)} {}

  /// Writes about `budget` bytes of nodes, children before parents; whether that were all. What was written is noted in
  /// `receipt`. Requires: `budget` is not 0; the receipt of the slice before was confirmed or forgotten.
  bool write(NodeSink const& sink, std::size_t budget, FlushReceipt& receipt) const {
    detail::require_no_gap(db_.snapshot());
    Slice slice{sink, budget};
    NodeSink const limited{&slice, &Slice::write, sink.address_size};
    ByteWriter roots;
    try {
      codec::write_indexes(roots, db_.snapshot().current, limited, receipt);
      codec::write_indexes(roots, db_.snapshot().temporal, limited, receipt);
    } catch (EndOfSlice const&) {
      return false;
    }
    return true;
  }

 private:
  struct EndOfSlice {};

  struct Slice {
    NodeSink const& sink;
    std::size_t left;

    static NodeAddress write(void* context, std::span<std::byte const> bytes) {
      auto& slice = *static_cast<Slice*>(context);
      if (slice.left == 0) throw EndOfSlice{};
      slice.left -= (std::min)(slice.left, bytes.size());
      return slice.sink.write(slice.sink.context, bytes);
    }
  };

  Db<IndexTag> db_;
};

}  // namespace cairn
