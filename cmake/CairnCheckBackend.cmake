# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# The compile-time suite of a backend, yours or ours.
#
# cairn_check_backend(NAME <name> HEADER <header> TYPE <type> [LIBRARIES <target>...] [CHECKS concept|store...])
#
# registers tests that compile and run nothing:
#   check_backend.<name>.concept  the header stands on its own and may be included twice; the type is a cairn::StoreBackend, and what is
#                                 missing is said in words
#   check_backend.<name>.store    every member of cairn::Store and cairn::Connection on it compiles, its configuration's reader included;
#                                 a field that no configuration can be read into is named
# HEADER is a file, from the current source directory, or the way in which users include it. LIBRARIES are what its own
# library needs, as in target_link_libraries. The tests call the compiler of the build directly, with -fsyntax-only.
#
# `ctest -R check_backend` runs them; their label is compile_time.

function(cairn_check_backend)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;HEADER;TYPE" "LIBRARIES;CHECKS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "cairn_check_backend: unknown arguments '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  foreach(required IN ITEMS NAME HEADER TYPE)
    if(NOT arg_${required})
      message(FATAL_ERROR "cairn_check_backend: ${required} is missing")
    endif()
  endforeach()

  if(NOT arg_CHECKS)
    set(arg_CHECKS concept store)
  endif()

  cmake_path(ABSOLUTE_PATH arg_HEADER NORMALIZE OUTPUT_VARIABLE header)
  if(NOT EXISTS "${header}")
    set(header "${arg_HEADER}")
  endif()

  set(folder "${CMAKE_CURRENT_BINARY_DIR}/check_backend_${arg_NAME}")
  set(include_header "#include \"${header}\"\n")
  set(code_concept "${include_header}${include_header}#include <cairn/concepts/store_backend.hpp>\n
static_assert(cairn::check_store_backend<${arg_TYPE}>());
static_assert(cairn::StoreBackend<${arg_TYPE}>);\n")
  # The members of a Store are those of its base, which instantiating it does not instantiate.
  set(code_store "${include_header}#include <cairn/store/store.hpp>\n
static_assert(cairn::check_store_backend<${arg_TYPE}>());
template class cairn::Store<${arg_TYPE}>;
template struct cairn::detail::StoreOperations<${arg_TYPE}, ${arg_TYPE}::index_tag>;
template class cairn::Connection<${arg_TYPE}>;\n")

  # Never built: it is asked for what a compilation that uses these libraries needs.
  set(target "check_backend_${arg_NAME}")
  file(CONFIGURE OUTPUT "${folder}/empty.cpp" CONTENT "// Only there to be a source.\n" @ONLY)
  add_library(${target} OBJECT EXCLUDE_FROM_ALL "${folder}/empty.cpp")
  target_link_libraries(${target} PRIVATE cairn::cairn ${arg_LIBRARIES})
  set(directories "$<FILTER:$<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>,EXCLUDE,^/usr/include/?$>")
  set(definitions "$<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>")
  separate_arguments(flags NATIVE_COMMAND "${CMAKE_CXX_FLAGS}")

  foreach(check IN LISTS arg_CHECKS)
    set(source "${folder}/${check}.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT "${code_${check}}" @ONLY)
    add_test(
      NAME check_backend.${arg_NAME}.${check}
      COMMAND
        "${CMAKE_CXX_COMPILER}" ${flags} "$<FILTER:$<TARGET_PROPERTY:${target},COMPILE_OPTIONS>,EXCLUDE,^SHELL:>" -std=c++20 -fsyntax-only
        "-I${CMAKE_CURRENT_SOURCE_DIR}" "$<$<BOOL:${directories}>:-isystem$<JOIN:${directories},;-isystem>>"
        "$<$<BOOL:${definitions}>:-D$<JOIN:${definitions},;-D>>" "${source}"
      COMMAND_EXPAND_LISTS)
    set_tests_properties(check_backend.${arg_NAME}.${check} PROPERTIES LABELS compile_time TIMEOUT 300)
  endforeach()
endfunction()
