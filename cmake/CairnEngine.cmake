# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# The target `cairn::engine`: what the units of a program need of the engine, compiled once, with the program's own flags.
# `target_link_libraries(program PRIVATE cairn::engine)` is all; cairn/engine.hpp says what is in it. It is built when something
# links it. Also included by the package file.
if(TARGET cairn_engine)
  return()
endif()

# A list of templates each, so that several compilers work at once. A tree in which nobody asks at run time may do without `query`:
# who asks all the same does not link.
set(_cairn_engine_sources "")
set(_cairn_parts ${CAIRN_ENGINE_PARTS})
if(NOT _cairn_parts)
  set(_cairn_parts query db store)
endif()
foreach(_cairn_part IN LISTS _cairn_parts)
  set(_cairn_list "cairn/${_cairn_part}/engine.hpp")
  set(_cairn_known "#define CAIRN_ENGINE_TEMPLATE extern template\n#include <cairn/db/engine.hpp>\n")
  if(_cairn_part STREQUAL "db")
    set(_cairn_known "")
  elseif(_cairn_part STREQUAL "store")
    set(_cairn_list "cairn/engine.hpp")
  endif()
  set(_cairn_source "${CMAKE_BINARY_DIR}/cairn_engine/${_cairn_part}.cpp")
  file(CONFIGURE OUTPUT "${_cairn_source}"
       CONTENT "${_cairn_known}#define CAIRN_ENGINE_TEMPLATE template\n#include <${_cairn_list}>\n" @ONLY)
  list(APPEND _cairn_engine_sources "${_cairn_source}")
endforeach()

add_library(cairn_engine STATIC EXCLUDE_FROM_ALL ${_cairn_engine_sources})
add_library(cairn::engine ALIAS cairn_engine)
target_link_libraries(cairn_engine PUBLIC cairn::cairn)
target_compile_definitions(cairn_engine INTERFACE CAIRN_ENGINE=1)

unset(_cairn_engine_sources)
unset(_cairn_part)
unset(_cairn_parts)
unset(_cairn_list)
unset(_cairn_known)
unset(_cairn_source)
