// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Inserting into and erasing from a tree: nodes that the transaction owns are changed in place, others are copied first.
#pragma once

#include <cairn/index/compiler.hpp>
#include <cairn/index/head_sort.hpp>
#include <cairn/index/known_ways.hpp>
#include <cairn/index/sibling_repair.hpp>
#include <cairn/index/tree_walk.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace cairn::detail {

/// A tree that is being edited. An edit that throws (a node cannot be read, memory is out) leaves the contents as they were.
template <Order Sorted, class Shape>
class TreeEditor {
  using LeafNode = Leaf<Shape>;
  using InnerNode = Inner<Shape>;

 public:
  TreeEditor(NodeReference<Shape> root, NodeSource const* source) noexcept : root_{root.take()}, source_{source} {}
  TreeEditor(TreeEditor&& other) noexcept
      : root_{std::exchange(other.root_, nullptr)}, source_{other.source_}, owner_{std::exchange(other.owner_, new_owner())} {
    other.ways_.forget();  // and here none is known: they stay behind
  }
  TreeEditor& operator=(TreeEditor&& other) noexcept {
    auto const old = take();
    root_ = std::exchange(other.root_, nullptr);
    source_ = other.source_;
    std::swap(owner_, other.owner_);
    other.ways_.forget();
    return *this;
  }
  ~TreeEditor() {
    if (root_ != nullptr) release<Shape>(root_);
  }

  [[nodiscard]] NodeHeader* root() const noexcept { return root_; }
  [[nodiscard]] NodeReference<Shape> share() {
    owner_ = new_owner();  // from here on the nodes are somebody else's too
    ways_.forget();
    if (root_ != nullptr) retain(root_);
    return NodeReference<Shape>{root_};
  }
  [[nodiscard]] NodeReference<Shape> take() noexcept {
    ways_.forget();
    return NodeReference<Shape>{std::exchange(root_, nullptr)};
  }

  /// Whether it was not there yet.
  bool insert(RawDatom datom) {
    auto const head = head_of<Sorted>(datom);
    if (root_ == nullptr) {
      root_ = new_leaf(head, std::move(datom));
      return true;
    }
    auto& way = ways_.of(datom, head);
    if (ways_.leads_to(way, height(), head, datom)) {
      if (auto const changed = insert_on(way, head, datom)) return *changed;
    }
    Reading const reading{cache_of(source_)};
    for (;;) {
      auto const place = find(datom);
      if (place.equal) return false;
      auto* leaf = own_way();
      if (leaf->count == LeafNode::capacity) {
        bool const last = place.index == leaf->count && is_last();
        try {
          last ? append_leaf(head, std::move(datom)) : split_leaf();
        } catch (...) {
          drop_empty_roots();  // the tree may have grown a root and failed to split what is below it
          throw;
        }
        if (last) return true;
        continue;
      }
      if (!leaf->template suits<Sorted>(datom, head)) [[unlikely]] leaf = reform_leaf(*leaf, datom, head);
      note(*leaf, datom, PendingChange::insert);
      leaf->template insert<Sorted>(place.index, head, std::move(datom));
      add_to_sizes(1);
      ways_.keep(way, steps_, height(), leaf);
      return true;
    }
  }

  /// As `insert`, but what belongs below a node that is damaged or gone is left out, and a gap noted where that node is:
  /// see `Inner::gaps`. Calls `on_gap(error, address)` with what is wrong with the node.
  bool insert_around_gaps(RawDatom const& datom, auto const& on_gap) {
    for (bool again = false;; again = true) {
      try {
        return insert(datom);
      } catch (Error const& error) {
        if (again || !is_damage(error)) throw;
        if (leave_gap(datom, on_gap) != 0) return false;
      }
    }
  }
  /// The same of datoms that are in order, of which `datom_at(run[i].at)` gives one; equal ones count once. What comes to one leaf goes
  /// into it at once. The tree is the one that is made of one after the other. Adds to `added` how many were not there yet, where it throws too.
  void insert_run_around_gaps(std::span<HeadAt const> run, auto const& datom_at, std::uint64_t& added, auto const& on_gap) {
    for (std::size_t tried_again = 0; !run.empty();) {
      try {
        insert_first_of(run, datom_at, added);
      } catch (Error const& error) {
        if (run.size() == tried_again || !is_damage(error)) throw;
        if (auto const level = leave_gap(datom_at(run.front().at), on_gap); level != 0) {
          run = run.subspan(number_below(level, run, datom_at));
        } else {
          tried_again = run.size();
        }
      }
    }
  }

