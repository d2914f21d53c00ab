// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is known of a root.
#pragma once

#include <cairn/backends/rados/root_body.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cairn::backends::rados::details {

/// A frame as it is in the root's object, and its bytes.
struct Frame {
  Record record{};
  Bytes bytes{};
};

/// A list of frames whose copies share them: a copy and one frame more cost a 64th of the list.
class Frames {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  void add(std::vector<Frame> more) {
    auto next = more.begin();
    while (next != more.end()) {
      bool const has_room = !chunks_.empty() && chunks_.back()->size() < most_in_chunk;
      auto chunk = has_room ? std::make_shared<Chunk>(*chunks_.back()) : std::make_shared<Chunk>();
      auto const end = next + (std::min)(static_cast<std::ptrdiff_t>(most_in_chunk - chunk->size()), more.end() - next);
      size_ += static_cast<std::size_t>(end - next);
      chunk->insert(chunk->end(), std::make_move_iterator(next), std::make_move_iterator(end));
      next = end;
      if (has_room) chunks_.pop_back();
      chunks_.push_back(std::move(chunk));
    }
  }
  /// Requires: there is one.
  [[nodiscard]] Frame const& last() const noexcept { return chunks_.back()->back(); }
  template <class Visit>
  void each(Visit visit) const {
    for (auto const& chunk : chunks_) {
      for (auto const& frame : *chunk) visit(frame);
    }
  }

 private:
  static constexpr std::size_t most_in_chunk = 64;
  using Chunk = std::vector<Frame>;
  std::vector<std::shared_ptr<Chunk const>> chunks_{};
  std::size_t size_ = 0;
};

/// A root as it was when it was last seen. Immutable once it is shared.
struct Known {
  Version version{};
  std::string base{};    ///< an object with the same base has only become longer
  std::size_t size = 0;  ///< of the object
  Frame state{};
  Records moved{};       ///< blobs of frames that were moved out, oldest first
  std::shared_ptr<std::vector<Bytes> const> moved_frames = std::make_shared<std::vector<Bytes> const>();  ///< what is in those
  Frames frames{};       ///< those behind them

  /// What is last in the object, and where it begins there.
  [[nodiscard]] Record const& last() const noexcept { return frames.size() != 0 ? frames.last().record : moved.empty() ? state.record : moved.back(); }
  [[nodiscard]] std::size_t place_of_last() const noexcept { return size - last().stored_size(); }
  [[nodiscard]] std::size_t frame_count() const noexcept { return moved_frames->size() + frames.size(); }
  /// Whether the state or a frame that was not moved out is of the change with that lot. Linear.
  [[nodiscard]] bool shows(Lot const& lot) const {
    bool found = state.record.lot == lot;
    frames.each([&](Frame const& frame) { found |= frame.record.lot == lot; });
    return found;
  }
  [[nodiscard]] RootRecord root() const {
    RootRecord made{version, state.bytes, *moved_frames};
    made.tail.reserve(frame_count());
    frames.each([&](Frame const& frame) { made.tail.push_back(frame.bytes); });
    return made;
  }
  /// All that is in the object.
  [[nodiscard]] Records records() const {
    Records made{state.record};
    made.insert(made.end(), moved.begin(), moved.end());
    frames.each([&](Frame const& frame) { made.push_back(frame.record); });
    return made;
  }
};
using KnownPtr = std::shared_ptr<Known const>;

}  // namespace cairn::backends::rados::details
