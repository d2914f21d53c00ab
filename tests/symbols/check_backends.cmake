# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# cmake -D program=... -D control=... -D nm=... -P check_backends.cmake: a program has no symbol of a backend that is not in
# its list, though it includes the backend's header. The control has that backend in its list.
cmake_minimum_required(VERSION 3.25)
foreach(which IN ITEMS program control)
  execute_process(COMMAND "${nm}" -C "${${which}}" OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
  foreach(backend IN ITEMS mem file)
    string(REGEX MATCHALL "cairn::backends::${backend}::[^\n]*" ${which}_${backend} "${symbols}")
    list(LENGTH ${which}_${backend} ${which}_${backend}_count)
  endforeach()
endforeach()
if(program_file_count GREATER 0)
  list(JOIN program_file "\n  " found)
  message(FATAL_ERROR "symbols of a backend that is not in the list:\n  ${found}")
endif()
if(program_mem_count EQUAL 0 OR control_file_count EQUAL 0)
  message(FATAL_ERROR "no symbols of the backends that are in the lists, so this test looks at the wrong thing")
endif()
message(STATUS "${program_mem_count} symbols of mem, none of file; the control has ${control_file_count} of that")
