# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# Work on Cairn itself, never part of a build that uses it: warnings, default build type, language mode.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(CAIRN_SOURCE_CHECKS
       "Register the tests that don't depend on how this tree is compiled: floors, compile_fail, projects that use Cairn, fuzzers" ON)

# A compiler that nobody has tried yet has warnings that nobody has seen yet, and whoever only wants to build is not to pay for them.
set(tried_compiler OFF)
if((CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION MATCHES "^12\\.")
   OR (CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION MATCHES "^19\\."))
  set(tried_compiler ON)
endif()
option(CAIRN_WARNINGS_AS_ERRORS "Fail on a warning; the default is ON with the compilers that Cairn is developed with" ${tried_compiler})

set(cairn_warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion)
if(CAIRN_WARNINGS_AS_ERRORS)
  list(APPEND cairn_warnings -Werror)
endif()
add_library(cairn_dev INTERFACE)
target_compile_options(cairn_dev INTERFACE ${cairn_warnings})

# The tests are a hundred programs of many megabytes: mold links one in a tenth of the time, where it is there.
include(CheckLinkerFlag)
check_linker_flag(CXX -fuse-ld=mold cairn_has_mold)
if(cairn_has_mold)
  add_link_options(-fuse-ld=mold)
endif()

# One instance for tests, tools and examples. It is compiled once and runs in all of them.
target_link_libraries(cairn_engine PRIVATE cairn_dev)
set_target_properties(cairn_engine PROPERTIES CXX_EXTENSIONS OFF) # made before; in a program it is in the program's own language
set(CAIRN_ENGINE_OPTIMIZATION -O2 CACHE STRING "How far this tree's cairn::engine is optimised in a Release")
target_compile_options(cairn_engine PRIVATE $<$<CONFIG:Release>:${CAIRN_ENGINE_OPTIMIZATION}>)
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=")
  target_compile_options(cairn_engine PRIVATE -O1) # sanitized tests spend their time in it
endif()

option(CAIRN_COMPILE_TOGETHER "Compile the sources of a program as one unit, where each would compile the engine again" ON)

# cairn_compile_together(<target>)
# The engine is templates and inline functions: each unit that uses it compiles it anew, in more time than all of the unit's own
# code. A source stays alone with set_source_files_properties(<source> PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON).
function(cairn_compile_together target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${CAIRN_COMPILE_TOGETHER} UNITY_BUILD_BATCH_SIZE 0)
endfunction()

# g++ throws away what it no longer needs whenever its memory has grown to 128 MB, and again: a fifth of the time of a unit that needs
# 700 MB. Told to wait for a gigabyte, most never do it, and take 130 MB more.
set(cairn_gxx_memory --param=ggc-min-heapsize=1000000)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(${cairn_gxx_memory})
  target_compile_options(cairn_engine PRIVATE ${cairn_gxx_memory}) # made before
endif()

# ccache takes precompiled headers only from compilers that are told to make them comparable.
if(CMAKE_CXX_COMPILER_LAUNCHER MATCHES "ccache")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  else()
    add_compile_options(-Xclang -fno-pch-timestamp)
  endif()
endif()
