# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# The whole suite of a backend, yours or ours.
#
# cairn_test_backend(NAME <name> HEADER <header> TYPE <type> CONFIG <code> [SERVICE <script> [KILL_SERVICE]] [LIBRARIES <target>...]
#                    [CHECKS <check>...])
#
# is cairn_check_backend, and a program of Catch2 tests, `test_backend_<name>`: the laws of a blob store; a database on the backend
# beside one in memory; writing threads; and, where the backend's `capabilities` claim them, processes that are fenced against each
# other, that write at once, that follow a writer, and that are killed. A claim that is not true fails, but for those that
# cairn/concepts/capabilities.hpp excepts. Needs Catch2 3 (find_package(Catch2 3)).
#
# Besides it is a program that measures, `bench_backend_<name>`, which is built when it is asked for and prints rows of JSON: commits,
# opening and reading, beside `mem` and `file` in the same run.
#
# HEADER is what users include. CONFIG is code that makes a Config of a store that is not there yet; it may use `directory`, a
# std::filesystem::path of an empty directory, and `name`, a std::string of letters and digits that no other test has, of this run or
# of others:
#
#     cairn_test_backend(NAME sqlite HEADER cairn/backends/sqlite/backend.hpp TYPE cairn::backends::sqlite::Backend
#                        CONFIG "{.path = directory / \"store.sqlite\"}" LIBRARIES cairn::sqlite)
#
# SERVICE is the script of a server that the tests need (cairn_test_service). CONFIG may then use `service("host")` and
# `service<int>("port")`, what the script wrote as `host=...` and `port=...`:
#
#     cairn_test_backend(NAME postgres HEADER cairn/backends/postgres/backend.hpp TYPE cairn::backends::postgres::Backend
#                        CONFIG "{.host = service(\"host\"), .port = service<int>(\"port\"), .table_prefix = name}"
#                        SERVICE services/postgres LIBRARIES cairn::postgres)
#
# KILL_SERVICE says that the script also knows `kill DIR`, which ends the server with SIGKILL, and `restart DIR`, which starts it again on
# the same data and ports. The suite of a durable backend then starts a server of its own and does both.
include("${CMAKE_CURRENT_LIST_DIR}/CairnCheckBackend.cmake")

# cairn_test_service(<script> <fixture's variable> <directory's variable>)
# Registers the tests `service.<stem>.start`, which runs `<script> start DIR`, and `service.<stem>.stop`, which runs `<script> stop DIR`.
# ctest runs them around every test that has the property FIXTURES_REQUIRED of that fixture, whatever tests were asked for, once however
# many there are. `start` returns when the server answers, and has then written DIR/service, lines of `key=value`; where it runs
# already, it does nothing.
function(cairn_test_service script fixture_variable directory_variable)
  cmake_path(ABSOLUTE_PATH script NORMALIZE)
  if(NOT EXISTS "${script}")
    message(FATAL_ERROR "cairn_test_service: there is no ${script}")
  endif()
  cmake_path(GET script STEM LAST_ONLY stem)
  set(directory "${CMAKE_BINARY_DIR}/services/${stem}")
  get_property(known GLOBAL PROPERTY "cairn_test_service_${stem}")
  if(NOT known)
    set_property(GLOBAL PROPERTY "cairn_test_service_${stem}" "${script}")
    add_test(NAME service.${stem}.start COMMAND "${script}" start "${directory}")
    add_test(NAME service.${stem}.stop COMMAND "${script}" stop "${directory}")
    set_tests_properties(service.${stem}.start PROPERTIES FIXTURES_SETUP service_${stem})
    set_tests_properties(service.${stem}.stop PROPERTIES FIXTURES_CLEANUP service_${stem})
    set_tests_properties(service.${stem}.start service.${stem}.stop PROPERTIES LABELS services TIMEOUT 300)
  elseif(NOT known STREQUAL script)
    message(FATAL_ERROR "cairn_test_service: ${script} and ${known} have the same name")
  endif()
  set(${fixture_variable} service_${stem} PARENT_SCOPE)
  set(${directory_variable} "${directory}" PARENT_SCOPE)
endfunction()

