# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# Finds MariaDB Connector/C, which brings no package file, and defines mariadb::mariadb.
find_path(MARIADB_INCLUDE_DIR mysql.h PATH_SUFFIXES mariadb)
find_library(MARIADB_LIBRARY mariadb)
mark_as_advanced(MARIADB_INCLUDE_DIR MARIADB_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MariaDB REQUIRED_VARS MARIADB_LIBRARY MARIADB_INCLUDE_DIR)

if(MariaDB_FOUND AND NOT TARGET mariadb::mariadb)
  add_library(mariadb::mariadb UNKNOWN IMPORTED)
  set_target_properties(mariadb::mariadb PROPERTIES IMPORTED_LOCATION "${MARIADB_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES
                                                                                         "${MARIADB_INCLUDE_DIR}")
endif()
