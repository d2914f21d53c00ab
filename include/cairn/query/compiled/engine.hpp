// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What all static queries have in common, as a list of templates that a program may compile once: a part of cairn/query/engine.hpp.
#pragma once

#include <cairn/index/index_for.hpp>
#include <cairn/query/compiled/execute/run.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#if defined(CAIRN_ENGINE) && !defined(CAIRN_ENGINE_TEMPLATE)
#define CAIRN_ENGINE_TEMPLATE extern template
#define CAIRN_ENGINE_TEMPLATE_IS_OWN
#endif
#ifdef CAIRN_ENGINE_TEMPLATE

namespace cairn::query::compiled {

CAIRN_ENGINE_TEMPLATE bool SeenRows::insert<>(std::uint64_t const*, ValueKind const*, std::size_t);
CAIRN_ENGINE_TEMPLATE class Lookup<persistent_set_tag>;
CAIRN_ENGINE_TEMPLATE struct LookStep<persistent_set_tag>;
CAIRN_ENGINE_TEMPLATE struct ScanStep<persistent_set_tag>;
CAIRN_ENGINE_TEMPLATE class LoopFeed<persistent_set_tag>;
CAIRN_ENGINE_TEMPLATE StaticAnswer answer_of(CompiledQuery<persistent_set_tag> const&, Db<persistent_set_tag> const&,
                                             std::span<BorrowedInput const>);
CAIRN_ENGINE_TEMPLATE StaticAnswer shown<>(QueryResult);
CAIRN_ENGINE_TEMPLATE StaticAnswer interpret<>(PlanView const&, std::span<BorrowedInput const>, FunctionRegistry const*);
CAIRN_ENGINE_TEMPLATE std::vector<Value> make_constants<>(PlanView const&);

}  // namespace cairn::query::compiled

#ifdef CAIRN_ENGINE_TEMPLATE_IS_OWN
#undef CAIRN_ENGINE_TEMPLATE_IS_OWN
#undef CAIRN_ENGINE_TEMPLATE
#endif
#endif