function(cairn_test_backend)
  cmake_parse_arguments(PARSE_ARGV 0 arg "KILL_SERVICE" "NAME;HEADER;TYPE;CONFIG;SERVICE" "LIBRARIES;CHECKS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "cairn_test_backend: unknown arguments '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  foreach(required IN ITEMS NAME HEADER TYPE CONFIG)
    if(NOT arg_${required})
      message(FATAL_ERROR "cairn_test_backend: ${required} is missing")
    endif()
  endforeach()
  if(arg_KILL_SERVICE AND NOT arg_SERVICE)
    message(FATAL_ERROR "cairn_test_backend: KILL_SERVICE is of a SERVICE")
  endif()

  if(NOT TARGET Catch2::Catch2WithMain)
    message(FATAL_ERROR "cairn_test_backend: the suite is of Catch2 3; write find_package(Catch2 3 REQUIRED) before it")
  endif()
  if(NOT CMAKE_TESTING_ENABLED)
    message(WARNING "cairn_test_backend: ctest finds no test without enable_testing(), which has to be called before")
  endif()
  # Beside this file where Cairn is installed, in the tests where it is built.
  set(kit "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/kit")
  if(NOT EXISTS "${kit}")
    cmake_path(SET kit NORMALIZE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../tests")
  endif()

  # Of ours, one in a run is g++'s.
  set(compiler "")
  if(arg_NAME STREQUAL "sqlite")
    set(compiler gcc)
  endif()
  if(COMMAND cairn_tested_elsewhere)
    cairn_tested_elsewhere(elsewhere COMPILER "${compiler}")
    if(elsewhere)
      return()
    endif()
  endif()

  cairn_check_backend(NAME ${arg_NAME} HEADER ${arg_HEADER} TYPE ${arg_TYPE} LIBRARIES ${arg_LIBRARIES} CHECKS ${arg_CHECKS})

  set(target test_backend_${arg_NAME})
  set(source "${CMAKE_CURRENT_BINARY_DIR}/backend_${arg_NAME}.cpp")
  configure_file("${kit}/laws/backend_suite.cpp.in" "${source}" @ONLY)
  if(COMMAND cairn_add_test)
    # A sanitizer looks at the backends, and at the engine on two, with reads that copy and with reads that do not.
    set(sanitized SANITIZED long)
    if(arg_NAME MATCHES "^(mem|file)$")
      set(sanitized "")
    endif()
    cairn_add_test(NAME backend_${arg_NAME} SOURCES "${source}" LABELS backends LIBRARIES ${arg_LIBRARIES} SERVICE ${arg_SERVICE} TIMEOUT 900 ${sanitized} COMPILER "${compiler}")
    if(NOT TARGET ${target})
      return()
    endif()
    if(cairn_is_sanitized AND NOT (CAIRN_LONG_TESTS AND arg_NAME MATCHES "^(file|lmdb)$"))
      target_compile_definitions(${target} PRIVATE CAIRN_LAWS_OF_BLOBS_ONLY)
    endif()
    # Branches and dumps are a fourth of what a suite compiles, and nothing that a backend of ours does for them alone: two have them always,
    # one of a file and one of a server.
    if(NOT CAIRN_LONG_TESTS AND NOT arg_NAME MATCHES "^(sqlite|postgres)$")
      target_compile_definitions(${target} PRIVATE CAIRN_LAWS_IN_SHORT)
    endif()
  else()
    include(Catch)
    add_executable(${target} "${source}")
    target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}" "${kit}")
    target_link_libraries(${target} PRIVATE cairn::cairn Catch2::Catch2WithMain ${arg_LIBRARIES})
    set(needs_service "")
    if(arg_SERVICE)
      cairn_test_service("${arg_SERVICE}" fixture service_directory)
      set(needs_service FIXTURES_REQUIRED ${fixture})
      target_compile_definitions(${target} PRIVATE "CAIRN_TEST_SERVICE=\"${service_directory}\"")
    endif()
    target_compile_definitions(${target} PRIVATE CAIRN_SAYS_WHAT_IS_NOT_CLAIMED)
    catch_discover_tests(${target} TEST_PREFIX "backend_${arg_NAME}." PROPERTIES LABELS backends TIMEOUT 600 SKIP_RETURN_CODE 4 ${needs_service})
  endif()
  if(arg_KILL_SERVICE)
    cmake_path(ABSOLUTE_PATH arg_SERVICE NORMALIZE OUTPUT_VARIABLE script)
    target_compile_definitions(${target} PRIVATE "CAIRN_TEST_SERVICE_TO_KILL=\"${script}\"" "CAIRN_TEST_OWN_SERVICES=\"${CMAKE_BINARY_DIR}/services\"")
  endif()

  # What measures. The engine waits for a disk or a server; what more than -O1 adds is compile time.
  set(bench bench_backend_${arg_NAME})
  set(source "${CMAKE_CURRENT_BINARY_DIR}/${bench}.cpp")
  configure_file("${kit}/laws/backend_benchmark.cpp.in" "${source}" @ONLY)
  add_executable(${bench} EXCLUDE_FROM_ALL "${source}")
  target_include_directories(${bench} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}" "${kit}")
  if(NOT EXISTS "${kit}/benchmarks")
    target_include_directories(${bench} PRIVATE "${kit}/..")
  endif()
  target_link_libraries(${bench} PRIVATE cairn::cairn ${arg_LIBRARIES})
  if(COMMAND cairn_add_test)
    target_link_libraries(${bench} PRIVATE cairn_dev cairn::engine)
  endif()
  target_compile_options(${bench} PRIVATE -O1)
  if(arg_SERVICE)
    cairn_test_service("${arg_SERVICE}" fixture service_directory)
    target_compile_definitions(${bench} PRIVATE "CAIRN_TEST_SERVICE=\"${service_directory}\"")
  endif()
endfunction()