  /// Whether it was there.
  bool erase(RawDatom const& datom) { return take_out(datom, false); }
  /// The same, and nothing that is stored of the tree names the datom afterwards: no separator, whether the datom is there or was
  /// once, and no run of operations, since the leaf where it is, or would be, is to be written whole.
  bool purge(RawDatom const& datom) { return take_out(datom, true); }

 private:
  /// Inserts a run from its begin on; where it throws, `run` is what is left.
  void insert_first_of(std::span<HeadAt const>& run, auto const& datom_at, std::uint64_t& added) {
    while (!run.empty()) {
      auto const& first = run.front();
      auto const taken = root_ == nullptr ? 0 : insert_into_leaf(run, datom_at, added);
      if (taken == 0) added += insert(datom_at(first.at)) ? 1U : 0U;  // into another leaf, or another form of it
      run = run.subspan(taken == 0 ? 1 : taken);
    }
  }
  /// Finds the damaged node on the way to where a datom belongs, and notes a gap in its parent, which becomes the transaction's own with the
  /// way to it. The parent's level, where the step says which child; 0 where all can be read by now.
  CAIRN_NOINLINE std::size_t leave_gap(RawDatom const& datom, auto const& on_gap) {
    auto const bounds = bounds_of<Sorted>(datom);
    Reading const reading{cache_of(source_)};
    auto* node = root_;
    for (auto level = height(); level != 0; --level) {
      auto* const inner = as_inner<Shape>(node);
      auto const at = child_index<Sorted>(*inner, datom, bounds);
      steps_[level] = {inner, at};
      try {
        node = child_of<Sorted>(*inner, at, source_);
      } catch (Error const& error) {
        if (!is_damage(error)) throw;
        auto& parent = own_way_to(level);  // of this version, even where the gap is known: one that lacks more is another tree
        if (parent.child(at) != nullptr) return 0;
        on_gap(error, AbsentChild<Shape>{&parent, at}.address());
        parent.gaps |= InnerNode::bit(at);
        return level;
      }
    }
    return 0;
  }
  /// How many of a run, one at least, belong below the child that the step at a level leads to.
  [[nodiscard]] std::size_t number_below(std::size_t level, std::span<HeadAt const> run, auto const& datom_at) const {
    auto const [limit, limit_head] = limit_of_way(level);
    if (limit == nullptr) return run.size();
    std::size_t number = 1;
    while (number != run.size() && compare<Sorted>(datom_at(run[number].at), *limit) < 0) ++number;
    return number;
  }

