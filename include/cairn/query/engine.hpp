// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Queries at run time, as a list of templates that a program may compile once: cairn/engine.hpp says how.
#pragma once

#include <cairn/db/engine.hpp>
#include <cairn/query/query.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#if defined(CAIRN_ENGINE) && !defined(CAIRN_ENGINE_TEMPLATE)
#define CAIRN_ENGINE_TEMPLATE extern template
#endif
#ifdef CAIRN_ENGINE_TEMPLATE

namespace cairn::query {

CAIRN_ENGINE_TEMPLATE class DbSource<persistent_set_tag>;
CAIRN_ENGINE_TEMPLATE QueryResult run_plan<>(PlanView const&, std::span<GivenInput const>, QueryOptions const&, RunReport*);
CAIRN_ENGINE_TEMPLATE std::shared_ptr<Prepared const> PlanCache::prepare<>(std::string_view, std::span<GivenInput const>, QueryOptions const&);
CAIRN_ENGINE_TEMPLATE QueryResult ask<>(std::string_view, std::span<GivenInput const>, QueryOptions const&);
CAIRN_ENGINE_TEMPLATE std::string explain<>(std::string_view, std::span<GivenInput const>, QueryOptions const&);

}  // namespace cairn::query

#undef CAIRN_ENGINE_TEMPLATE
#endif
