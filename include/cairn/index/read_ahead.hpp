// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a scan will need is asked for together, so that it waits for a distant store seldom.
#pragma once

#include <cairn/index/background_turn.hpp>
#include <cairn/index/compiler.hpp>
#include <cairn/index/node_loader.hpp>
#include <cairn/index/tree_walk.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace cairn::detail {

/// What a scan reads before it is there. More is asked for the further it has come, so that the leaves that are read in
/// vain are at most twice what was needed, and `first`. Once there are many, the next are asked for when half of the
/// last are behind it, and come meanwhile. A copy has nothing under way.
class ReadAhead {
  using Turn = std::unique_ptr<BackgroundTurn, BackgroundTurn::End>;

 public:
  ReadAhead() = default;
  ReadAhead(ReadAhead const& other) noexcept : walked_{other.walked_}, weight_{other.weight_} {}
  ReadAhead(ReadAhead&&) noexcept = default;
  ReadAhead& operator=(ReadAhead const& other) noexcept { return *this = ReadAhead{other}; }
  ReadAhead& operator=(ReadAhead&&) noexcept = default;
  ~ReadAhead() = default;

  /// A seek: nothing is known of what follows.
  void reset() noexcept {
    walked_ = 0;
    until_due_ = 0;
    is_elsewhere_ = true;
  }
  /// Past a leaf of that many bytes; 0 where nobody counts them. Whether that was half of what was asked for last.
  [[nodiscard]] bool walk(std::size_t weight) noexcept {
    walked_ = (std::min)(walked_ + 1, most / 2);
    weight_ = weight;
    return until_due_ != 0 && --until_due_ == 0;
  }

  /// How many leaves are worth reading, where one is like the last that was read: what a few scans read ahead stays in
  /// the cache until they come to it.
  [[nodiscard]] std::size_t leaves(NodeCache const* cache) const noexcept {
    std::size_t const wanted = walked_ == 0 ? 0 : first + walked_ * 2;
    return cache == nullptr || weight_ == 0 ? wanted : (std::min)(wanted, cache->budget() / 8 / weight_);
  }

  /// The next so many leaves were asked for.
  void asked(std::size_t leaves) noexcept { until_due_ = (leaves + 1) / 2; }

  /// Asks for nodes, unless others that were asked for are not there yet; then it is due after the next leaf. Where
  /// there can be no thread, nothing is asked for.
  void begin(std::shared_ptr<NodeSource const> const& source, std::size_t leaves, auto const& addresses) noexcept {
    if (under_way_ != nullptr && !(is_elsewhere_ && under_way_->is_over())) {
      until_due_ = 1;
      return;
    }
    asked(leaves);
    under_way_.reset();
    try {
      auto wanted = addresses();
      if (!wanted.empty()) under_way_.reset(new BackgroundTurn{source, std::move(wanted)});
    } catch (std::exception const&) {  // NOLINT(bugprone-empty-catch): see above
    }
    is_elsewhere_ = false;
  }
  /// Ends what is under way, where a node comes with it that is needed now, and returns it.
  [[nodiscard]] Turn finish(NodeAddress const& needed) noexcept {
    if (under_way_ == nullptr || !under_way_->is_of_this_process() || !under_way_->brings(needed)) return nullptr;
    under_way_->wait();
    return std::move(under_way_);
  }

  /// Fewer leaves than that are waited for: a thread costs more.
  static constexpr std::size_t fewest_at_once = 32;

 private:
  static constexpr std::size_t most = 2048;
  static constexpr std::size_t first = 14;  // of a bucket, with the two that were walked, one request as well
  std::size_t walked_ = 0;  // leaves since the last seek
  std::size_t weight_ = 0;
  std::size_t until_due_ = 0;  // leaves until the next turn is to begin; 0: it does not
  bool is_elsewhere_ = false;  // a seek came after what is under way
  Turn under_way_;
};

