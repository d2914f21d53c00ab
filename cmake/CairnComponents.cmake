# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# The parts of Cairn that need a library: a target `cairn::<name>` each, where the library is found. Nobody else's build has them.

# cairn_add_component(NAME <name> DOC <what it gives> PACKAGE <package>... TARGET <imported target>... INSTALL <Debian's packages>
#                     BASE <folder> HEADERS <file>... [FINDER <file>])
# find_package(cairn COMPONENTS <name>) finds it again. FINDER is the module that finds the package, where CMake has none. A package may
# be "NAME VERSION", the oldest that will do.
# CAIRN_<NAME> is AUTO, which is where the package is found; ON says that it is missing, OFF does without. With
# CAIRN_ALL_COMPONENTS AUTO is ON: a package that is no longer found is not to take the tests of its component along without a word.
option(CAIRN_ALL_COMPONENTS "Fail where a component's package is not found" OFF)
function(cairn_add_component)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;DOC;INSTALL;BASE;FINDER" "PACKAGE;TARGET;HEADERS")
  string(TOUPPER "CAIRN_${arg_NAME}" switch)
  list(JOIN arg_PACKAGE ", " needed)
  set(${switch} AUTO CACHE STRING "Provide cairn::${arg_NAME}, ${arg_DOC}: AUTO where ${needed} is found, ON or OFF")
  set_property(CACHE ${switch} PROPERTY STRINGS AUTO ON OFF)
  if(NOT ${switch} AND NOT ${switch} STREQUAL "AUTO")
    return()
  endif()
  foreach(package IN LISTS arg_PACKAGE)
    separate_arguments(words UNIX_COMMAND "${package}")
    list(GET words 0 package_name)
    find_package(${words} MODULE QUIET)
    if(NOT ${package_name}_FOUND)
      if(${switch} STREQUAL "AUTO" AND NOT CAIRN_ALL_COMPONENTS)
        return()
      endif()
      message(FATAL_ERROR "${switch} needs ${needed} (Debian and Ubuntu: ${arg_INSTALL}). Install it, or set ${switch} to OFF")
    endif()
  endforeach()

  set(target cairn_${arg_NAME})
  add_library(${target} INTERFACE)
  add_library(cairn::${arg_NAME} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${arg_NAME})
  target_sources(${target} INTERFACE FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/${arg_BASE}" FILES ${arg_HEADERS})
  target_link_libraries(${target} INTERFACE cairn ${arg_TARGET})

  if(CAIRN_INSTALL)
    install(
      TARGETS ${target}
      EXPORT cairn-${arg_NAME}-targets
      FILE_SET HEADERS
      DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
      COMPONENT cairn_development)
    install(
      EXPORT cairn-${arg_NAME}-targets
      NAMESPACE cairn::
      DESTINATION "${cairn_package_dir}"
      COMPONENT cairn_development)
    set(component_file "${PROJECT_BINARY_DIR}/cairn-${arg_NAME}.cmake")
    configure_file("${PROJECT_SOURCE_DIR}/cmake/cairn-component.cmake.in" "${component_file}" @ONLY)
    set(finder "")
    if(arg_FINDER)
      set(finder "${PROJECT_SOURCE_DIR}/cmake/${arg_FINDER}")
    endif()
    install(
      FILES "${component_file}" ${finder}
      DESTINATION "${cairn_package_dir}"
      COMPONENT cairn_development)
  endif()
endfunction()

cairn_add_component(
  NAME regex
  DOC "regular expressions in queries"
  PACKAGE RE2
  TARGET re2::re2
  INSTALL libre2-dev
  FINDER FindRE2.cmake
  BASE include
  HEADERS "${PROJECT_SOURCE_DIR}/include/cairn/query/regex.hpp")

cairn_add_component(
  NAME gzip
  DOC "imports of what is compressed with gzip"
  PACKAGE ZLIB
  TARGET ZLIB::ZLIB
  INSTALL zlib1g-dev
  BASE include
  HEADERS "${PROJECT_SOURCE_DIR}/include/cairn/dump/gzip.hpp")

cairn_add_component(
  NAME compressed
  DOC "stores that are compressed"
  PACKAGE Zstd
  TARGET zstd::zstd
  INSTALL libzstd-dev
  FINDER FindZstd.cmake
  BASE include
  HEADERS ${cairn_compressed_headers})

cairn_add_component(
  NAME encrypted
  DOC "stores that are encrypted"
  PACKAGE Sodium
  TARGET sodium::sodium
  INSTALL libsodium-dev
  FINDER FindSodium.cmake
  BASE include
  HEADERS ${cairn_encrypted_headers})

cairn_add_component(
  NAME audited
  DOC "stores that are bound by hashes and signed"
  PACKAGE Sodium
  TARGET sodium::sodium
  INSTALL libsodium-dev
  FINDER FindSodium.cmake
  BASE include
  HEADERS ${cairn_audited_headers})

cairn_headers(cairn_sqlite_headers backends/cairn/backends/sqlite)
cairn_add_component(
  NAME sqlite
  DOC "stores in SQLite files"
  PACKAGE SQLite3
  TARGET SQLite::SQLite3
  INSTALL libsqlite3-dev
  BASE backends
  HEADERS ${cairn_sqlite_headers})

cairn_headers(cairn_lmdb_headers backends/cairn/backends/lmdb)
cairn_add_component(
  NAME lmdb
  DOC "stores in memory-mapped B-trees"
  PACKAGE LMDB
  TARGET lmdb::lmdb
  INSTALL liblmdb-dev
  FINDER FindLMDB.cmake
  BASE backends
  HEADERS ${cairn_lmdb_headers})

cairn_headers(cairn_rocksdb_headers backends/cairn/backends/rocksdb)
cairn_add_component(
  NAME rocksdb
  DOC "stores in log-structured merge trees"
  PACKAGE RocksDB
  TARGET rocksdb::rocksdb
  INSTALL librocksdb-dev
  FINDER FindRocksDB.cmake
  BASE backends
  HEADERS ${cairn_rocksdb_headers})

cairn_headers(cairn_redis_headers backends/cairn/backends/redis)
cairn_add_component(
  NAME redis
  DOC "stores on Redis servers and clusters"
  PACKAGE hiredis
  TARGET hiredis::hiredis
  INSTALL libhiredis-dev
  FINDER Findhiredis.cmake
  BASE backends
  HEADERS ${cairn_redis_headers})

cairn_headers(cairn_postgres_headers backends/cairn/backends/postgres)
cairn_add_component(
  NAME postgres
  DOC "stores in PostgreSQL databases"
  PACKAGE PostgreSQL
  TARGET PostgreSQL::PostgreSQL
  INSTALL libpq-dev
  BASE backends
  HEADERS ${cairn_postgres_headers})

cairn_headers(cairn_mysql_headers backends/cairn/backends/mysql)
cairn_add_component(
  NAME mysql
  DOC "stores in MySQL and MariaDB databases"
  PACKAGE MariaDB
  TARGET mariadb::mariadb
  INSTALL libmariadb-dev
  FINDER FindMariaDB.cmake
  BASE backends
  HEADERS ${cairn_mysql_headers})

cairn_headers(cairn_s3_headers backends/cairn/backends/s3)
cairn_add_component(
  NAME s3
  DOC "stores in buckets of S3 servers"
  PACKAGE "CURL 7.88" OpenSSL EXPAT
  TARGET CURL::libcurl OpenSSL::Crypto EXPAT::EXPAT
  INSTALL "libcurl4-openssl-dev libssl-dev libexpat1-dev"
  BASE backends
  HEADERS ${cairn_s3_headers})

cairn_headers(cairn_rados_headers backends/cairn/backends/rados)
cairn_add_component(
  NAME rados
  DOC "stores in pools of Ceph clusters"
  PACKAGE Rados
  TARGET rados::rados
  INSTALL librados-dev
  FINDER FindRados.cmake
  BASE backends
  HEADERS ${cairn_rados_headers})
