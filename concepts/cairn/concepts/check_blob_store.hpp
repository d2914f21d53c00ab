// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Says, in words, everything that keeps a type from being a BlobStore.
#pragma once

#include <cairn/concepts/blob_store.hpp>
#include <cairn/concepts/mentions.hpp>

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

namespace detail {

/// A type that has none of the members has been meant as something else; ten messages would hide that.
template <class Store>
concept LooksLikeBlobStore = requires { typename Store::Address; } || MentionsRead<Store> || MentionsRoot<Store> ||
                             MentionsBegin<Store> || MentionsSweep<Store>;

/// Likewise: what `begin` returns and has none of these is no writer with four faults, but something around one.
template <class Writer>
concept LooksLikeWriter = MentionsPut<Writer> || MentionsCommit<Writer> || MentionsAppend<Writer> || MentionsDrop<Writer>;

/// What is the matter with a call that must give `Wanted`, once it is known that something is.
template <class Wanted, class Found>
consteval Fault fault_of_result() {
  if constexpr (std::same_as<Wanted, Found>) return Fault::none;
  if constexpr (std::is_void_v<Found>) return Fault::returns_void;
  return Fault::returns_other;
}

enum class AddressFault : std::uint8_t { none, not_regular, not_plain, not_small };

template <class Store>
consteval AddressFault fault_of_address() {
  if constexpr (requires { typename Store::Address; }) {
    using Address = typename Store::Address;
    if constexpr (!std::regular<Address>) return AddressFault::not_regular;
    if constexpr (!std::is_trivially_copyable_v<Address>) return AddressFault::not_plain;
    if constexpr (!std::has_unique_object_representations_v<Address> || std::is_pointer_v<Address>) {
      return AddressFault::not_plain;
    }
    if constexpr (sizeof(Address) > max_address_size) return AddressFault::not_small;
  }
  return AddressFault::none;
}

template <class Store>
consteval Fault fault_of_read() {
  if constexpr (!MentionsRead<Store>) {
    return Fault::missing;
  } else if constexpr (!BlobStoreHasAddress<Store>) {
    return Fault::none;  // what it should take isn't known
  } else {
    using Address = typename Store::Address;
    if constexpr (requires(Store const& store, Address const& address) { store.read(address); }) {
      return fault_of_result<Bytes, decltype(std::declval<Store const&>().read(std::declval<Address const&>()))>();
    } else if constexpr (requires(Store& store, Address const& address) { store.read(address); }) {
      return Fault::not_const;
    } else {
      return Fault::not_callable;
    }
  }
}

template <class Store>
consteval Fault fault_of_root() {
  if constexpr (!MentionsRoot<Store>) {
    return Fault::missing;
  } else if constexpr (requires(Store const& store, std::string_view branch) { store.root(branch); }) {
    return fault_of_result<std::optional<RootRecord>,
                           decltype(std::declval<Store const&>().root(std::declval<std::string_view&>()))>();
  } else if constexpr (requires(Store& store, std::string_view branch) { store.root(branch); }) {
    return Fault::not_const;
  } else {
    return Fault::not_callable;
  }
}

template <class Store>
consteval Fault fault_of_roots() {
  if constexpr (!MentionsRoots<Store>) {
    return Fault::missing;
  } else if constexpr (requires(Store const& store) { store.roots(); }) {
    return fault_of_result<std::vector<std::string>, decltype(std::declval<Store const&>().roots())>();
  } else if constexpr (requires(Store& store) { store.roots(); }) {
    return Fault::not_const;
  } else {
    return Fault::not_callable;
  }
}

template <class Store>
consteval Fault fault_of_begin() {
  if constexpr (BlobStoreBegins<Store>) {
    return Fault::none;
  } else if constexpr (!MentionsBegin<Store>) {
    return Fault::missing;
  } else if constexpr (!requires(Store& store) { store.begin(); }) {
    return Fault::not_callable;
  } else if constexpr (std::is_void_v<WriterOf<Store>>) {
    return Fault::returns_void;
  } else {
    return Fault::returns_other;
  }
}

template <class Store>
consteval Fault fault_of_sweep() {
  if constexpr (!MentionsSweep<Store>) {
    return Fault::missing;
  } else if constexpr (!BlobStoreHasAddress<Store> || BlobStoreSweeps<Store>) {
    return Fault::none;
  } else {
    return Fault::not_callable;
  }
}

template <class Store>
struct WriterIfAny {
  using type = void;
};
template <BlobStoreBegins Store>
  requires LooksLikeWriter<WriterOf<Store>>
struct WriterIfAny<Store> {
  using type = WriterOf<Store>;
};

/// The writer, or void where `begin` is at fault itself or returns something else.
template <class Store>
using WriterOrNone = typename WriterIfAny<Store>::type;

template <class Store>
consteval Fault fault_of_put() {
  using Writer = WriterOrNone<Store>;
  if constexpr (std::is_void_v<Writer>) {
    return Fault::none;
  } else if constexpr (!MentionsPut<Writer>) {
    return Fault::missing;
  } else if constexpr (!BlobStoreHasAddress<Store>) {
    return Fault::none;
  } else if constexpr (requires(Writer& writer, std::span<std::byte const> bytes) { writer.put(bytes); }) {
    return fault_of_result<typename Store::Address, decltype(std::declval<Writer&>().put(
                                                        std::declval<std::span<std::byte const>&>()))>();
  } else {
    return Fault::not_callable;
  }
}

template <class Store>
consteval Fault fault_of_commit() {
  using Writer = WriterOrNone<Store>;
  if constexpr (std::is_void_v<Writer>) {
    return Fault::none;
  } else if constexpr (!MentionsCommit<Writer>) {
    return Fault::missing;
  } else if constexpr (requires(Writer& writer, std::string_view branch, Version const& expected,
                                std::span<std::byte const> state) { writer.commit(branch, expected, state); }) {
    return fault_of_result<CommitResult, decltype(std::declval<Writer&>().commit(
                                             std::declval<std::string_view&>(), std::declval<Version const&>(),
                                             std::declval<std::span<std::byte const>&>()))>();
  } else {
    return Fault::not_callable;
  }
}

template <class Store>
consteval Fault fault_of_append() {
  using Writer = WriterOrNone<Store>;
  if constexpr (std::is_void_v<Writer>) {
    return Fault::none;
  } else if constexpr (!MentionsAppend<Writer>) {
    return Fault::missing;
  } else if constexpr (requires(Writer& writer, std::string_view branch, Version const& expected,
                                std::span<std::byte const> frame) { writer.append(branch, expected, frame); }) {
    return fault_of_result<CommitResult, decltype(std::declval<Writer&>().append(
                                             std::declval<std::string_view&>(), std::declval<Version const&>(),
                                             std::declval<std::span<std::byte const>&>()))>();
  } else {
    return Fault::not_callable;
  }
}

template <class Store>
consteval Fault fault_of_drop() {
  using Writer = WriterOrNone<Store>;
  if constexpr (std::is_void_v<Writer>) {
    return Fault::none;
  } else if constexpr (!MentionsDrop<Writer>) {
    return Fault::missing;
  } else if constexpr (requires(Writer& writer, std::string_view branch, Version const& expected) {
                         writer.drop(branch, expected);
                       }) {
    return fault_of_result<CommitResult, decltype(std::declval<Writer&>().drop(std::declval<std::string_view&>(),
                                                                              std::declval<Version const&>()))>();
  } else {
    return Fault::not_callable;
  }
}

}  // namespace detail

