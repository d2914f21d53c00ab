// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend made of a near one and a far one.
#pragma once

#include <cairn/concepts/blob_store.hpp>
#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/store_backend.hpp>
#include <cairn/error/error.hpp>
#include <cairn/layer/front_kind.hpp>
#include <cairn/layer/layer.hpp>
#include <cairn/layer/store_identity.hpp>
#include <cairn/layer/tier_front.hpp>
#include <cairn/layer/tier_overlay.hpp>
#include <cairn/layer/tier_policy.hpp>
#include <cairn/layer/tier_writer.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cairn {
namespace layer {

/// The keys are Datahike's.
template <class Front, class Back, WritePolicy Writes, ReadPolicy Reads>
struct TieredConfig {
  /// The near store, which has copies.
  typename Front::Config frontend_config{};
  /// The far store, which has everything.
  typename Back::Config backend_config{};
  /// May be said, and must be what the program was compiled with.
  WritePolicy write_policy = Writes;
  ReadPolicy read_policy = Reads;
};

/// What identifies the store that a front without copies of an identified back belongs to.
inline constexpr std::string_view no_identity = "overlay";

}  // namespace layer

/// A near store, `Front`, before a far one, `Back`: blobs are read in the front and, where it does not have them, in the back. The policies say
/// what is written where.
///
/// The root is always the back's: a commit is acknowledged when the back has it, whatever the policy, so a tier loses nothing
/// that the back would not. `write_behind` puts off only the copy in the front. A front that fails is left alone until the next connection
/// (`connection.blobs().front_figures().fault`); one that is not there, or has another store's copies, is made anew, empty. A store that has more than
/// copies is never emptied: naming it as the front is `config/mismatch`. Deleting deletes both.
/// The back gets a root `"\0identity"`, by which a front knows it again.
///
/// `WritePolicy::frontend_only` is the exception: the back is only read, roots that are changed are the front's from then on, and
/// deleting deletes the front. What the back's owner commits to such a root later is not seen. Requires a `ReservingBlobStore` for a back.
///
/// Requires a `KeyedBlobStore` for a front.
template <class Front, class Back, WritePolicy Writes = WritePolicy::write_through, ReadPolicy Reads = ReadPolicy::frontend_first>
struct Tiered {
  static constexpr std::string_view layer_name = "tiered";
  static constexpr std::string_view backend_id = layer::LayerId<Tiered, Front, Back>::value;
  using index_tag = typename Back::index_tag;
  using Config = layer::TieredConfig<Front, Back, Writes, Reads>;
  static constexpr bool is_overlay = Writes == WritePolicy::frontend_only;
  // Not the concepts themselves, at whose failure compilers print all that they are made of.
  static constexpr bool front_is_keyed = KeyedBlobStore<ConnectionOf<Front>>;
  static constexpr bool back_reserves = ReservingBlobStore<ConnectionOf<Back>>;
  static constexpr bool is_ever_filled = Writes != WritePolicy::write_around || Reads != ReadPolicy::frontend_only;
  static_assert(front_is_keyed,
                "cairn::Tiered [front]: the front's writer cannot store under a given address; write `void put(Address const& address, "
                "std::span<std::byte const> bytes);`");
  static_assert(back_reserves || !is_overlay,
                "cairn::Tiered [frontend_only]: what only the front has needs addresses that the back gives to nobody else; write `Address "
                "reserve();` and `void put(Address const& address, std::span<std::byte const> bytes);` in the back's writer");
  static_assert(is_ever_filled,
                "cairn::Tiered [policies]: write_around leaves the front to what is read, and frontend_only reads nothing else; choose another for one of "
                "them");
  using Connection = std::conditional_t<is_overlay, layer::OverlayConnection<Front, Back, Reads>, layer::TieredConnection<Front, Back, Writes, Reads>>;
  static constexpr auto config_spec =
      cairn::config_spec(store_of<Front>(&Config::frontend_config), store_of<Back>(&Config::backend_config),
                         one_of(&Config::write_policy, Writes), one_of(&Config::read_policy, Reads));
  static constexpr Capabilities capabilities = [] {
    auto made = is_overlay ? Front::capabilities : Back::capabilities;
    made.zero_copy_reads = Front::capabilities.zero_copy_reads && Back::capabilities.zero_copy_reads;
    if (is_overlay) made.sharing = std::min(Front::capabilities.sharing, Back::capabilities.sharing);
    return made;
  }();

  static Config default_config(Config config, Environment const& environment) {
    layer::default_part<Front>(config.frontend_config, environment);
    layer::default_part<Back>(config.backend_config, environment);
    return config;
  }

  /// Creates the back, and a front for it. With `frontend_only`, creates the front; the back must be there. Errors: `config/mismatch` where a
  /// store is in the front's place that has more than copies.
  static void empty_store(Config const& config) {
    if constexpr (is_overlay) {
      auto back = Back::connect_store(config.backend_config);
      layer::release_part<Back>(config.backend_config, back);
      Front::empty_store(config.frontend_config);
    } else {
      Back::empty_store(config.backend_config);
      try {
        auto back = Back::connect_store(config.backend_config);
        static_cast<void>(layer::give_identity(back));
        layer::release_part<Back>(config.backend_config, back);
        layer::check_is_front<Front>(config.frontend_config, false);
        Front::delete_store(config.frontend_config);
        Front::empty_store(config.frontend_config);
      } catch (...) {
        Back::delete_store(config.backend_config);
        throw;
      }
    }
  }
  /// Errors: `config/mismatch`, and nothing is deleted, where the front is none of such a tier; those of connecting to the front.
  static void delete_store(Config const& config) {
    layer::check_is_front<Front>(config.frontend_config, is_overlay);
    Front::delete_store(config.frontend_config);
    if constexpr (!is_overlay) Back::delete_store(config.backend_config);
  }

  /// Errors: those of the back; `config/mismatch` where the front is no cache; with `frontend_only` also those of the front, where that is not there and the back has nothing to show.
  static Connection connect_store(Config const& config) {
    using Address = typename ConnectionOf<Back>::Address;
    auto back = Back::connect_store(config.backend_config);
    if constexpr (is_overlay) {
      auto front = layer::connect_if_there<Front>(config.frontend_config);
      if (!front.has_value()) {
        if (!layer::visible_roots(back.roots()).empty()) Front::empty_store(config.frontend_config);
        front.emplace(Front::connect_store(config.frontend_config));
      }
      auto const known = layer::identity_of(*front);
      auto identity = layer::identity_of(back);
      if (!identity.has_value() || known == layer::no_identity) identity = std::string{layer::no_identity};
      return Connection{std::make_shared<layer::OverlayStore<Front, Back>>(std::move(back), config.frontend_config, *std::move(identity),
                                                                           *std::move(front))};
    } else {
      auto identity = layer::give_identity(back);
      auto front = std::make_shared<layer::TierFront<Front, Address>>(config.frontend_config, std::move(identity));
      return Connection{std::move(back), std::move(front)};
    }
  }
  /// Gives the front what waits for it.
  static void release_store(Config const& config, Connection& connection) {
    connection.close_front();
    layer::release_part<Back>(config.backend_config, connection.back());
  }
};

}  // namespace cairn