  /// How many of a run the leaf of its first takes as it is, without a split; those that are there already are among them.
  std::size_t insert_into_leaf(std::span<HeadAt const> run, auto const& datom_at, std::uint64_t& added) {
    Reading const reading{cache_of(source_)};
    auto const bounds = HeadBounds{run.front().head, run.front().head};
    auto const* const there = find_leaf(datom_at(run.front().at), bounds);
    auto const [limit, limit_head] = limit_of_way();
    std::array<typename LeafNode::Addition, LeafNode::capacity> additions;
    std::size_t const room = LeafNode::capacity - there->count;
    std::size_t number = 0;
    std::size_t taken = 0;
    for (std::size_t place = 0; taken != run.size(); ++taken) {
      auto const head = run[taken].head;
      RawDatom const& datom = datom_at(run[taken].at);
      if (limit != nullptr && head >= limit_head && (head > limit_head || compare<Sorted>(datom, *limit) >= 0)) break;
      auto const found = there->template find_from<Sorted>(place, datom, head);
      place = found.index;
      if (found.equal || (number != 0 && is_same_as(additions[number - 1], head, datom))) continue;
      if (number == room || !there->template suits_well<Sorted>(datom, head)) break;
      additions[number++] = {place, head, &datom};
    }
    if (number == 0) return taken;
    auto* const leaf = own_way();
    if constexpr (Shape::buffered) {
      for (std::size_t i = 0; i != number; ++i) note(*leaf, *additions[i].datom, PendingChange::insert);
    }
    leaf->template merge<Sorted>(std::span{additions}.first(number));
    add_to_sizes(static_cast<std::int64_t>(number));
    added += number;
    return taken;
  }
  [[nodiscard]] static bool is_same_as(typename LeafNode::Addition const& before, std::uint64_t head, RawDatom const& datom) noexcept {
    return before.head == head && before.datom->e == datom.e && before.datom->tx == datom.tx && compare<Sorted>(*before.datom, datom) == 0;
  }
  /// What does not belong to the leaf at the end of the way any more, and its head; null where nothing is behind it. `from`: the same of the
  /// child that the step at that level leads to.
  [[nodiscard]] std::pair<RawDatom const*, std::uint64_t> limit_of_way(std::size_t from = 1) const noexcept {
    for (std::size_t level = from; level <= height(); ++level) {
      auto const& [node, at] = steps_[level];
      if (at + 1U != node->count) return {&node->separators[at], node->separators.head(at)};
    }
    return {nullptr, 0};
  }

  bool take_out(RawDatom const& datom, bool forget) {
    if (root_ == nullptr) return false;
    Reading const reading{cache_of(source_)};
    auto const place = find(datom);
    auto const named_at = forget ? level_that_names(datom, place.index) : 0;
    if (!place.equal && !(forget && (Shape::buffered || named_at != 0))) return false;
    auto* const there = own_way();
    std::optional<RawDatom> other_name;
    if (named_at != 0) {
      steps_[named_at].node->own_separators();
      other_name = first_after(*there, place);
    }
    if (!place.equal) {
      if (other_name) name(named_at, *std::move(other_name));
      // Blocks of before, and the runs of them, may have it: none is used again where the leaf is written whole.
      forget_origin(*there);
      return false;
    }
    Repairs repairs;
    auto const number = plan_repairs(there->count - 1U, repairs);
    // Nothing throws from here on. The leaf may have been given another form.
    if (other_name) name(named_at, *std::move(other_name));
    auto* leaf = as_leaf<Shape>(height() == 0 ? root_ : steps_[1].node->child(steps_[1].index));
    if (forget) {
      forget_origin(*leaf);
    } else if constexpr (Shape::buffered) {
      note(*leaf, leaf->template view<Sorted>(place.index), PendingChange::erase);
    }
    leaf->template erase<Sorted>(place.index);
    add_to_sizes(-1);
    if (number != 0) ways_.forget();
    for (std::size_t level = 1; level <= number; ++level) repair_siblings<Sorted>(*steps_[level].node, repairs[level]);
    drop_empty_roots();
    return true;
  }

  /// The level on the way whose separator left of it is the datom, or says the same of its entity; 0 if there is none. A separator
  /// may be what the first leaf behind it began with once.
  [[nodiscard]] std::size_t level_that_names(RawDatom const& datom, std::size_t place) const noexcept {
    if (place != 0) return 0;
    for (std::size_t level = 1; level <= height(); ++level) {
      auto const& [node, at] = steps_[level];
      if (at == 0) continue;
      auto const& separator = node->separators.data()[at - 1];
      return separator.e == datom.e && separator.a == datom.a && separator.v == datom.v ? level : 0;
    }
    return 0;
  }
  /// What may stand in the place of a separator before the leaf at the end of the way, whose first row goes if `place` says so.
  /// Nothing where that is its only row and it is its parent's last: then it gets rows from the left or goes, and a new separator
  /// is made by that.
  [[nodiscard]] std::optional<RawDatom> first_after(LeafNode const& leaf, Found const& place) const {
    std::size_t const next = place.equal ? 1 : 0;
    if (next != leaf.count) {
      RawDatom first = leaf.template view<Sorted>(next);
      return first;
    }
    auto const& [parent, at] = steps_[1];
    if (at + 1U != parent->count) return parent->separators.data()[at];
    return std::nullopt;
  }
  /// Requires that the separators are the node's own.
  void name(std::size_t level, RawDatom datom) noexcept {
    auto const head = head_of<Sorted>(datom);
    steps_[level].node->separators.replace(steps_[level].index - 1, head, std::move(datom));
  }

