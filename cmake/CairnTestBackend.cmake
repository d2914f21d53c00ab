# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# The whole suite of a backend, yours or ours.
#
# cairn_test_backend(NAME <name> HEADER <header> TYPE <type> CONFIG <code> [LIBRARIES <target>...] [CHECKS <check>...])
#
# is cairn_check_backend, and a program of Catch2 tests, `test_backend_<name>`: the laws of a blob store; a database on the backend
# beside one in memory; writing threads; and, where the backend's `capabilities` claim them, processes that are fenced against each
# other and processes that are killed. A claim that is not true fails. Needs Catch2 3 (find_package(Catch2 3)).
#
# HEADER is what users include. CONFIG is code that makes a Config of a store that is not there yet; it may use `directory`, a
# std::filesystem::path of an empty directory, and `name`, a std::string that no other test of the program has:
#
#     cairn_test_backend(NAME sqlite HEADER cairn/backends/sqlite/backend.hpp TYPE cairn::backends::sqlite::Backend
#                        CONFIG "{.path = directory / \"store.sqlite\"}" LIBRARIES cairn::sqlite)
include("${CMAKE_CURRENT_LIST_DIR}/CairnCheckBackend.cmake")

function(cairn_test_backend)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;HEADER;TYPE;CONFIG" "LIBRARIES;CHECKS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "cairn_test_backend: unknown arguments '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  foreach(required IN ITEMS NAME HEADER TYPE CONFIG)
    if(NOT arg_${required})
      message(FATAL_ERROR "cairn_test_backend: ${required} is missing")
    endif()
  endforeach()

  # Beside this file where Cairn is installed, in the tests where it is built.
  set(kit "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/kit")
  if(NOT EXISTS "${kit}")
    cmake_path(SET kit NORMALIZE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../tests")
  endif()

  cairn_check_backend(NAME ${arg_NAME} HEADER ${arg_HEADER} TYPE ${arg_TYPE} LIBRARIES ${arg_LIBRARIES} CHECKS ${arg_CHECKS})

  set(source "${CMAKE_CURRENT_BINARY_DIR}/backend_${arg_NAME}.cpp")
  configure_file("${kit}/laws/backend_suite.cpp.in" "${source}" @ONLY)
  if(COMMAND cairn_add_test)
    cairn_add_test(NAME backend_${arg_NAME} SOURCES "${source}" LABELS backends LIBRARIES ${arg_LIBRARIES})
    return()
  endif()
  include(Catch)
  set(target test_backend_${arg_NAME})
  add_executable(${target} "${source}")
  target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}" "${kit}")
  target_link_libraries(${target} PRIVATE cairn::cairn Catch2::Catch2WithMain ${arg_LIBRARIES})
  catch_discover_tests(${target} TEST_PREFIX "backend_${arg_NAME}." PROPERTIES LABELS backends TIMEOUT 600)
endfunction()