/// What one turn asks for: the leaves that come next, and the inner nodes over those that the turns after it will ask
/// for, which would have to be waited for before these.
template <class Shape>
class NextTurn {
 public:
  explicit NextTurn(std::size_t leaves) : wanted_{leaves} {}

  /// Adds what is not in memory of a subtree, from the child at `first` on. Requires a `Reading`.
  void add(Inner<Shape> const& parent, std::size_t first) {
    if (parent.level == 1) return add_leaves(parent, first);
    for (auto at = first; at != parent.count && !is_enough(); ++at) {
      if (auto* const child = parent.child(at)) {
        add(*as_inner<Shape>(child), 0);
      } else {
        absent_.push_back({&parent, at});
        skip(parent.level - 1U);
      }
    }
  }
  /// Whether leaves enough are in it, and the nodes over as many as the next turn may want, which is thrice as large.
  [[nodiscard]] bool is_enough() const noexcept { return seen_ >= wanted_ * 4; }
  [[nodiscard]] std::span<AbsentChild<Shape> const> absent() const noexcept { return absent_; }

 private:
  void add_leaves(Inner<Shape> const& parent, std::size_t first) {
    std::size_t const end = seen_ < wanted_ ? (std::min)(std::size_t{parent.count}, first + wanted_ - seen_) : first;
    for (auto at = first; at < end; ++at) {
      if (parent.child(at) == nullptr) absent_.push_back({&parent, at});
    }
    seen_ += parent.count - first;
  }
  /// Past a node of that level, which has as many leaves as one that is half full.
  void skip(std::size_t level) noexcept {
    std::size_t leaves = 1;
    for (; level != 0 && leaves < wanted_ * 4; --level) leaves *= Shape::inner_capacity / 2;
    seen_ += leaves;
  }

  std::size_t wanted_;
  std::size_t seen_ = 0;  // leaves that the walk came past, and those that inner nodes hide
  std::vector<AbsentChild<Shape>> absent_;
};

template <class Shape>
[[nodiscard]] NextTurn<Shape> next_turn(Steps<Shape> const& way, std::size_t height, std::size_t leaves) {
  NextTurn<Shape> turn{leaves};
  for (std::size_t level = 1; level <= height && !turn.is_enough(); ++level) {
    turn.add(*way[level].node, level == 1 ? way[level].index : way[level].index + 1);
  }
  return turn;
}

/// At a leaf that is not in memory, to which the way leads: takes what was asked for, or reads the leaf and those that
/// come next in one turn. Their cousins are among them as far as the cousins' parents are in memory. Requires a
/// `Reading`.
template <Order Sorted, class Shape>
CAIRN_NOINLINE void read_ahead(Steps<Shape> const& way, std::size_t height, ReadAhead& ahead,
                               NodeSource const* source) {
  if (source->read_many == nullptr) return;
  auto const leaves = ahead.leaves(cache_of(source));
  if (leaves < 2) return;
  auto const turn = next_turn<Shape>(way, height, leaves);
  auto const absent = turn.absent();
  if (absent.size() < 2) return;
  if (auto const come = ahead.finish(address_of(absent.front().place()))) {
    for (auto const& each : absent) {
      auto const place = each.place();
      if (auto const bytes = come->take(address_of(place)); !bytes.empty())
        each.template publish<Sorted>(place, bytes, source);
    }
    if (way[1].node->child(way[1].index) != nullptr) return;
  }
  load_together<Sorted, Shape>(absent, source);
  ahead.asked(leaves);
}

/// Half of what was read ahead is behind the scan: asks for what comes after the rest. Requires a `Reading`.
template <Order Sorted, class Shape>
CAIRN_NOINLINE void ask_ahead(Steps<Shape> const& way, std::size_t height, ReadAhead& ahead,
                              std::shared_ptr<NodeSource const> const& source) {
  auto const leaves = ahead.leaves(cache_of(source.get()));
  if (leaves < ReadAhead::fewest_at_once) return;
  ahead.begin(source, leaves, [&] { return addresses_of(places_of(next_turn<Shape>(way, height, leaves).absent())); });
}

}  // namespace cairn::detail
