# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# Finds RocksDB and defines rocksdb::rocksdb. Its own package file wants all libraries that it was built with.
find_path(RocksDB_INCLUDE_DIR rocksdb/db.h)
find_library(RocksDB_LIBRARY rocksdb)
mark_as_advanced(RocksDB_INCLUDE_DIR RocksDB_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(RocksDB REQUIRED_VARS RocksDB_LIBRARY RocksDB_INCLUDE_DIR)

if(RocksDB_FOUND AND NOT TARGET rocksdb::rocksdb)
  add_library(rocksdb::rocksdb UNKNOWN IMPORTED)
  set_target_properties(rocksdb::rocksdb PROPERTIES IMPORTED_LOCATION "${RocksDB_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES
                                                                                "${RocksDB_INCLUDE_DIR}")
endif()
