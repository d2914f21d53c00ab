// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Queries at run time, as a list of templates that a program may compile once: cairn/engine.hpp says how.
#pragma once

#include <cairn/db/engine.hpp>
#include <cairn/query/compiled/execute/collect.hpp>
#include <cairn/query/compiled/execute/input_rows.hpp>
#include <cairn/query/query.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#if defined(CAIRN_ENGINE) && !defined(CAIRN_ENGINE_TEMPLATE)
#define CAIRN_ENGINE_TEMPLATE extern template
#endif
#ifdef CAIRN_ENGINE_TEMPLATE

namespace cairn::query {

CAIRN_ENGINE_TEMPLATE class DbSource<persistent_set_tag>;
CAIRN_ENGINE_TEMPLATE QueryResult run_plan<>(PlanView const&, std::span<GivenInput const>, QueryOptions const&, Deadline const&, RunReport*, RowsAs);
#ifndef CAIRN_ENGINE  // others see the class in plan_cache.hpp only
CAIRN_ENGINE_TEMPLATE std::shared_ptr<Prepared const> PlanCache::prepare<>(std::string_view, std::span<GivenInput const>, QueryOptions const&,
                                                                                    Deadline const&);
#endif
CAIRN_ENGINE_TEMPLATE QueryResult ask<>(std::string_view, std::span<GivenInput const>, QueryOptions const&, RowsAs);
CAIRN_ENGINE_TEMPLATE std::string explain<>(std::string_view, std::span<GivenInput const>, QueryOptions const&);
CAIRN_ENGINE_TEMPLATE QueryResult compiled::collect<>(compiled::RowFeed&, bool, PlanView const&, std::shared_ptr<Source const>,
                                                      std::shared_ptr<void const>);
CAIRN_ENGINE_TEMPLATE std::optional<compiled::InputRows> compiled::input_rows<>(PlanView const&, Binding const&, Value const&);

}  // namespace cairn::query

#ifndef CAIRN_ENGINE  // for others cairn/query/compiled/q.hpp includes it
#include <cairn/query/compiled/engine.hpp>
#endif
#undef CAIRN_ENGINE_TEMPLATE
#endif
