// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The backends that a benchmark was built with: CMake's cairn_benchmark_backends.
#pragma once

#include <cairn/backends/file/backend.hpp>
#include <cairn/backends/mem/backend.hpp>
#if CAIRN_BENCHMARK_HAS_LMDB
#include <cairn/backends/lmdb/backend.hpp>
#endif
#if CAIRN_BENCHMARK_HAS_MYSQL
#include <cairn/backends/mysql/backend.hpp>
#endif
#if CAIRN_BENCHMARK_HAS_POSTGRES
#include <cairn/backends/postgres/backend.hpp>
#endif
#if CAIRN_BENCHMARK_HAS_RADOS
#include <cairn/backends/rados/backend.hpp>
#endif
#if CAIRN_BENCHMARK_HAS_REDIS
#include <cairn/backends/redis/backend.hpp>
#endif
#if CAIRN_BENCHMARK_HAS_ROCKSDB
#include <cairn/backends/rocksdb/backend.hpp>
#endif
#if CAIRN_BENCHMARK_HAS_S3
#include <cairn/backends/s3/backend.hpp>
#endif
#if CAIRN_BENCHMARK_HAS_SQLITE
#include <cairn/backends/sqlite/backend.hpp>
#endif
#include <cairn/store/backend_list.hpp>

namespace cairn::benchmarks {

using Backends = BackendList<backends::mem::Backend
#if !CAIRN_BENCHMARK_ONLY_MEM
                             ,
                             backends::file::Backend
#endif
#if CAIRN_BENCHMARK_HAS_SQLITE
                             ,
                             backends::sqlite::Backend
#endif
#if CAIRN_BENCHMARK_HAS_LMDB
                             ,
                             backends::lmdb::Backend
#endif
#if CAIRN_BENCHMARK_HAS_ROCKSDB
                             ,
                             backends::rocksdb::Backend
#endif
#if CAIRN_BENCHMARK_HAS_REDIS
                             ,
                             backends::redis::Backend
#endif
#if CAIRN_BENCHMARK_HAS_POSTGRES
                             ,
                             backends::postgres::Backend
#endif
#if CAIRN_BENCHMARK_HAS_MYSQL
                             ,
                             backends::mysql::Backend
#endif
#if CAIRN_BENCHMARK_HAS_S3
                             ,
                             backends::s3::Backend
#endif
#if CAIRN_BENCHMARK_HAS_RADOS
                             ,
                             backends::rados::Backend
#endif
                             >;

}  // namespace cairn::benchmarks
