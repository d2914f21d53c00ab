# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# The target `cairn_verify_headers`: every public header compiles when nothing was included before it.
#
# CMake's own verification (VERIFY_INTERFACE_HEADER_SETS) compiles each header by itself, to an object. This one asks for the
# syntax only, and leaves out a header that another one includes before anything else: it is compiled alone there. That
# saves two compilations of five. Which headers those are is read when CMake runs, as by scripts/test.

function(cairn_verify_headers)
  set(names "")
  set(verified_by_others "")
  foreach(header IN LISTS cairn_public_headers)
    string(REGEX REPLACE "^.*/(concepts|include|backends)/cairn/" "cairn/" name "${header}")
    list(APPEND names "${name}")
    # A macro that is defined before the include could change it, so that the first of all directives counts.
    file(STRINGS "${header}" directives REGEX "^[ \t]*#")
    list(FILTER directives EXCLUDE REGEX "#[ \t]*pragma[ \t]+once")
    list(POP_FRONT directives first)
    if(first MATCHES "^#include <(cairn/[^>]+)>")
      list(APPEND verified_by_others "${CMAKE_MATCH_1}")
    endif()
  endforeach()
  list(REMOVE_ITEM names ${verified_by_others})

  set(directories "$<TARGET_PROPERTY:cairn,INTERFACE_INCLUDE_DIRECTORIES>")
  set(directories "$<FILTER:${directories},EXCLUDE,^(/usr/include|${PROJECT_SOURCE_DIR}/.*)$>")
  separate_arguments(flags NATIVE_COMMAND "${CMAKE_CXX_FLAGS}")
  set(stamps "")
  foreach(name IN LISTS names)
    set(stamp "${PROJECT_BINARY_DIR}/verified/${name}.stamp")
    cmake_path(GET stamp PARENT_PATH folder)
    file(MAKE_DIRECTORY "${folder}")
    add_custom_command(
      OUTPUT "${stamp}"
      COMMAND
        "${CMAKE_CXX_COMPILER}" ${flags} -std=c++20 ${cairn_warnings} -I "${PROJECT_SOURCE_DIR}/concepts" -I
        "${PROJECT_SOURCE_DIR}/include" -I "${PROJECT_SOURCE_DIR}/backends"
        "$<$<BOOL:${directories}>:-isystem$<JOIN:${directories},;-isystem>>" -fsyntax-only -MD -MF "${stamp}.d" -MT
        "${stamp}" -include "${name}" -x c++ /dev/null
      COMMAND "${CMAKE_COMMAND}" -E touch "${stamp}"
      DEPFILE "${stamp}.d"
      COMMENT "Compiling ${name} alone"
      COMMAND_EXPAND_LISTS VERBATIM)
    list(APPEND stamps "${stamp}")
  endforeach()
  add_custom_target(cairn_verify_headers DEPENDS ${stamps})
endfunction()

cairn_verify_headers()
