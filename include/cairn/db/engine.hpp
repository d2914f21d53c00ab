// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What of the database depends on no backend, as a list of templates that a program may compile once: cairn/engine.hpp says how.
#pragma once

#include <cairn/db/apply.hpp>
#include <cairn/db/db.hpp>
#include <cairn/db/edn_conversion.hpp>
#include <cairn/db/entity.hpp>
#include <cairn/db/import.hpp>
#include <cairn/db/initial_snapshot.hpp>
#include <cairn/db/pull.hpp>
#include <cairn/db/transact.hpp>
#include <cairn/edn/parse.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/index/index_for.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#if defined(CAIRN_ENGINE) && !defined(CAIRN_ENGINE_TEMPLATE)
#define CAIRN_ENGINE_TEMPLATE extern template
#endif
#ifdef CAIRN_ENGINE_TEMPLATE

namespace cairn {

// A function that is inline is compiled by whoever calls it all the same, so that those of this list are not.
CAIRN_ENGINE_TEMPLATE notation::Value notation::parse<>(std::string_view, ReaderOptions const&);
CAIRN_ENGINE_TEMPLATE std::vector<notation::Value> notation::parse_all<>(std::string_view, ReaderOptions const&);
CAIRN_ENGINE_TEMPLATE bool notation::write_to<>(std::string&, Value const&, WriterOptions const&);
CAIRN_ENGINE_TEMPLATE notation::Value to_edn<>(Value const&);
CAIRN_ENGINE_TEMPLATE Value to_value<>(notation::Value const&);

CAIRN_ENGINE_TEMPLATE void detail::read_operations<>(std::vector<TxOp>&, notation::Value const&);
CAIRN_ENGINE_TEMPLATE TxReport<persistent_set_tag> transact(Db<persistent_set_tag> const&, TxData const&, Instant);
CAIRN_ENGINE_TEMPLATE Snapshot<persistent_set_tag> apply(Snapshot<persistent_set_tag> const&, TxRecord const&);
CAIRN_ENGINE_TEMPLATE Snapshot<persistent_set_tag> apply(Snapshot<persistent_set_tag>, std::span<TxRecord const>);
CAIRN_ENGINE_TEMPLATE Snapshot<persistent_set_tag> initial_snapshot(std::shared_ptr<DatabaseOptions const>, Instant);

CAIRN_ENGINE_TEMPLATE detail::NodeReference<DefaultNodeShape> detail::node_of_bytes<Order::eavt, DefaultNodeShape>(
    Bytes const&, NodeAddress const&, NodeExpectation, RawDatom const*, RawDatom const*);
CAIRN_ENGINE_TEMPLATE detail::NodeReference<DefaultNodeShape> detail::node_of_bytes<Order::aevt, DefaultNodeShape>(
    Bytes const&, NodeAddress const&, NodeExpectation, RawDatom const*, RawDatom const*);
CAIRN_ENGINE_TEMPLATE detail::NodeReference<DefaultNodeShape> detail::node_of_bytes<Order::avet, DefaultNodeShape>(
    Bytes const&, NodeAddress const&, NodeExpectation, RawDatom const*, RawDatom const*);
CAIRN_ENGINE_TEMPLATE class PersistentSet<Order::eavt>;
CAIRN_ENGINE_TEMPLATE class PersistentSet<Order::aevt>;
CAIRN_ENGINE_TEMPLATE class PersistentSet<Order::avet>;
CAIRN_ENGINE_TEMPLATE class detail::ViewStream<persistent_set_tag, Order::eavt, false>;
CAIRN_ENGINE_TEMPLATE class detail::ViewStream<persistent_set_tag, Order::aevt, false>;
CAIRN_ENGINE_TEMPLATE class detail::ViewStream<persistent_set_tag, Order::avet, false>;
CAIRN_ENGINE_TEMPLATE class detail::LazySnapshot<persistent_set_tag>;
CAIRN_ENGINE_TEMPLATE class Db<persistent_set_tag>;

CAIRN_ENGINE_TEMPLATE class detail::Import<persistent_set_tag>;

CAIRN_ENGINE_TEMPLATE PullPattern::PullPattern(notation::Value const&);
CAIRN_ENGINE_TEMPLATE PullPattern::PullPattern(std::string_view);
CAIRN_ENGINE_TEMPLATE notation::Value const& PullPattern::edn<>() const noexcept;
CAIRN_ENGINE_TEMPLATE BoundPull<persistent_set_tag> PullPattern::on(Db<persistent_set_tag> const&, TransformLookup const&) const;
CAIRN_ENGINE_TEMPLATE notation::Value PullPattern::of(Db<persistent_set_tag> const&, EntityRef const&) const;
CAIRN_ENGINE_TEMPLATE class BoundPull<persistent_set_tag>;

}  // namespace cairn

#undef CAIRN_ENGINE_TEMPLATE
#endif
