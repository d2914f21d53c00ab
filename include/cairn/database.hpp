// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The framework without its queries, which are half of what a compiler reads: for units that ask none.
#pragma once

#include <cairn/config/load.hpp>
#include <cairn/datom/datom.hpp>
#include <cairn/db/aggregate.hpp>
#include <cairn/db/db.hpp>
#include <cairn/db/entity.hpp>
#include <cairn/db/pull.hpp>
#include <cairn/db/transact.hpp>
#include <cairn/edn/edn.hpp>
#include <cairn/error/error.hpp>
#include <cairn/store/any_connection.hpp>
#include <cairn/store/backend_list.hpp>
#include <cairn/store/store.hpp>

#ifdef CAIRN_ENGINE
#include <cairn/engine.hpp>
#endif
