# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# How tests are declared: cairn_add_test and cairn_add_fuzzer.
find_package(Catch2 3 REQUIRED)
include(Catch)

# One precompiled header for all tests. It holds what is slow to parse and rarely changes. Cairn's own headers are in it only
# where the tree is built whole and seldom: a change to one of them rebuilds every test.
option(CAIRN_PRECOMPILE_CAIRN "Put Cairn's own headers into the precompiled header of the tests" OFF)
set(cairn_precompiled_own "")
if(CAIRN_PRECOMPILE_CAIRN)
  set(cairn_precompiled_own <cairn/cairn.hpp> <cairn/backends/file/backend.hpp> <cairn/backends/mem/backend.hpp>)
endif()
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/tests/precompiled.cpp" CONTENT "// Only there to carry the precompiled header.\n")
# Tests are compiled more often than they are run, and checked by their assertions in every build type. What is optimised, and what
# the tests then spend their time in, is cairn::engine.
set(cairn_test_options $<$<CONFIG:Release>:-O0> -UNDEBUG)
# What tests compare with, and what they do most often, is where their own time goes, and a little optimisation makes it five times as fast. No precompiled header fits it then.
set(cairn_test_oracle_options $<$<CONFIG:Release>:-O1> -UNDEBUG)

# Of an inline function that several units have, the linker takes the first: the engine's, which is optimised (and the oracle's), where
# it comes before the test's, which is not. Where the engine has its assertions, that is: tests are checked by them.
set(cairn_engine_is_first ON)
if(APPLE OR (CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_CXX_FLAGS_RELEASE MATCHES "NDEBUG"))
  set(cairn_engine_is_first OFF)
endif()

# A tree of the address sanitizer compiles slowly and runs slowly. It always has what meets bytes from outside, and what has memory
# of its own; the rest is there with CAIRN_LONG_TESTS (SANITIZED long), or finds nothing there that other trees don't (SANITIZED never).
# What is all there, and counts as far there as elsewhere, need not be compiled for other trees of the same run (SANITIZED only).
#
# Nor need most of the rest be compiled by two compilers. clang++ takes a third of g++'s time for a suite, so that g++ has those in
# which it decides what is tested, and those that need what its tree alone has, as the command (COMPILER gcc, or both).
set(CAIRN_TESTED_ELSEWHERE "" CACHE STRING "The other trees of the same run, of gcc, clang and asan: what one of them is enough for is left out here")
set(cairn_tree gcc)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  set(cairn_tree clang)
endif()
set(cairn_is_sanitized OFF)
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=[a-z,]*address")
  set(cairn_is_sanitized ON)
  set(cairn_tree asan)
elseif(CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
  set(cairn_tree tsan)
endif()

# cairn_tested_elsewhere(<variable> [COMPILER gcc|clang|both] [SANITIZED long|never|only])
# Whether another tree of this run is enough for a test that is declared so.
function(cairn_tested_elsewhere variable)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "COMPILER;SANITIZED" "")
  set(enough clang)
  if(arg_SANITIZED STREQUAL "only" AND "asan" IN_LIST CAIRN_TESTED_ELSEWHERE)
    set(enough asan)
  elseif(arg_COMPILER)
    set(enough ${arg_COMPILER})
  endif()
  set(elsewhere OFF)
  if(cairn_tree MATCHES "^(gcc|clang)$" AND NOT enough STREQUAL cairn_tree AND enough IN_LIST CAIRN_TESTED_ELSEWHERE)
    set(elsewhere ON)
  endif()
  set(${variable} ${elsewhere} PARENT_SCOPE)
endfunction()

# A tree of the thread sanitizer has the test cases that have threads, and of a test that has such cases the sources in which they are.
set(cairn_test_spec "")
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
  set(cairn_test_spec TEST_SPEC "[threads]")
endif()

add_library(cairn_test_precompiled OBJECT "${PROJECT_BINARY_DIR}/tests/precompiled.cpp")
target_link_libraries(cairn_test_precompiled PRIVATE cairn::engine cairn_dev Catch2::Catch2WithMain)
target_compile_options(cairn_test_precompiled PRIVATE ${cairn_test_options})
target_precompile_headers(
  cairn_test_precompiled
  PRIVATE
  <algorithm>
  <array>
  <atomic>
  <charconv>
  <chrono>
  <compare>
  <condition_variable>
  <cstdint>
  <filesystem>
  <fstream>
  <functional>
  <map>
  <memory>
  <mutex>
  <numeric>
  <optional>
  <random>
  <ranges>
  <set>
  <shared_mutex>
  <source_location>
  <span>
  <sstream>
  <string>
  <string_view>
  <thread>
  <tuple>
  <unordered_map>
  <variant>
  <vector>
  <boost/hana.hpp>
  <boost/pfr.hpp>
  <catch2/catch_test_macros.hpp>
  <catch2/catch_tostring.hpp>
  <catch2/generators/catch_generators.hpp>
  <catch2/matchers/catch_matchers_string.hpp>
  ${cairn_precompiled_own})

