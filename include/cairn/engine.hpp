// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The engine compiled once a program, where each unit would compile it again.
#pragma once

#include <cairn/backends/file/backend.hpp>
#include <cairn/backends/mem/backend.hpp>
#include <cairn/db/engine.hpp>
#include <cairn/store/store.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Cairn is templates, so that each unit of a program compiles what it uses of the engine. A program of several units compiles
/// in less time when they link the CMake target `cairn::engine`, a static library that is built from the headers with the
/// program's own flags. Linking it defines `CAIRN_ENGINE`, by which the headers declare `extern template` what is in it:
/// queries at run time, transactions, pull, and the stores `mem` and `file`. Without it this header declares nothing. What the library has no
/// instance of (another backend; another index, with `cairn/any_index.hpp`) is compiled where it is used, as without it.
///
/// Without CMake: define `CAIRN_ENGINE` for all units, and compile one that does not, with `#define CAIRN_ENGINE_TEMPLATE
/// template` before each of `cairn/db/engine.hpp`, `cairn/query/engine.hpp` and `cairn/engine.hpp`, which take the macro back.
#if defined(CAIRN_ENGINE) && !defined(CAIRN_ENGINE_TEMPLATE)
#define CAIRN_ENGINE_TEMPLATE extern template
#endif
#ifdef CAIRN_ENGINE_TEMPLATE

namespace cairn {

CAIRN_ENGINE_TEMPLATE CommitId CommitId::random<>();
CAIRN_ENGINE_TEMPLATE std::string to_text<>(CommitId const&);
CAIRN_ENGINE_TEMPLATE std::optional<CommitId> commit_id_of<>(std::string_view);

CAIRN_ENGINE_TEMPLATE std::vector<std::byte> codec::write_frame<>(std::span<std::pair<CommitId, TxRecord const*> const>);
CAIRN_ENGINE_TEMPLATE std::vector<codec::TailTransaction> codec::read_frame<>(std::span<std::byte const>);
CAIRN_ENGINE_TEMPLATE void codec::write_indexes(ByteWriter&, Indexes<persistent_set_tag> const&, NodeSink const&, FlushReceipt&);
CAIRN_ENGINE_TEMPLATE std::vector<std::byte> codec::write_state(std::vector<CommitId>&, std::span<CommitParent const>,
                                                                Snapshot<persistent_set_tag> const&, NodeSink const&, FlushReceipt&, bool);
CAIRN_ENGINE_TEMPLATE Checkpoint<persistent_set_tag> codec::read_state(std::span<std::byte const>,
                                                                       std::shared_ptr<NodeSource const> const&, DatabaseOptions);
CAIRN_ENGINE_TEMPLATE class Branch<backends::mem::Backend, persistent_set_tag>;
CAIRN_ENGINE_TEMPLATE class Branch<backends::file::Backend, persistent_set_tag>;
CAIRN_ENGINE_TEMPLATE class Session<backends::mem::Backend, persistent_set_tag>;
CAIRN_ENGINE_TEMPLATE class Session<backends::file::Backend, persistent_set_tag>;
CAIRN_ENGINE_TEMPLATE class GroupCommit<backends::mem::Backend, persistent_set_tag>;
CAIRN_ENGINE_TEMPLATE class GroupCommit<backends::file::Backend, persistent_set_tag>;
CAIRN_ENGINE_TEMPLATE class Connection<backends::mem::Backend>;
CAIRN_ENGINE_TEMPLATE class Connection<backends::file::Backend>;
CAIRN_ENGINE_TEMPLATE struct detail::StoreOperations<backends::mem::Backend, persistent_set_tag>;
CAIRN_ENGINE_TEMPLATE struct detail::StoreOperations<backends::file::Backend, persistent_set_tag>;

}  // namespace cairn

#undef CAIRN_ENGINE_TEMPLATE
#endif
