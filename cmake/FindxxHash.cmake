# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# Finds the header of xxHash, which Cairn uses inline (XXH_INLINE_ALL): nothing is linked.
#
# Defines the target `xxHash::inline` and xxHash_FOUND, xxHash_INCLUDE_DIR, xxHash_VERSION.

find_path(xxHash_INCLUDE_DIR NAMES xxhash.h DOC "The directory of xxhash.h")
mark_as_advanced(xxHash_INCLUDE_DIR)

if(xxHash_INCLUDE_DIR)
  file(STRINGS "${xxHash_INCLUDE_DIR}/xxhash.h" _xxhash_lines
       REGEX "^#define[ \t]+XXH_VERSION_(MAJOR|MINOR|RELEASE)[ \t]+[0-9]+")
  set(_xxhash_numbers "")
  foreach(_xxhash_line IN LISTS _xxhash_lines)
    string(REGEX MATCH "[0-9]+$" _xxhash_number "${_xxhash_line}")
    list(APPEND _xxhash_numbers "${_xxhash_number}")
  endforeach()
  list(JOIN _xxhash_numbers "." xxHash_VERSION)
  unset(_xxhash_lines)
  unset(_xxhash_numbers)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  xxHash
  REQUIRED_VARS xxHash_INCLUDE_DIR
  VERSION_VAR xxHash_VERSION
  REASON_FAILURE_MESSAGE "Install libxxhash-dev, or set xxHash_INCLUDE_DIR to the directory of xxhash.h.")

if(xxHash_FOUND AND NOT TARGET xxHash::inline)
  add_library(xxHash::inline INTERFACE IMPORTED)
  set_target_properties(
    xxHash::inline PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${xxHash_INCLUDE_DIR}")
endif()
