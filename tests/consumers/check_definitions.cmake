# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# cmake -D object=... -D nm=... -P check_definitions.cmake: a unit with all headers defines nothing that another one may not define,
# too, but for its own function.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND "${nm}" -C --defined-only "${object}" OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL " [ABCDGRST] [^\n]*" strong "${symbols}")
if(NOT strong STREQUAL " T second()")
  list(JOIN strong "\n " strong)
  message(FATAL_ERROR "besides second(), which it must define, the unit defines:\n ${strong}")
endif()