# cairn_add_test(NAME <name> SOURCES <source>... LABELS <label>...
#                [LIBRARIES <target>...] [SERVICE <script>] [TIMEOUT <seconds>] [NO_PRECOMPILED]
#                [SANITIZED long|never|only] [COMPILER gcc|both] [RUN_SERIAL] [TOGETHER])
# An executable of Catch2 tests. Each TEST_CASE is one test of ctest, named "<name>.<test case>". Assertions are on in every
# build type. `cairn_tests_<label>` builds the executables of one label.
#
# TOGETHER, the sources are compiled as one unit (cairn_compile_together): no two may then give things of one namespace, the
# unnamed one included, the same name.
#
# SERVICE is the script of a server that the tests need (cairn_test_service); laws/service.hpp says where it is.
#
# TIMEOUT is 300 without it; with CAIRN_LONG_TESTS a test may take four times as long.
#
# SANITIZED says when it is in a tree of the address sanitizer: with CAIRN_LONG_TESTS only, or never. Without it, always; so it is with
# `only`, and then in no other tree of the same run. COMPILER says which of the other two it is in, where a run has both: clang's without
# it. CAIRN_TESTED_ELSEWHERE says which trees a run has.
#
# NO_PRECOMPILED is for a test whose LIBRARIES change how the compiler is called; a compiler refuses the shared header then.
function(cairn_add_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "NO_PRECOMPILED;RUN_SERIAL;TOGETHER" "NAME;TIMEOUT;SERVICE;SANITIZED;COMPILER" "SOURCES;LABELS;LIBRARIES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "cairn_add_test: unknown arguments '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  foreach(required IN ITEMS NAME SOURCES LABELS)
    if(NOT arg_${required})
      message(FATAL_ERROR "cairn_add_test: ${required} is missing")
    endif()
  endforeach()
  if(NOT "${arg_SANITIZED}" MATCHES "^(long|never|only|)$")
    message(FATAL_ERROR "cairn_add_test: SANITIZED is long, never or only, not '${arg_SANITIZED}'")
  endif()
  if(NOT "${arg_COMPILER}" MATCHES "^(gcc|both|)$")
    message(FATAL_ERROR "cairn_add_test: COMPILER is gcc or both, not '${arg_COMPILER}'")
  endif()
  if(cairn_is_sanitized AND (arg_SANITIZED STREQUAL "never" OR (arg_SANITIZED STREQUAL "long" AND NOT CAIRN_LONG_TESTS)))
    return()
  endif()
  cairn_tested_elsewhere(elsewhere COMPILER "${arg_COMPILER}" SANITIZED "${arg_SANITIZED}")
  if(elsewhere)
    return()
  endif()
  if(cairn_tree STREQUAL "tsan" AND "threads" IN_LIST arg_LABELS)
    set(with_threads "")
    foreach(source IN LISTS arg_SOURCES)
      file(STRINGS "${source}" found REGEX "\\[threads\\]" LIMIT_COUNT 1)
      if(found)
        list(APPEND with_threads "${source}")
      endif()
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
    endforeach()
    set(arg_SOURCES ${with_threads})
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(CAIRN_LONG_TESTS)
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 4")
  endif()

  set(target "test_${arg_NAME}")
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE cairn_dev Catch2::Catch2WithMain ${arg_LIBRARIES} cairn::engine)
  target_compile_options(${target} PRIVATE ${cairn_test_options})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  if(cairn_engine_is_first)
    set(first "$<TARGET_FILE:cairn_engine>")
    if("cairn_test_oracle" IN_LIST arg_LIBRARIES)
      string(APPEND first " $<TARGET_FILE:cairn_test_oracle>")
    endif()
    target_link_options(${target} PRIVATE "SHELL:-Wl,--whole-archive ${first} -Wl,--no-whole-archive")
  endif()
  if(cairn_is_sanitized AND NOT CAIRN_LONG_TESTS)
    target_compile_definitions(${target} PRIVATE CAIRN_TEST_IN_SHORT)
  endif()
  if(NOT arg_NO_PRECOMPILED)
    target_precompile_headers(${target} REUSE_FROM cairn_test_precompiled)
  endif()
  if(arg_TOGETHER)
    cairn_compile_together(${target})
  endif()
  set(needs_service "")
  if(arg_SERVICE)
    cairn_test_service("${arg_SERVICE}" fixture service_directory)
    set(needs_service FIXTURES_REQUIRED ${fixture})
    target_compile_definitions(${target} PRIVATE "CAIRN_TEST_SERVICE=\"${service_directory}\"")
  endif()
  list(GET arg_LABELS 0 first_label)
  # By what it says: Catch's exit code of a test that skips is, before 3.7.1, also that of four failed assertions.
  catch_discover_tests(${target} TEST_PREFIX "${arg_NAME}." TEST_LIST ${target}_tests ${cairn_test_spec}
                       PROPERTIES LABELS ${first_label} TIMEOUT ${arg_TIMEOUT} RUN_SERIAL ${arg_RUN_SERIAL}
                                  SKIP_REGULAR_EXPRESSION "test cases: 1 . 1 skipped" ${needs_service})

  # catch_discover_tests has no way to pass a list of labels, so the whole list is set by a file that ctest reads after its
  # own. Names with brackets or semicolons don't survive the way there and keep the first label.
  set(properties_file "${CMAKE_CURRENT_BINARY_DIR}/${target}_properties.cmake")
  file(
    CONFIGURE
    OUTPUT "${properties_file}"
    CONTENT [[
foreach(test IN LISTS @target@_tests)
  set_tests_properties("${test}" PROPERTIES LABELS "@arg_LABELS@")
endforeach()
]]
    @ONLY)
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${properties_file}")

  foreach(label IN LISTS arg_LABELS)
    if(NOT TARGET cairn_tests_${label})
      add_custom_target(cairn_tests_${label})
    endif()
    add_dependencies(cairn_tests_${label} ${target})
  endforeach()
