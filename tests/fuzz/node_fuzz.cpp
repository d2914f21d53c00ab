// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whatever bytes a store has for a node: an answer or a coded error, and what was read can be written and read again.
//
// The input's first byte chooses the order and the index, the next two the expected size; the rest is a node's content, which gets
// a right checksum, or nothing would come past it. For a tree with buffers two bytes say how long that of the root and that of
// the child at address 0 are; what follows these is all other children.
#include <cairn/index/hitchhiker_tree.hpp>
#include <cairn/index/persistent_set.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

namespace {

using namespace cairn;

/// Every address reads the same node, so that a tree which could be endless would be.
template <Order Sorted>
void run(std::vector<std::byte> const& block, std::uint64_t size) {
  auto const source = std::make_shared<NodeSource const>(NodeSource{
      &block, [](void const* bytes, NodeAddress const&) { return Bytes::copy(*static_cast<std::vector<std::byte> const*>(bytes)); },
      2, nullptr});
  try {
    auto const address = NodeAddress::of(std::uint16_t{1});
    auto const set = PersistentSet<Sorted>::open(address, size, source);
    NodeSink const sink{nullptr, [](void*, std::span<std::byte const>) { return NodeAddress::of(std::uint16_t{1}); }, 2};
    if (set.flush(sink) != address) std::abort();
    auto const node = detail::decode_node<Sorted, DefaultNodeShape>(block, {size, std::nullopt, 2});
    auto const again = detail::encode_node<Sorted, DefaultNodeShape>(*node.get(), 2, [&](std::size_t child) {
      return detail::as_inner<DefaultNodeShape>(node.get())->addresses[child];
    });
    auto const reread = detail::decode_node<Sorted, DefaultNodeShape>(again, {size, std::nullopt, 2});
    if (reread.get()->count != node.get()->count) std::abort();
    for (std::size_t i = 0; node.get()->level == 0 && i != node.get()->count; ++i) {
      auto const row = [i](auto const& of) {
        return detail::as_leaf<DefaultNodeShape>(of.get())->template view<Sorted>(i);
      };
      if (!(row(reread) == row(node))) std::abort();
    }
    auto const once_more = detail::encode_node<Sorted, DefaultNodeShape>(*reread.get(), 2, [&](std::size_t child) {
      return detail::as_inner<DefaultNodeShape>(reread.get())->addresses[child];
    });
    if (!std::equal(once_more.begin(), once_more.end(), again.begin(), again.end())) std::abort();
    if (node.get()->level == 0) {
      set.verify();
      std::uint64_t seen = 0;
      for (auto const& datom : set) {
        if (!set.contains(datom)) std::abort();
        ++seen;
      }
      if (seen != size) std::abort();
      auto edited = set.edit();
      for (auto const& datom : set) {
        if (!edited.erase(datom)) std::abort();
      }
      if (!edited.empty()) std::abort();
    } else {
      set.verify();  // cannot succeed: the node is not its own child
      std::abort();
    }
  } catch (Error const& error) {
    if (error.code() != Errc::store_corrupt && error.code() != Errc::store_format) std::abort();
  }
}

/// What is read is sound, whatever is to be done to it, and can be edited, stored and read again.
template <Order Sorted>
void run_buffered(std::vector<std::byte> const& root, std::vector<std::byte> const& first, std::vector<std::byte> const& second,
                  std::uint64_t size) {
  using Tree = HitchhikerTree<Sorted>;
  struct Nodes {
    std::vector<std::vector<std::byte>> blocks;
  } nodes{{first, root, second}};
  auto const source = std::make_shared<NodeSource const>(NodeSource{
      &nodes,
      [](void const* context, NodeAddress const& address) {
        auto const& blocks = static_cast<Nodes const*>(context)->blocks;
        auto const number = address.to<std::uint16_t>();
        return Bytes::copy(blocks[number < blocks.size() ? number : 2]);
      },
      2, nullptr});
  NodeSink const sink{&nodes,
                      [](void* context, std::span<std::byte const> bytes) {
                        auto& blocks = static_cast<Nodes*>(context)->blocks;
                        blocks.emplace_back(bytes.begin(), bytes.end());
                        return NodeAddress::of(static_cast<std::uint16_t>(blocks.size() - 1));
                      },
                      2};
  try {
    auto const tree = Tree::open(NodeAddress::of(std::uint16_t{1}), size, source);
    tree.verify();
    auto edited = tree.edit();
    std::vector<RawDatom> datoms;
    for (auto const& datom : tree) datoms.push_back(datom);
    if (datoms.size() != size) std::abort();
    for (std::size_t i = 0; i < datoms.size(); i += 3) {
      if (!edited.erase(datoms[i])) std::abort();
    }
    auto const less = std::move(edited).persistent();
    if (!less.empty()) {
      auto const address = less.flush(sink);
      auto const again = Tree::open(address, less.size(), source);
      again.verify();
      if (!(again == less)) std::abort();
    }
    edited = less.edit();
    for (std::size_t i = 0; i < datoms.size(); i += 3) {
      if (!edited.insert(datoms[i])) std::abort();
    }
    if (!(std::move(edited).persistent() == tree)) std::abort();
  } catch (Error const& error) {
    if (error.code() != Errc::store_corrupt && error.code() != Errc::store_format) std::abort();
  }
}

std::vector<std::byte> block_of(std::span<std::uint8_t const> content) {
  ByteWriter out;
  out.raw(std::as_bytes(content));
  seal(out);
  return std::move(out).take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 3) return 0;
  auto const expected = static_cast<std::uint64_t>(data[1]) | static_cast<std::uint64_t>(data[2]) << 8U;
  auto const rest = std::span{data + 3, size - 3};
  auto const with_order = [&](auto const& work) {
    switch (data[0] % 3) {
      case 0: work(order_tag<Order::eavt>{}); break;
      case 1: work(order_tag<Order::aevt>{}); break;
      default: work(order_tag<Order::avet>{}); break;
    }
  };
  if (data[0] / 3 % 2 == 0) {
    auto const block = block_of(rest);
    with_order([&]<Order Sorted>(order_tag<Sorted>) { run<Sorted>(block, expected); });
  } else if (rest.size() > 2) {
    auto content = rest.subspan(2);
    auto const take = [&](std::size_t length) {
      length = std::min(length, content.size());
      auto const taken = block_of(content.first(length));
      content = content.subspan(length);
      return taken;
    };
    auto const root = take(rest[0]);
    auto const first = take(rest[1]);
    auto const second = take(content.size());
    with_order([&]<Order Sorted>(order_tag<Sorted>) { run_buffered<Sorted>(root, first, second, expected); });
  }
  return 0;
}
