# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# The target `cairn_verify_headers`: every public header compiles when nothing was included before it.
#
# CMake's own verification (VERIFY_INTERFACE_HEADER_SETS) compiles each header by itself, to an object. verify_headers.py asks for
# the syntax only, and needs a compilation for four headers or so. It wants Python.

function(cairn_verify_headers)
  find_package(Python3 COMPONENTS Interpreter)
  if(NOT Python3_FOUND)
    return()
  endif()
  list(JOIN cairn_public_headers "\n" lines)
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/verified/headers.txt" CONTENT "${lines}\n" @ONLY)
  set(directories "$<TARGET_PROPERTY:cairn,INTERFACE_INCLUDE_DIRECTORIES>")
  set(directories "$<FILTER:${directories},EXCLUDE,^(/usr/include|${PROJECT_SOURCE_DIR}/.*)$>")
  separate_arguments(flags NATIVE_COMMAND "${CMAKE_CXX_FLAGS}")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND flags ${cairn_gxx_memory})
  endif()
  add_custom_target(
    cairn_verify_headers
    COMMAND
      Python3::Interpreter "${PROJECT_SOURCE_DIR}/cmake/verify_headers.py" --headers "${PROJECT_BINARY_DIR}/verified/headers.txt" --stamps
      "${PROJECT_BINARY_DIR}/verified/stamps" -- "${CMAKE_CXX_COMPILER}" ${flags} -std=c++20 ${cairn_warnings} -I
      "${PROJECT_SOURCE_DIR}/concepts" -I "${PROJECT_SOURCE_DIR}/include" -I "${PROJECT_SOURCE_DIR}/backends"
      "$<$<BOOL:${directories}>:-isystem$<JOIN:${directories},;-isystem>>"
    COMMENT "Compiling every header alone"
    COMMAND_EXPAND_LISTS VERBATIM USES_TERMINAL)
endfunction()

cairn_verify_headers()
