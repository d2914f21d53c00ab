# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# What `cmake --install` puts down: the headers, the package files for find_package(cairn), the license.
include(CMakePackageConfigHelpers)

set(cairn_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/cairn")

install(
  TARGETS cairn
  EXPORT cairn-targets
  FILE_SET HEADERS
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  COMPONENT cairn_development)
install(
  EXPORT cairn-targets
  NAMESPACE cairn::
  DESTINATION "${cairn_package_dir}"
  COMPONENT cairn_development)

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/cairn-config.cmake.in"
                              "${PROJECT_BINARY_DIR}/cairn-config.cmake" INSTALL_DESTINATION "${cairn_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/cairn-config-version.cmake" COMPATIBILITY SameMinorVersion
                                 ARCH_INDEPENDENT)
install(
  FILES "${PROJECT_BINARY_DIR}/cairn-config.cmake" "${PROJECT_BINARY_DIR}/cairn-config-version.cmake"
        "${PROJECT_SOURCE_DIR}/cmake/FindxxHash.cmake" "${PROJECT_SOURCE_DIR}/cmake/CairnEngine.cmake"
  DESTINATION "${cairn_package_dir}"
  COMPONENT cairn_development)
install(
  FILES "${PROJECT_SOURCE_DIR}/cmake/CairnCheckBackend.cmake" "${PROJECT_SOURCE_DIR}/cmake/CairnTestBackend.cmake"
  DESTINATION "${cairn_package_dir}"
  COMPONENT cairn_development)
install(
  DIRECTORY "${PROJECT_SOURCE_DIR}/tests/laws"
  DESTINATION "${cairn_package_dir}/kit"
  COMPONENT cairn_development
  FILES_MATCHING
  PATTERN "*.hpp"
  PATTERN "*.in"
  PATTERN "index_*" EXCLUDE)
install(
  FILES "${PROJECT_SOURCE_DIR}/benchmarks/run_time/people.hpp" "${PROJECT_SOURCE_DIR}/benchmarks/run_time/report.hpp"
  DESTINATION "${cairn_package_dir}/kit/benchmarks/run_time"
  COMPONENT cairn_development)
install(
  PROGRAMS "${PROJECT_SOURCE_DIR}/benchmarks/table.py"
  DESTINATION "${cairn_package_dir}/kit/benchmarks"
  COMPONENT cairn_development)
install(
  FILES "${PROJECT_SOURCE_DIR}/LICENSE"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}"
  COMPONENT cairn_development)
