# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# Finds libsodium, which brings a file for pkg-config, and defines sodium::sodium.
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(sodium QUIET IMPORTED_TARGET GLOBAL libsodium)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Sodium REQUIRED_VARS sodium_FOUND VERSION_VAR sodium_VERSION)

if(Sodium_FOUND AND NOT TARGET sodium::sodium)
  add_library(sodium::sodium INTERFACE IMPORTED GLOBAL)
  target_link_libraries(sodium::sodium INTERFACE PkgConfig::sodium)
endif()
