# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# Finds librados, which brings no package file, and defines rados::rados.
find_path(Rados_INCLUDE_DIR rados/librados.h)
find_library(Rados_LIBRARY rados)
mark_as_advanced(Rados_INCLUDE_DIR Rados_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Rados REQUIRED_VARS Rados_LIBRARY Rados_INCLUDE_DIR)

if(Rados_FOUND AND NOT TARGET rados::rados)
  add_library(rados::rados UNKNOWN IMPORTED)
  set_target_properties(rados::rados PROPERTIES IMPORTED_LOCATION "${Rados_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES
                                                                                "${Rados_INCLUDE_DIR}")
endif()
