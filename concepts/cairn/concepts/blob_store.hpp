// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What an engine needs from a place that keeps bytes.
#pragma once

#include <cairn/concepts/mentions.hpp>
#include <cairn/concepts/root.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn {

/// The largest address a backend may choose, in bytes: a node keeps its children's addresses inline. 24 of a bucket, 8 that encryption
/// adds, and 16 that auditing does.
inline constexpr std::size_t max_address_size = 48;

/// Where a blob is: a value that the backend chose (an offset, a key, a content hash). It is stored inside other blobs
/// as its bytes, so it has no pointers in it and no padding.
template <class Type>
concept BlobAddress = std::regular<Type> && std::is_trivially_copyable_v<Type> && !std::is_pointer_v<Type> &&
                      (sizeof(Type) <= max_address_size) && std::has_unique_object_representations_v<Type>;

namespace detail {
template <class Address>
concept SaysMoreThanPlace = requires(Address const& address) {
  { address.place() } -> std::same_as<Address>;
};
template <class Address>
concept HasPlaceFunction = requires { requires std::is_member_function_pointer_v<decltype(&Address::place)>; };
}  // namespace detail

/// Where the blob of an address is. An address that says more about its blob than that (a hash) has a `place()`, the same one without the rest: no two
/// blobs of a store have one. A blob can be found by its place alone; read, by its address.
template <BlobAddress Address>
[[nodiscard]] constexpr Address blob_place(Address const& address) noexcept {
  if constexpr (detail::SaysMoreThanPlace<Address>) {
    return address.place();
  } else {
    return address;
  }
}

template <class Store>
concept BlobStoreHasAddress = requires { typename Store::Address; } && BlobAddress<typename Store::Address>;

/// The optional `place` of an address: not there, or as it must be. A field of that name, a template or an overload of another shape is taken for none.
template <class Store>
concept BlobStoreAddressHasPlaceOrLeavesIt =
    detail::SaysMoreThanPlace<typename Store::Address> || !detail::HasPlaceFunction<typename Store::Address>;

template <class Store>
concept BlobStoreReads = requires(Store const& store, typename Store::Address const& address) {
  { store.read(address) } -> std::same_as<Bytes>;
};

template <class Store>
concept BlobStoreHasRoot = requires(Store const& store, std::string_view branch) {
  { store.root(branch) } -> std::same_as<std::optional<RootRecord>>;
};

template <class Store>
concept BlobStoreListsRoots = requires(Store const& store) {
  { store.roots() } -> std::same_as<std::vector<std::string>>;
};

template <class Store>
concept BlobStoreBegins = requires(Store& store) {
  { store.begin() } -> std::same_as<std::remove_cvref_t<decltype(store.begin())>>;  // by value
} && std::movable<decltype(std::declval<Store&>().begin())>;

/// The writer that `begin` hands out.
template <class Store>
using WriterOf = decltype(std::declval<Store&>().begin());

template <class Store>
concept BlobWriterPuts = requires(WriterOf<Store>& writer, std::span<std::byte const> bytes) {
  { writer.put(bytes) } -> std::same_as<typename Store::Address>;
};

template <class Store>
concept BlobWriterCommits = requires(WriterOf<Store>& writer, std::string_view branch, Version const& expected,
                                     std::span<std::byte const> state) {
  { writer.commit(branch, expected, state) } -> std::same_as<CommitResult>;
};

template <class Store>
concept BlobWriterAppends = requires(WriterOf<Store>& writer, std::string_view branch, Version const& expected,
                                     std::span<std::byte const> frame) {
  { writer.append(branch, expected, frame) } -> std::same_as<CommitResult>;
};

template <class Store>
concept BlobWriterDrops = requires(WriterOf<Store>& writer, std::string_view branch, Version const& expected) {
  { writer.drop(branch, expected) } -> std::same_as<CommitResult>;
};

template <class Store>
concept BlobStoreSweeps = requires(Store& store, LiveSet<typename Store::Address> const& live, TimePoint cutoff) {
  store.sweep(live, cutoff);
};

namespace detail {
template <class Store>
concept ReadsMany = requires(Store const& store, std::span<typename Store::Address const> addresses,
                             void (*sink)(std::size_t, Bytes)) { store.read_many(addresses, sink); };
}  // namespace detail