  /// Forgets it if an operation is on what will no longer belong to the leaf when the datom begins the next one: what was erased
  /// from its end.
  static void forget_origin_past([[maybe_unused]] LeafNode& leaf, [[maybe_unused]] RawDatom const& datom) noexcept {
    if constexpr (Shape::buffered) {
      if (!is_between<Sorted>(leaf.described_by.run.get(), nullptr, &datom)) forget_origin(leaf);
    }
  }
  /// Notes an operation on a leaf of the transaction's own, if there is a block since which all are known.
  void note([[maybe_unused]] LeafNode& leaf, [[maybe_unused]] RawDatom const& datom, [[maybe_unused]] PendingChange change) const noexcept {
    if constexpr (Shape::buffered) {
      auto& [block, run] = leaf.described_by;
      if (block == nullptr) return;
      try {
        if (add_operation<Sorted>(run, owner_, {datom, change}) && run->operations.size() <= Shape::leaf_operations) return;
      } catch (...) {  // NOLINT(bugprone-empty-catch): it is written whole
      }
      forget_origin(leaf);
    }
  }

  using Repairs = std::array<SiblingRepair, Shape::max_level + 1>;

  [[nodiscard]] std::size_t height() const noexcept { return root_->level; }

  /// Whether it was not there yet; nothing where the leaf has no place for it. Requires that the way leads to it.
  [[nodiscard]] std::optional<bool> insert_on(typename KnownWays<Sorted, Shape>::Way const& way, std::uint64_t head, RawDatom& datom) noexcept {
    auto* const leaf = way.leaf;
    if (leaf->count == 0 || leaf->count == LeafNode::capacity || !leaf->template suits<Sorted>(datom, head)) return std::nullopt;
    DatomSlot last;
    leaf->template look<Sorted>(leaf->count - 1U, last);
    auto const place = compare<Sorted>(last.get(), datom) < 0 ? Found{leaf->count, false}
                                                             : leaf->template find<Sorted>(datom, bounds_of<Sorted>(datom));
    if (place.equal) return false;
    note(*leaf, datom, PendingChange::insert);
    leaf->template insert<Sorted>(place.index, head, std::move(datom));
    for (std::size_t level = 1; level <= height(); ++level) ++way.steps[level - 1].node->sizes[way.steps[level - 1].index];
    return true;
  }

  [[nodiscard]] LeafNode* new_leaf(std::uint64_t head, RawDatom datom) const {
    auto leaf = make_leaf_for<Sorted, Shape>(owner_, datom, head);
    leaf->template append<Sorted>(head, std::move(datom));
    return leaf.release();
  }

  /// Puts another leaf in the place of the one at the end of the way, which is the transaction's own.
  void replace_leaf(InnerNode* parent, std::size_t at, LeafNode& before, OwnLeaf<Shape> leaf) noexcept {
    if constexpr (Shape::buffered) leaf->described_by.swap(before.described_by);
    ways_.forget();
    auto* node = leaf.release();
    if (parent == nullptr) {
      release<Shape>(std::exchange(root_, node));
    } else {
      parent->set_child(at, node);
      release<Shape>(&before);
    }
  }

