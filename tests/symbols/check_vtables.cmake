# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# cmake -D program=... -D nm=... -P check_vtables.cmake: in a program over two backends nothing is virtual but the exception
# type and what the standard library brings.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND "${nm}" -C "${program}" OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "vtable for [^\n]*" vtables "${symbols}")
list(LENGTH vtables count)
set(others ${vtables})
list(FILTER others EXCLUDE REGEX "^vtable for (cairn::Error$|std::|__cxxabiv1::|__gnu_cxx::)")
if(others)
  list(JOIN others "\n  " others)
  message(FATAL_ERROR "virtual functions where there should be none:\n  ${others}")
endif()
if(NOT "vtable for cairn::Error" IN_LIST vtables)
  message(FATAL_ERROR "the program has no vtable of cairn::Error, so this test looks at the wrong thing (${count} vtables)")
endif()
message(STATUS "${count} vtables, all of the standard library but cairn::Error's")
