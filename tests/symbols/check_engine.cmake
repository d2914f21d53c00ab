# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# cmake -D objects=... -D nm=... -P check_engine.cmake: units that link cairn::engine call what it has, and do not compile it
# again, as they would a function of its lists that became inline or has other parameters than there.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND "${nm}" -C --undefined-only ${objects} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
foreach(function IN ITEMS "cairn::query::ask<" "cairn::query::explain<" "cairn::transact<" "cairn::notation::parse<")
  if(NOT symbols MATCHES " U [^\n]*${function}")
    message(SEND_ERROR "${function}...> is not called from the engine: it is compiled again, or by nobody")
  endif()
endforeach()
