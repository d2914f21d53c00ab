# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# Runs a program bench_backend_<name> for a moment and makes a table of what it prints.
#   cmake -DPROGRAM=.. -DPYTHON=.. -DTABLE=<benchmarks/table.py> -DSCRATCH=<file> -P check_benchmark.cmake
execute_process(COMMAND "${PROGRAM}" 1 3 200 OUTPUT_FILE "${SCRATCH}" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${PYTHON}" "${TABLE}" "${SCRATCH}.json" machine=any -- "${SCRATCH}" OUTPUT_VARIABLE table COMMAND_ERROR_IS_FATAL ANY)
message("${table}")
foreach(what IN ITEMS "commits of 5 datoms on shelf" "opening and all of one entity on shelf" "datoms read by who has read nothing on shelf")
  foreach(peer IN ITEMS mem file)
    # Two figures that are not zero, and the ratio.
    if(NOT table MATCHES "\\| ${what} +\\| +[0-9.,e+]*[1-9][^|]* \\| +[0-9.,e+]*[1-9][^|]* \\| ${peer} +\\| +[0-9.]+ \\|")
      message(FATAL_ERROR "There is no row of \"${what}\" beside ${peer}.")
    endif()
  endforeach()
endforeach()
