// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The backends that the command knows.
#pragma once

#if CAIRN_TOOL_HAS_HITCHHIKER_TREE
#include <cairn/any_index.hpp>
#endif
#include <cairn/backends/file/backend.hpp>
#include <cairn/backends/mem/backend.hpp>
#if CAIRN_TOOL_HAS_SQLITE
#include <cairn/backends/sqlite/backend.hpp>
#endif
#if CAIRN_TOOL_HAS_LMDB
#include <cairn/backends/lmdb/backend.hpp>
#endif
#if CAIRN_TOOL_HAS_ROCKSDB
#include <cairn/backends/rocksdb/backend.hpp>
#endif
#if CAIRN_TOOL_HAS_REDIS
#include <cairn/backends/redis/backend.hpp>
#endif
#if CAIRN_TOOL_HAS_POSTGRES
#include <cairn/backends/postgres/backend.hpp>
#endif
#if CAIRN_TOOL_HAS_MYSQL
#include <cairn/backends/mysql/backend.hpp>
#endif
#if CAIRN_TOOL_HAS_S3
#include <cairn/backends/s3/backend.hpp>
#endif
#if CAIRN_TOOL_HAS_RADOS
#include <cairn/backends/rados/backend.hpp>
#endif
#if CAIRN_TOOL_HAS_AUDITED
#include <cairn/layer/audited.hpp>
#endif
#include <cairn/cairn.hpp>

namespace cairn::tool {

// Those that need a library are there where it was found when the command was built.
using BuiltIn = BackendList<backends::mem::Backend, backends::file::Backend
#if CAIRN_TOOL_HAS_SQLITE
                             ,
                             backends::sqlite::Backend
#endif
#if CAIRN_TOOL_HAS_LMDB
                             ,
                             backends::lmdb::Backend
#endif
#if CAIRN_TOOL_HAS_ROCKSDB
                             ,
                             backends::rocksdb::Backend
#endif
#if CAIRN_TOOL_HAS_REDIS
                             ,
                             backends::redis::Backend
#endif
#if CAIRN_TOOL_HAS_POSTGRES
                             ,
                             backends::postgres::Backend
#endif
#if CAIRN_TOOL_HAS_MYSQL
                             ,
                             backends::mysql::Backend
#endif
#if CAIRN_TOOL_HAS_S3
                             ,
                             backends::s3::Backend
#endif
#if CAIRN_TOOL_HAS_RADOS
                             ,
                             backends::rados::Backend
#endif
#if CAIRN_TOOL_HAS_AUDITED
                             ,
                             Audited<backends::file::Backend>
#endif
                             >;

#if CAIRN_TOOL_HAS_HITCHHIKER_TREE
template <class List>
struct Indexed;
template <class... Backend>
struct Indexed<BackendList<Backend...>> {
  using type = BackendList<With<Backend, hitchhiker_tree_tag>...>;
};
using Backends = Indexed<BuiltIn>::type;  // the databases of one command are of one type
#else
using Backends = BuiltIn;
#endif
using Conn = AnyConnection<Backends>;
using Database = Conn::Database;
using Report = Conn::Report;
using Edn = notation::Value;

}  // namespace cairn::tool