/// The optional `read_many`: not there, or as it must be.
template <class Store>
concept BlobStoreReadsManyOrLeavesIt = detail::ReadsMany<Store> || !detail::MentionsReadMany<Store>;

namespace detail {
template <class Store>
concept WriterHolds = requires(WriterOf<Store>& writer) {
  { writer.hold() } -> std::same_as<void>;
};
}  // namespace detail

/// The optional `hold` of a writer: not there, or as it must be.
template <class Store>
concept BlobWriterHoldsOrLeavesIt = detail::WriterHolds<Store> || !detail::MentionsHold<WriterOf<Store>>;

template <class Store>
concept BlobWriterPutsAt = requires(WriterOf<Store>& writer, typename Store::Address const& address,
                                    std::span<std::byte const> bytes) { writer.put(address, bytes); };

template <class Store>
concept BlobWriterReserves = requires(WriterOf<Store>& writer) {
  { writer.reserve() } -> std::same_as<typename Store::Address>;
};

namespace detail {
/// A put has an overload at any rate, so that its name tells nothing. One that gives an address may be the plain one, with something more to say.
template <class Store>
concept WriterPutsTheOtherWayRound = requires(WriterOf<Store>& writer, typename Store::Address const& address,
                                              std::span<std::byte const> bytes) {
  { writer.put(bytes, address) } -> std::same_as<void>;
};
}  // namespace detail

/// The optional second `put` of a writer: not there, or not with its parameters the other way round.
template <class Store>
concept BlobWriterPutsAtOrLeavesIt = BlobWriterPutsAt<Store> || !detail::WriterPutsTheOtherWayRound<Store>;

/// What a commit is called whose name is made of what is in it.
using ContentName = std::array<std::byte, 16>;

namespace detail {
template <class Store>
concept ListsBlobs = requires(Store const& store, void (*visit)(typename Store::Address const&, std::uint64_t, TimePoint)) {
  store.for_each_blob(visit);
};
template <class Store>
concept Erases = requires(Store& store, LiveSet<typename Store::Address> const& live, TimePoint cutoff) { store.erase(live, cutoff); };
template <class Store>
concept KnowsOthers = requires(Store const& store) {
  { store.others() } -> std::same_as<std::optional<std::size_t>>;
};
template <class Store>
concept NamesCommits = requires(std::span<std::byte const> bytes) {
  { Store::name_of(bytes) } -> std::same_as<ContentName>;
};
}  // namespace detail

// Of these, layers have some only where the store below has them, by a `requires` of the member: what such a one leaves out isn't wrong, and
// its name alone doesn't tell. A function that can be named can be called.

/// The optional `for_each_blob`: not there, or as it must be. A template, an overload or a private one of another shape is taken for none.
template <class Store>
concept BlobStoreListsBlobsOrLeavesIt = detail::ListsBlobs<Store> || !requires { &Store::for_each_blob; };

/// The optional `erase`, likewise.
template <class Store>
concept BlobStoreErasesOrLeavesIt = detail::Erases<Store> || !requires { &Store::erase; };

/// The optional `others`, likewise.
template <class Store>
concept BlobStoreKnowsOthersOrLeavesIt = detail::KnowsOthers<Store> || !requires { &Store::others; };

/// The optional `name_of`, likewise.
template <class Store>
concept BlobStoreNamesCommitsOrLeavesIt = detail::NamesCommits<Store> || !requires { &Store::name_of; };

/// The optional `reserve` of a writer, likewise. It is of no use without the `put` that takes what it gives.
template <class Store>
concept BlobWriterReservesOrLeavesIt =
    (BlobWriterReserves<Store> && BlobWriterPutsAt<Store>) || !requires { &WriterOf<Store>::reserve; };

