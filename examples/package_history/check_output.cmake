# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# Runs the program on the made-up machine and compares what it prints with fixture/expected.txt, times and sizes of files aside.
# cmake -D program=... -D store=... -D expected=... -P check_output.cmake

set(ENV{TZ} UTC)
execute_process(
  COMMAND "${program}" --fixture --store "${store}"
  RESULT_VARIABLE status
  OUTPUT_VARIABLE output
  ERROR_VARIABLE errors)
if(NOT status EQUAL 0 OR NOT errors STREQUAL "")
  message(FATAL_ERROR "The program ended with ${status} and said:\n${output}\n${errors}")
endif()

cmake_path(ABSOLUTE_PATH expected)
cmake_path(GET expected PARENT_PATH fixture)
string(REPLACE "${fixture}" "FIXTURE" output "${output}")
string(REPLACE "${store}" "STORE" output "${output}")
string(REGEX REPLACE " +[0-9.]+ m?s\n" "\n" output "${output}")
string(REGEX REPLACE "it has [0-9.]+ .iB" "it has SIZE" output "${output}")
string(REGEX REPLACE " +\n" "\n" output "${output}")
if(write)
  file(WRITE "${expected}" "${output}")
endif()
file(READ "${expected}" wanted)
if(NOT output STREQUAL wanted)
  message(FATAL_ERROR "The program printed:\n${output}\nand this is expected:\n${wanted}")
endif()
