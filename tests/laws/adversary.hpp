// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A store whose medium belongs to somebody else.
#pragma once

#include <cairn/concepts/store_backend.hpp>
#include <cairn/error/error.hpp>

#include <atomic>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::test {

/// What an adversary has put in the place of blobs and roots, with all checksums of the backend as they have to be. One test at a time.
struct Tampering {
  std::atomic<bool> is_on{false};
  std::map<std::string, Bytes> blobs{};         ///< by the bytes of their addresses
  std::set<std::string> gone{};                 ///< blobs that are not there any more
  std::map<std::string, RootRecord> roots{};    ///< but for the version, which stays
  std::map<std::string, Bytes> seen{};          ///< blobs that were read

  void clear() {
    is_on = false;
    blobs.clear();
    gone.clear();
    roots.clear();
    seen.clear();
  }
};
inline Tampering& tampering() {
  static Tampering made;
  return made;
}

template <class Inner>
class AdversaryConnection : public ConnectionOf<Inner> {
 public:
  using Base = ConnectionOf<Inner>;
  using Address = typename Base::Address;

  explicit AdversaryConnection(Base base) : Base{std::move(base)} {}

  [[nodiscard]] Bytes read(Address const& address) const {
    if (!tampering().is_on) return Base::read(address);
    std::string const key{reinterpret_cast<char const*>(&address), sizeof address};
    if (tampering().gone.contains(key)) raise_absent_blob("There is no such blob.");
    auto const found = tampering().blobs.find(key);
    auto bytes = found == tampering().blobs.end() ? Base::read(address) : found->second;
    tampering().seen.insert_or_assign(key, bytes);
    return bytes;
  }
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const {
    auto record = Base::root(branch);
    if (!tampering().is_on || !record) return record;
    auto const found = tampering().roots.find(std::string{branch});
    if (found == tampering().roots.end()) return record;
    return RootRecord{record->version, found->second.state, found->second.tail};
  }
};

/// Does what `Inner` does, until the adversary does something. Requires: `Inner` has no `read_many`.
template <class Inner>
struct Adversary : Inner {
  using Connection = AdversaryConnection<Inner>;
  static_assert(!BlobStoreReadsMany<ConnectionOf<Inner>>);

  static Connection connect_store(typename Inner::Config const& config) { return Connection{Inner::connect_store(config)}; }
};

}  // namespace cairn::test