endfunction()

# cairn_add_fuzzer(NAME <name> SOURCES <source>... [LIBRARIES <name of -l>...] [SECONDS <seconds>])
# A libFuzzer target under the address and undefined-behaviour sanitizers, built with the newest clang++ whatever compiler
# builds the rest, and run as the test `fuzz.<name>` for SECONDS (30), or for the environment's CAIRN_FUZZ_SECONDS. It starts
# from the files of corpus/<name>/ beside the sources; what it finds stays in the build tree.
find_program(
  CAIRN_CLANGXX
  NAMES clang++-21 clang++-20 clang++-19 clang++-18 clang++-17 clang++-16 clang++
  DOC "The clang++ that builds the fuzzers")

function(cairn_add_fuzzer)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;SECONDS" "SOURCES;LIBRARIES")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_NAME OR NOT arg_SOURCES)
    message(FATAL_ERROR "cairn_add_fuzzer(NAME <name> SOURCES <source>... [SECONDS <seconds>])")
  endif()
  if(NOT CAIRN_CLANGXX)
    message(STATUS "No clang++ was found: the fuzzer ${arg_NAME} is left out")
    return()
  endif()
  if(NOT arg_SECONDS)
    set(arg_SECONDS 30)
  endif()

  set(include_flags -I "${PROJECT_SOURCE_DIR}/concepts" -I "${PROJECT_SOURCE_DIR}/include" -I "${PROJECT_SOURCE_DIR}/backends")
  foreach(library IN ITEMS Boost::headers range-v3::range-v3 xxHash::inline)
    get_target_property(directories ${library} INTERFACE_INCLUDE_DIRECTORIES)
    foreach(directory IN LISTS directories)
      if(NOT directory MATCHES "^(/usr/include|.*NOTFOUND)$")
        list(APPEND include_flags -isystem "${directory}")
      endif()
    endforeach()
  endforeach()

  set(objects "")
  foreach(source IN LISTS arg_SOURCES)
    cmake_path(ABSOLUTE_PATH source OUTPUT_VARIABLE source_path)
    cmake_path(GET source STEM stem)
    set(object "${CMAKE_CURRENT_BINARY_DIR}/${arg_NAME}_${stem}.o")
    add_custom_command(
      OUTPUT "${object}"
      COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} "${CAIRN_CLANGXX}" -std=c++20 -O1 -g1 -fno-omit-frame-pointer
              -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all ${cairn_warnings} ${include_flags} -MD -MF
              "${object}.d" -c "${source_path}" -o "${object}"
      DEPENDS "${source_path}"
      DEPFILE "${object}.d"
      COMMENT "Compiling the fuzzer ${arg_NAME} (${source})"
      COMMAND_EXPAND_LISTS VERBATIM)
    list(APPEND objects "${object}")
  endforeach()

  set(program "${CMAKE_CURRENT_BINARY_DIR}/fuzz_${arg_NAME}")
  list(TRANSFORM arg_LIBRARIES PREPEND -l OUTPUT_VARIABLE libraries)
  add_custom_command(
    OUTPUT "${program}"
    COMMAND "${CAIRN_CLANGXX}" -fsanitize=fuzzer,address,undefined ${objects} -o "${program}" -pthread ${libraries}
    DEPENDS ${objects}
    COMMENT "Linking the fuzzer ${arg_NAME}"
    COMMAND_EXPAND_LISTS VERBATIM)
  add_custom_target(cairn_fuzz_${arg_NAME} DEPENDS "${program}")
  if(NOT TARGET cairn_tests_fuzz)
    add_custom_target(cairn_tests_fuzz ALL)
  endif()
  add_dependencies(cairn_tests_fuzz cairn_fuzz_${arg_NAME})

  add_test(NAME fuzz.${arg_NAME}
           COMMAND sh "${PROJECT_SOURCE_DIR}/cmake/run_fuzzer.sh" "${program}" ${arg_SECONDS}
                   "${CMAKE_CURRENT_BINARY_DIR}/corpus/${arg_NAME}" "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${arg_NAME}")
  set_tests_properties(fuzz.${arg_NAME} PROPERTIES LABELS fuzz TIMEOUT 0)
endfunction()