/// Reports every unmet requirement of `BlobStore` at once, each in a few lines that show what to write.
/// Always true, so that the failed assertions inside are all there is to read.
template <class Store>
consteval bool check_blob_store() {
  using detail::Fault;
  using detail::free_of;
  constexpr bool looks_like_one = detail::LooksLikeBlobStore<Store>;
  static_assert(looks_like_one,
                "cairn::BlobStore [connection]: has none of Address, read, root, begin, sweep; return the connection "
                "itself, by value, not a pointer to it");
  if constexpr (looks_like_one) {
    constexpr bool has_address = requires { typename Store::Address; };
    static_assert(has_address,
                  "cairn::BlobStore [address]: no Address; write `using Address = std::uint64_t;` or another small "
                  "value of your choice");
    constexpr detail::AddressFault address = detail::fault_of_address<Store>();
    constexpr bool address_is_regular = address != detail::AddressFault::not_regular;
    constexpr bool address_is_plain = address != detail::AddressFault::not_plain;
    constexpr bool address_is_small = address != detail::AddressFault::not_small;
    static_assert(address_is_regular,
                  "cairn::BlobStore [address]: Address must be default constructible, copyable and have `==`");
    static_assert(address_is_plain,
                  "cairn::BlobStore [address]: Address is stored as its bytes: it must be trivially copyable, "
                  "without padding, floating point and pointers");
    static_assert(address_is_small,
                  "cairn::BlobStore [address]: Address must have at most cairn::max_address_size (48) bytes; choose "
                  "a hash or a number, not a name");

    constexpr bool has_place_or_leaves_it = !has_address || BlobStoreAddressHasPlaceOrLeavesIt<Store>;
    static_assert(has_place_or_leaves_it,
                  "cairn::BlobStore [place]: Address's is optional and there, but does not return an Address by value, cannot be called so, "
                  "or is not const; write `Address place() const;`");

    constexpr Fault read = detail::fault_of_read<Store>();
    static_assert(free_of(read, Fault::missing),
                  "cairn::BlobStore [read]: missing; write `Bytes read(Address address) const;`");
    static_assert(free_of(read, Fault::not_const),
                  "cairn::BlobStore [read]: is there, but is not const; write `Bytes read(Address address) const;`");
    static_assert(free_of(read, Fault::returns_void),
                  "cairn::BlobStore [read]: is there, but returns void; write `Bytes read(Address address) const;`");
    static_assert(free_of(read, Fault::returns_other),
                  "cairn::BlobStore [read]: is there, but does not return cairn::Bytes; write `Bytes read(Address "
                  "address) const;`");
    static_assert(free_of(read, Fault::not_callable),
                  "cairn::BlobStore [read]: is there, but cannot be called so (private, or other parameters); write "
                  "`Bytes read(Address address) const;`");

    constexpr Fault root = detail::fault_of_root<Store>();
    static_assert(free_of(root, Fault::missing),
                  "cairn::BlobStore [root]: missing; write `std::optional<RootRecord> root(std::string_view branch) "
                  "const;`");
    static_assert(free_of(root, Fault::not_const),
                  "cairn::BlobStore [root]: is there, but is not const; write `std::optional<RootRecord> "
                  "root(std::string_view branch) const;`");
    static_assert(free_of(root, Fault::returns_void),
                  "cairn::BlobStore [root]: is there, but returns void; write `std::optional<RootRecord> "
                  "root(std::string_view branch) const;`");
    static_assert(free_of(root, Fault::returns_other),
                  "cairn::BlobStore [root]: is there, but does not return std::optional<RootRecord>; write "
                  "`std::optional<RootRecord> root(std::string_view branch) const;`");
    static_assert(free_of(root, Fault::not_callable),
                  "cairn::BlobStore [root]: is there, but cannot be called so (private, or other parameters); write "
                  "`std::optional<RootRecord> root(std::string_view branch) const;`");

    constexpr Fault roots = detail::fault_of_roots<Store>();
    static_assert(free_of(roots, Fault::missing),
                  "cairn::BlobStore [roots]: missing; write `std::vector<std::string> roots() const;`");
    static_assert(free_of(roots, Fault::not_const),
                  "cairn::BlobStore [roots]: is there, but is not const; write `std::vector<std::string> roots() "
                  "const;`");
    static_assert(free_of(roots, Fault::returns_void),
                  "cairn::BlobStore [roots]: is there, but returns void; write `std::vector<std::string> roots() "
                  "const;`");
    static_assert(free_of(roots, Fault::returns_other),
                  "cairn::BlobStore [roots]: is there, but does not return std::vector<std::string>; write "
                  "`std::vector<std::string> roots() const;`");
    static_assert(free_of(roots, Fault::not_callable),
                  "cairn::BlobStore [roots]: is there, but cannot be called so (private, or other parameters); write "
                  "`std::vector<std::string> roots() const;`");

    constexpr Fault sweep = detail::fault_of_sweep<Store>();
    static_assert(free_of(sweep, Fault::missing),
                  "cairn::BlobStore [sweep]: missing; write `void sweep(LiveSet<Address> const& live, TimePoint "
                  "cutoff);`");
    static_assert(free_of(sweep, Fault::not_callable),
                  "cairn::BlobStore [sweep]: is there, but cannot be called so (private, or other parameters); write "
                  "`void sweep(LiveSet<Address> const& live, TimePoint cutoff);`");

    constexpr bool reads_many_or_leaves_it = BlobStoreReadsManyOrLeavesIt<Store>;
    static_assert(reads_many_or_leaves_it,
                  "cairn::BlobStore [read_many]: is optional and there, but cannot be called so; write `template "
                  "<class Sink> void read_many(std::span<Address const> addresses, Sink&& sink) const;`");

    constexpr Fault begin = detail::fault_of_begin<Store>();
    static_assert(free_of(begin, Fault::missing),
                  "cairn::BlobStore [begin]: missing; write `Writer begin();`");
    static_assert(free_of(begin, Fault::returns_void),
                  "cairn::BlobStore [begin]: is there, but returns void; write `Writer begin();`");
    static_assert(free_of(begin, Fault::returns_other),
                  "cairn::BlobStore [begin]: is there, but does not return a movable Writer by value; write `Writer "
                  "begin();`");
    static_assert(free_of(begin, Fault::not_callable),
                  "cairn::BlobStore [begin]: is there, but cannot be called so (private, or other parameters); write "
                  "`Writer begin();`");
    constexpr bool begins_a_writer = begin != Fault::none || !std::is_void_v<detail::WriterOrNone<Store>>;
    static_assert(begins_a_writer,
                  "cairn::BlobStore [begin]: what it returns has none of put, commit, append, drop; return the Writer "
                  "itself, by value, not a pointer to it");

    constexpr Fault put = detail::fault_of_put<Store>();
    static_assert(free_of(put, Fault::missing),
                  "cairn::BlobStore [put]: the writer has none; write `Address put(std::span<std::byte const> "
                  "bytes);`");
    static_assert(free_of(put, Fault::returns_void),
                  "cairn::BlobStore [put]: is there, but returns void; write `Address put(std::span<std::byte const> "
                  "bytes);`");
    static_assert(free_of(put, Fault::returns_other),
                  "cairn::BlobStore [put]: is there, but does not return the store's Address; write `Address "
                  "put(std::span<std::byte const> bytes);`");
    static_assert(free_of(put, Fault::not_callable),
                  "cairn::BlobStore [put]: is there, but cannot be called so (private, or other parameters); write "
                  "`Address put(std::span<std::byte const> bytes);`");

    constexpr Fault commit = detail::fault_of_commit<Store>();
    static_assert(free_of(commit, Fault::missing),
                  "cairn::BlobStore [commit]: the writer has none; write `CommitResult commit(std::string_view "
                  "branch, Version const& expected, std::span<std::byte const> state);`");
    static_assert(free_of(commit, Fault::returns_void),
                  "cairn::BlobStore [commit]: is there, but returns void; write `CommitResult "
                  "commit(std::string_view branch, Version const& expected, std::span<std::byte const> state);`");
    static_assert(free_of(commit, Fault::returns_other),
                  "cairn::BlobStore [commit]: is there, but does not return CommitResult; write `CommitResult "
                  "commit(std::string_view branch, Version const& expected, std::span<std::byte const> state);`");
    static_assert(free_of(commit, Fault::not_callable),
                  "cairn::BlobStore [commit]: is there, but cannot be called so (private, or other parameters); "
                  "write `CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte "
                  "const> state);`");

    constexpr Fault append = detail::fault_of_append<Store>();
    static_assert(free_of(append, Fault::missing),
                  "cairn::BlobStore [append]: the writer has none; write `CommitResult append(std::string_view "
                  "branch, Version const& expected, std::span<std::byte const> frame);`");
    static_assert(free_of(append, Fault::returns_void),
                  "cairn::BlobStore [append]: is there, but returns void; write `CommitResult "
                  "append(std::string_view branch, Version const& expected, std::span<std::byte const> frame);`");
    static_assert(free_of(append, Fault::returns_other),
                  "cairn::BlobStore [append]: is there, but does not return CommitResult; write `CommitResult "
                  "append(std::string_view branch, Version const& expected, std::span<std::byte const> frame);`");
    static_assert(free_of(append, Fault::not_callable),
                  "cairn::BlobStore [append]: is there, but cannot be called so (private, or other parameters); "
                  "write `CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte "
                  "const> frame);`");

    constexpr Fault drop = detail::fault_of_drop<Store>();
    static_assert(free_of(drop, Fault::missing),
                  "cairn::BlobStore [drop]: the writer has none; write `CommitResult drop(std::string_view branch, "
                  "Version const& expected);`");
    static_assert(free_of(drop, Fault::returns_void),
                  "cairn::BlobStore [drop]: is there, but returns void; write `CommitResult drop(std::string_view "
                  "branch, Version const& expected);`");
    static_assert(free_of(drop, Fault::returns_other),
                  "cairn::BlobStore [drop]: is there, but does not return CommitResult; write `CommitResult "
                  "drop(std::string_view branch, Version const& expected);`");
    static_assert(free_of(drop, Fault::not_callable),
                  "cairn::BlobStore [drop]: is there, but cannot be called so (private, or other parameters); write "
                  "`CommitResult drop(std::string_view branch, Version const& expected);`");

    constexpr bool holds_or_leaves_it = std::is_void_v<detail::WriterOrNone<Store>> || BlobWriterHoldsOrLeavesIt<Store>;
    static_assert(holds_or_leaves_it,
                  "cairn::BlobStore [hold]: the writer's is optional and there, but cannot be called so; write `void hold();`");

    constexpr bool puts_at_or_leaves_it =
        !has_address || std::is_void_v<detail::WriterOrNone<Store>> || BlobWriterPutsAtOrLeavesIt<Store>;
    static_assert(puts_at_or_leaves_it,
                  "cairn::BlobStore [put]: the writer's under a given address is optional and there, but takes the bytes first; write "
                  "`void put(Address const& address, std::span<std::byte const> bytes);`");

    constexpr bool reserves_or_leaves_it =
        !has_address || std::is_void_v<detail::WriterOrNone<Store>> || BlobWriterReservesOrLeavesIt<Store>;
    static_assert(reserves_or_leaves_it,
                  "cairn::BlobStore [reserve]: the writer's is optional and there, but cannot be called so, or there is no put for what it "
                  "gives; write `Address reserve();` and `void put(Address const& address, std::span<std::byte const> bytes);`");

    constexpr bool lists_blobs_or_leaves_it = !has_address || BlobStoreListsBlobsOrLeavesIt<Store>;
    static_assert(lists_blobs_or_leaves_it,
                  "cairn::BlobStore [for_each_blob]: is optional and there, but cannot be called so; write `template <class Visit> void "
                  "for_each_blob(Visit visit) const;`, which calls `visit(address, bytes, put_by)`");

    constexpr bool erases_or_leaves_it = !has_address || BlobStoreErasesOrLeavesIt<Store>;
    static_assert(erases_or_leaves_it,
                  "cairn::BlobStore [erase]: is optional and there, but cannot be called so; write `void erase(LiveSet<Address> const& "
                  "live, TimePoint cutoff);`");

    constexpr bool knows_others_or_leaves_it = BlobStoreKnowsOthersOrLeavesIt<Store>;
    static_assert(knows_others_or_leaves_it,
                  "cairn::BlobStore [others]: is optional and there, but cannot be called so; write `std::optional<std::size_t> others() "
                  "const;`");

    constexpr bool names_commits_or_leaves_it = BlobStoreNamesCommitsOrLeavesIt<Store>;
    static_assert(names_commits_or_leaves_it,
                  "cairn::BlobStore [name_of]: is optional and there, but is not static, does not return 16 bytes, or cannot be called so; "
                  "write `static cairn::ContentName name_of(std::span<std::byte const> bytes);`");
  }
  return true;
}

/// The same for `KeyedBlobStore`.
template <class Store>
consteval bool check_keyed_blob_store() {
  static_assert(check_blob_store<Store>());
  if constexpr (BlobStore<Store>) {
    constexpr bool puts_at = BlobWriterPutsAt<Store>;
    static_assert(puts_at,
                  "cairn::KeyedBlobStore [put]: the writer cannot store under a given address; write `void "
                  "put(Address const& address, std::span<std::byte const> bytes);` beside the other put");
  }
  return true;
}

}  // namespace cairn