  /// Gives the leaf at the end of the way a form, or a frame, that suits one more datom.
  CAIRN_NOINLINE LeafNode* reform_leaf(LeafNode& leaf, RawDatom const& datom, std::uint64_t head) {
    FrameFinder<Sorted> finder;
    leaf.template show_all<Sorted>(finder);
    finder.add(datom, head);
    auto const frame = finder.find();
    if (frame) {
      leaf.template adopt<Sorted>(*frame);
      return &leaf;
    }
    return widen(height() == 0 ? nullptr : steps_[1].node, steps_[1].index, leaf);
  }
  LeafNode* widen(InnerNode* parent, std::size_t at, LeafNode& leaf) {
    auto wide = make_leaf<Sorted, Shape>(owner_, std::nullopt);
    auto* result = wide.get();
    move_all<Sorted>(leaf, *wide);
    replace_leaf(parent, at, leaf, std::move(wide));
    return result;
  }
  /// Packs a wide leaf if that has become possible.
  void pack(InnerNode& parent, std::size_t at) {
    auto& leaf = *as_leaf<Shape>(parent.child(at));
    if (!leaf.is_wide()) return;
    FrameFinder<Sorted> finder;
    leaf.template show_ends<Sorted>(finder);
    if (!finder.find()) return;  // the leaf behind the last entity, with the first transactions, is halved again and again
    leaf.template show_all<Sorted>(finder);
    auto const frame = finder.find();
    if (!frame) return;
    auto packed = make_leaf<Sorted, Shape>(owner_, frame);
    move_all<Sorted>(leaf, *packed);
    replace_leaf(&parent, at, leaf, std::move(packed));
  }
  /// Gives neighbours a common form, so that datoms can be moved between them without an allocation.
  void make_alike(InnerNode& parent, std::size_t left) {
    auto& first = *as_leaf<Shape>(parent.child(left));
    auto& second = *as_leaf<Shape>(parent.child(left + 1));
    if (common_frame<Sorted>(first, second) || (first.is_wide() && second.is_wide())) return;
    if (!first.is_wide()) widen(&parent, left, first);
    if (!second.is_wide()) widen(&parent, left + 1, second);
  }
  /// Sets the way to where the datom is or belongs.
  Found find(RawDatom const& datom) {
    auto const bounds = bounds_of<Sorted>(datom);
    return find_leaf(datom, bounds)->template find<Sorted>(datom, bounds);
  }
  [[nodiscard]] LeafNode* find_leaf(RawDatom const& datom, HeadBounds bounds) {
    auto* leaf = descend<Sorted, Shape>(root_, source_, datom, bounds, [this](InnerNode* inner, std::size_t at) {
      steps_[inner->level] = {inner, at};
    });
    if (height() != 0) leaf->template prefetch_columns<Sorted>(steps_[1].node->sizes[steps_[1].index]);
    return leaf;
  }

  [[nodiscard]] NodeHeader* own_root() {
    if (root_->owner != owner_) release<Shape>(std::exchange(root_, clone<Shape>(root_, owner_)));
    return root_;
  }
  /// The parent lets go of the node whose copy it gets, or that node would never die.
  [[nodiscard]] NodeHeader* own_child(InnerNode& parent, std::size_t at) {
    auto* node = child_of<Sorted>(parent, at, source_);
    if (node->owner == owner_) return node;
    auto* copy = clone<Shape>(node, owner_);
    if (Lineages<InnerNode>::replace(parent, at, copy)) release<Shape>(node);
    return copy;
  }
  /// Makes the way the transaction's own; its leaf.
  LeafNode* own_way() {
    auto* node = own_root();
    for (auto level = height(); level != 0; --level) {
      steps_[level].node = as_inner<Shape>(node);
      if constexpr (Shape::buffered) {
        if (steps_[level].node->overdue != 0) [[unlikely]] own_overdue(*steps_[level].node);
      }
      node = own_child(*steps_[level].node, steps_[level].index);
    }
    return as_leaf<Shape>(node);
  }

  /// The same down to an inner node.
  InnerNode& own_way_to(std::size_t lowest) {
    auto* node = own_root();
    for (auto level = height();; --level) {
      steps_[level].node = as_inner<Shape>(node);
      if (level == lowest) return *steps_[level].node;
      node = own_child(*steps_[level].node, steps_[level].index);
    }
  }