/// A place that keeps immutable blobs and, beside them, named roots: the only cells that change.
///
/// - `read(address)` gives back exactly the bytes of a `put`; an address that is not there is an `Error` (`io/error` by
///   `raise_absent_blob`, or `store/corrupt` where something is there that is not what was put), never an empty answer.
///   Both say that it would be of no use to ask again, and the engine goes on without what was there.
/// - `root(branch)` is nothing where there is no such root.
/// - Blobs become readable to others no later than the commit that follows their `put` on the same writer. A writer
/// that is
///   destroyed without a commit leaves no trace but garbage.
/// - `commit(branch, expected, state)` makes all that the writer put durable, replaces the root's state and empties its
///   tail, in one atomic step, if the root is at `expected`. `append(branch, expected, frame)` adds one frame to the
///   tail in the same way; `drop(branch, expected)` removes the root.
/// - `sweep(live, cutoff)` may remove blobs that are not live and were put before `cutoff`. Requires: whoever put a blob
///   before `cutoff` and is still to name it has been waited for, or `live` has it. `live` says the same of an address and of its
///   `blob_place`: it is asked about either. It may read this very store, and so is
///   called without a lock that the store's members take.
///
/// Thread safety: all const members may be called at once from any thread, beside one writer a thread.
template <class Store>
concept BlobStore = BlobStoreHasAddress<Store> && BlobStoreAddressHasPlaceOrLeavesIt<Store> && BlobStoreReads<Store> && BlobStoreHasRoot<Store> &&
                    BlobStoreListsRoots<Store> && BlobStoreBegins<Store> && BlobWriterPuts<Store> &&
                    BlobWriterCommits<Store> && BlobWriterAppends<Store> && BlobWriterDrops<Store> &&
                    BlobStoreSweeps<Store> && BlobStoreReadsManyOrLeavesIt<Store> && BlobWriterHoldsOrLeavesIt<Store> &&
                    BlobStoreListsBlobsOrLeavesIt<Store> && BlobStoreErasesOrLeavesIt<Store> &&
                    BlobStoreKnowsOthersOrLeavesIt<Store> && BlobStoreNamesCommitsOrLeavesIt<Store> &&
                    BlobWriterReservesOrLeavesIt<Store> && BlobWriterPutsAtOrLeavesIt<Store>;

/// A blob store that hides latency: `read_many(addresses, sink)` calls `sink(i, Bytes)` once for each address, in any
/// order.
template <class Store>
concept BlobStoreReadsMany = BlobStore<Store> && detail::ReadsMany<Store>;

/// A blob store whose writers can take the fence before they commit: after `writer.hold()`, which waits for other writers, no
/// root changes but by this one until it commits or is destroyed. So a writer that others overtake again and again gets its turn:
/// it holds, reads the root, and commits to what it read.
template <class Store>
concept BlobStoreHolds = BlobStore<Store> && detail::WriterHolds<Store>;

/// A blob store that can be looked through: `for_each_blob(visit)` calls `visit(address, bytes, put_by)` for every blob that was
/// committed, whatever names it, with the bytes that it takes and a time at which it had been put. What is put or removed
/// meanwhile may be among them. It gets the address or its `blob_place`.
template <class Store>
concept BlobStoreListsBlobs = BlobStore<Store> && detail::ListsBlobs<Store>;

/// A blob store that can forget for good: `erase(live, cutoff)` is a `sweep` after which no byte of what is not live and was put before `cutoff` can be
/// found in what the store has on its disk, nor of what earlier sweeps removed and of roots that were replaced. What was put by the end of one call is
/// old enough for the next.
template <class Store>
concept BlobStoreErases = BlobStore<Store> && detail::Erases<Store>;

/// A blob store that knows who else there is: `others()` is how many have the store open, or read from it, beside this connection and in whatever
/// process; its README says which of the two. Nothing where that cannot be told at the moment.
template <class Store>
concept BlobStoreKnowsOthers = BlobStore<Store> && detail::KnowsOthers<Store>;

/// A blob store that names commits by what is in them: `name_of(bytes)` is always the same for the same bytes, and nobody finds others of
/// that name. Its addresses are bound to the bytes of their blobs, so that the name of a commit stands for all that can be reached from it.
template <class Store>
concept BlobStoreNamesCommits = BlobStore<Store> && detail::NamesCommits<Store>;

/// A blob store that stores under an address that the caller gives, in place of what is there: what the front of a tier must be.
template <class Store>
concept KeyedBlobStore = BlobStore<Store> && BlobWriterPutsAt<Store>;

/// A keyed blob store whose writers give addresses before the bytes are known: `reserve()` is one that nobody else gets, for a
/// `put(address, bytes)` to come. So bytes can be made for the place where they will lie.
template <class Store>
concept ReservingBlobStore = KeyedBlobStore<Store> && BlobWriterReserves<Store>;

}  // namespace cairn
