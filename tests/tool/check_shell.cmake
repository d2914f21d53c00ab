# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# cmake -D command=... -D forms=... -D expected=... -P check_shell.cmake: the shell answers each form with the line that is
# expected, from a file and from a pipe, and exits with 1 since some fail.
cmake_minimum_required(VERSION 3.25)
file(READ "${expected}" expected_text)
execute_process(COMMAND "${command}" shell "${forms}" OUTPUT_VARIABLE from_file RESULT_VARIABLE file_status)
execute_process(COMMAND "${command}" shell INPUT_FILE "${forms}" OUTPUT_VARIABLE from_pipe RESULT_VARIABLE pipe_status)
foreach(way IN ITEMS file pipe)
  if(NOT "${${way}_status}" STREQUAL 1)
    message(FATAL_ERROR "from a ${way}: exit status ${${way}_status}, expected 1")
  endif()
  if(NOT "${from_${way}}" STREQUAL "${expected_text}")
    message(FATAL_ERROR "from a ${way}, the shell answered\n${from_${way}}\nexpected\n${expected_text}")
  endif()
endforeach()