  /// Makes a child the transaction's own that the last flush would have written if it had been.
  CAIRN_NOINLINE void own_overdue(InnerNode& inner) {
    auto const at = static_cast<std::size_t>(std::countr_zero(inner.overdue));
    inner.overdue &= inner.overdue - 1;
    try {
      static_cast<void>(own_child(inner, at));
    } catch (Error const&) {  // NOLINT(bugprone-empty-catch): the edit does not need it; another flush will ask again
    }
  }

  void add_to_sizes(std::int64_t change) noexcept {
    for (std::size_t level = 1; level <= height(); ++level) {
      steps_[level].node->sizes[steps_[level].index] += static_cast<std::uint64_t>(change);
    }
  }

  /// Whether the way leads to the last leaf.
  [[nodiscard]] bool is_last() const noexcept {
    for (std::size_t level = 1; level <= height(); ++level) {
      if (steps_[level].index + 1 != steps_[level].node->count) return false;
    }
    return true;
  }

  /// Gives the leaf's parent room for one more child, by splitting full nodes from the highest down. `keep` children stay
  /// left.
  void make_room(std::size_t keep) {
    ways_.forget();
    std::size_t level = 1;
    while (level <= height() && steps_[level].node->count == InnerNode::capacity) ++level;
    if (level > height()) {
      auto* root = new InnerNode{static_cast<std::uint8_t>(height() + 1), owner_};
      root->put_child(0, root_, height() == 0 ? root_->count : as_inner<Shape>(root_)->size());
      root->count = 1;
      root_ = root;
      steps_[level] = {root, 0};
    }
    steps_[level].node->own_separators();
    for (; level > 1; --level) split_inner(level, keep);
  }

  /// Splits the full node on the way at `level - 1`, below one that has room, and keeps the way.
  void split_inner(std::size_t level, std::size_t keep) {
    auto& above = steps_[level];
    auto& below = steps_[level - 1];
    auto* left = below.node;
    left->own_separators();
    auto* right = new InnerNode{left->level, owner_};
    auto const moved = InnerNode::capacity - keep;
    InnerNode::move_children(*left, keep, moved, *right, 0);
    left->separators.relocate(left->separators, keep, moved - 1, right->separators, 0);
    left->count = static_cast<std::uint16_t>(keep);
    right->count = static_cast<std::uint16_t>(moved);
    auto const size = right->size();
    above.node->sizes[above.index] -= size;
    auto const head = left->separators.head(keep - 1);
    RawDatom separator = left->separators.take(keep - 1);
    above.node->insert_right_of(above.index, right, size, head, std::move(separator));
    if (below.index >= keep) {
      below = {right, below.index - keep};
      ++above.index;
    }
  }

  /// Splits the full leaf at the end of the way, which is then no longer known.
  void split_leaf() {
    make_room(InnerNode::capacity / 2);
    auto& parent = *steps_[1].node;
    split_child(parent, steps_[1].index);
    if constexpr (Shape::buffered) split_along(parent);
  }
  /// Splits a child that is a leaf of the transaction's own. Requires room for another, and separators that are the parent's own.
  void split_child(InnerNode& parent, std::size_t at) {
    auto* left = as_leaf<Shape>(parent.child(at));
    auto* right = make_leaf_like<Sorted>(owner_, *left).release();
    std::size_t const keep = left->count / 2U;
    std::size_t const number = left->count - keep;
    move_run<Sorted>(*left, keep, number, *right, 0);
    forget_origin(*left);
    left->count = static_cast<std::uint16_t>(keep);
    right->count = static_cast<std::uint16_t>(number);
    parent.sizes[at] -= number;
    RawDatom separator = right->template view<Sorted>(0);
    auto const head = head_of<Sorted>(separator);
    parent.insert_right_of(at, right, number, head, std::move(separator));
    left->template sharpen<Sorted>();
    right->template sharpen<Sorted>();
    pack(parent, at);
    pack(parent, at + 1);
  }
  /// Splits siblings of a leaf that was split, too, that would be soon: their parent is to be written now, with its buffer, and would be
  /// again for each. Only where datoms come to them: what was filled in order may stay as it is. Few at once, or one datom in a tree
  /// of full leaves would cost many.
  CAIRN_NOINLINE void split_along(InnerNode& parent) noexcept {
    auto left = Shape::splits_along;
    for (std::size_t at = 0; at != parent.count && parent.count != InnerNode::capacity && left != 0; ++at) {
      if (parent.sizes[at] < Shape::soon_full || parent.child(at) == nullptr || !has_changed(*as_leaf<Shape>(parent.child(at)))) continue;
      try {
        static_cast<void>(own_child(parent, at));
        split_child(parent, at);
      } catch (...) {
        return;  // the edit does not need it
      }
      ++at;  // its other half
      --left;
    }
  }
  /// Whether a leaf is not as it was written.
  [[nodiscard]] static bool has_changed(LeafNode const& leaf) {
    OriginLock const lock{&leaf};
    return leaf.described_by.block == nullptr || !is_empty(leaf.described_by.run);
  }

