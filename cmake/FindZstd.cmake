# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# Finds zstd and defines zstd::zstd. Its package file is not in every system's package; that for pkg-config is.
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(zstd QUIET IMPORTED_TARGET GLOBAL libzstd)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Zstd REQUIRED_VARS zstd_FOUND VERSION_VAR zstd_VERSION)

if(Zstd_FOUND AND NOT TARGET zstd::zstd)
  add_library(zstd::zstd INTERFACE IMPORTED GLOBAL)
  target_link_libraries(zstd::zstd INTERFACE PkgConfig::zstd)
endif()
