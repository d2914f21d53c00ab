# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# The component `cairn::regex`: cairn/query/regex.hpp, which gives queries regular expressions, and RE2, which it needs.
find_package(RE2 MODULE QUIET)
option(CAIRN_REGEX "Provide cairn::regex, regular expressions in queries (needs RE2)" ${RE2_FOUND})
if(NOT CAIRN_REGEX)
  return()
endif()
if(NOT RE2_FOUND)
  message(FATAL_ERROR "CAIRN_REGEX needs RE2 (Debian and Ubuntu: libre2-dev). Install it, or set CAIRN_REGEX to OFF")
endif()

add_library(cairn_regex INTERFACE)
add_library(cairn::regex ALIAS cairn_regex)
set_target_properties(cairn_regex PROPERTIES EXPORT_NAME regex)
target_sources(cairn_regex INTERFACE FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES
                                     "${PROJECT_SOURCE_DIR}/include/cairn/query/regex.hpp")
target_link_libraries(cairn_regex INTERFACE cairn re2::re2)

if(CAIRN_INSTALL)
  install(
    TARGETS cairn_regex
    EXPORT cairn-regex-targets
    FILE_SET HEADERS
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    COMPONENT cairn_development)
  install(
    EXPORT cairn-regex-targets
    NAMESPACE cairn::
    DESTINATION "${cairn_package_dir}"
    COMPONENT cairn_development)
  install(
    FILES "${PROJECT_SOURCE_DIR}/cmake/cairn-regex.cmake" "${PROJECT_SOURCE_DIR}/cmake/FindRE2.cmake"
    DESTINATION "${cairn_package_dir}"
    COMPONENT cairn_development)
endif()