  /// A new last leaf after a full one: what is inserted in order fills its nodes.
  void append_leaf(std::uint64_t head, RawDatom datom) {
    make_room(InnerNode::capacity - 2);
    forget_origin_past(*as_leaf<Shape>(steps_[1].node->child(steps_[1].index)), datom);
    auto* leaf = new_leaf(head, datom);
    steps_[1].node->append_child(leaf, 1, head, std::move(datom));
    steps_[1].index = steps_[1].node->count - 1U;
    for (std::size_t level = 2; level <= height(); ++level) ++steps_[level].node->sizes[steps_[level].index];
  }

  /// Finds out what has to be repaired if the leaf on the way is to have `count` rows, and makes the siblings that it takes
  /// the transaction's own. The number of levels, from 1, that have a repair.
  std::size_t plan_repairs(std::size_t count, Repairs& repairs) {
    std::size_t level = 1;
    for (; level <= height(); ++level) {
      bool const leaves = level == 1;
      auto const capacity = leaves ? LeafNode::capacity : InnerNode::capacity;
      if (count >= (leaves ? Shape::leaf_minimum : Shape::inner_minimum)) break;
      auto& parent = *steps_[level].node;
      auto const at = steps_[level].index;
      // A sibling that is in memory rather than one that would have to be read, or cannot be.
      bool const to_the_left = at != 0 && (at + 1 == parent.count || parent.child(at - 1) != nullptr || parent.has_gap(at + 1));
      auto const beside = to_the_left ? at - 1 : at + 1;
      // Where nothing can be had from a sibling, the node stays too small: a tree with a gap is never stored.
      if (parent.has_gap(beside) && count >= (leaves ? 1U : 2U)) break;
      auto* sibling = own_child(parent, beside);
      parent.own_separators();
      if (!leaves) {
        as_inner<Shape>(sibling)->own_separators();
        steps_[level - 1].node->own_separators();
      }
      if (leaves) make_alike(parent, to_the_left ? at - 1 : at);
      sibling = parent.child(to_the_left ? at - 1 : at + 1);
      // Not merged to the brim, or the next insertion would split again.
      bool const merge = (count + sibling->count) * 4 <= capacity * 3;
      repairs[level] = {to_the_left ? at - 1 : at, merge};
      if (!merge) return level;
      count = parent.count - 1U;
    }
    return level - 1;
  }

  void drop_empty_roots() noexcept {
    while (root_->level != 0 && root_->count == 1) {
      ways_.forget();
      auto* inner = as_inner<Shape>(root_);
      Lineages<InnerNode>::settle(*inner);
      root_ = inner->child(0);
      inner->count = 0;  // its child is the root now
      release<Shape>(inner);
    }
    if (root_->count != 0) return;
    ways_.forget();
    release<Shape>(std::exchange(root_, nullptr));
  }

  NodeHeader* root_;
  NodeSource const* source_;
  std::uint64_t owner_ = new_owner();
  KnownWays<Sorted, Shape> ways_;
  Steps<Shape> steps_;
};

}  // namespace cairn::detail
