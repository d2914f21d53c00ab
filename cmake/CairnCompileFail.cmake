# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# Tests of what must not compile, and of what the compiler says then.
#
# cairn_add_compile_fail_test(<source>...)
# cairn_add_compile_fail_test(TOGETHER <name> <source>...)
# registers, for each compiler found, a test that runs it on each source twice, with -fsyntax-only:
# - with SHOULD_FAIL defined it must fail with exactly the errors that the source expects, in lines of the form
#   `// EXPECT-ERROR: <regular expression of CMake>`. A `.` stands for the brackets and semicolons of a message.
#   The first must be within the first 25 lines of output, and none may take more than four lines;
# - without SHOULD_FAIL, which leaves everything else as it is, it must compile. One compiler is asked that: what another refuses
#   there it refuses in the first run as well, where no further error may be.
# A source that says `// EXPECT-ERROR-AMONG: <regular expression>` instead may have further errors, and the text may be in
# any line of the output: for errors in which a compiler puts no prose of ours.
#
# TOGETHER, the sources are one unit, each in a namespace of its own, and one test: most of the time goes into headers,
# which are then read once. Their includes come first. It is not for sources that specialise or instantiate templates of
# another namespace, nor for those with EXPECT-ERROR-AMONG.
# Nothing but that unit is written to the build tree, so that the tests run beside each other.

if(CMAKE_SCRIPT_MODE_FILE)
  # cmake -D sources=<source;...> -D unit=<file to write, or empty for one source> -D control=<ON|OFF> -D compile=<command;flags> -P ...
  # Brackets and semicolons would join or split the elements of a list.
  function(to_lines variable text)
    string(REPLACE "[" "(" text "${text}")
    string(REPLACE "]" ")" text "${text}")
    string(REPLACE ";" "," text "${text}")
    string(REPLACE "\n" ";" text "${text}")
    set(${variable} "${text}" PARENT_SCOPE)
  endfunction()

  set(expectations "")
  set(others_are_expected FALSE)
  set(includes "")
  set(bodies "")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM stem)
    string(APPEND bodies "namespace in_${stem} {\n#include \"${source}\"\n}\n")
    file(READ "${source}" text)
    to_lines(source_lines "${text}")
    set(count 0)
    foreach(line IN LISTS source_lines)
      if(line MATCHES "^#include ")
        list(APPEND includes "${line}")
      elseif(line MATCHES "^// EXPECT-ERROR(-AMONG)?: (.+)$")
        if(CMAKE_MATCH_1)
          set(others_are_expected TRUE)
        endif()
        # The longest first: what a short one matches too is left to it.
        string(LENGTH "${CMAKE_MATCH_2}" length)
        math(EXPR length "10000 - ${length}")
        list(APPEND expectations "${length}|${stem}|${CMAKE_MATCH_2}")
        math(EXPR count "${count} + 1")
      endif()
    endforeach()
    if(count EQUAL 0)
      message(FATAL_ERROR "${source} has no line '// EXPECT-ERROR: <regular expression>'.")
    endif()
  endforeach()
  list(SORT expectations)
  list(LENGTH expectations expected_count)
  if(unit)
    if(others_are_expected)
      message(FATAL_ERROR "A source with EXPECT-ERROR-AMONG is a test of its own.")
    endif()
    list(REMOVE_DUPLICATES includes)
    list(JOIN includes "\n" includes)
    file(WRITE "${unit}" "${includes}\n${bodies}")
  else()
    set(unit "${sources}")
  endif()

  if(control OR others_are_expected)
    execute_process(
      COMMAND ${compile} "${unit}"
      RESULT_VARIABLE status
      OUTPUT_VARIABLE output
      ERROR_VARIABLE output)
    if(NOT status EQUAL 0)
      message(FATAL_ERROR "The control half does not compile:\n${output}")
    endif()
  endif()

  execute_process(
    COMMAND ${compile} -DSHOULD_FAIL "${unit}"
    RESULT_VARIABLE status
    OUTPUT_VARIABLE raw_output
    ERROR_VARIABLE raw_output)
  if(status EQUAL 0)
    message(FATAL_ERROR "Compiles with SHOULD_FAIL, and should not.")
  endif()
  to_lines(lines "${raw_output}")

  # How the compiler came to an instantiation is not a part of a message; everything else that follows an error is.
  set(faults "")
  set(errors "")
  set(number 0)
  set(length 0)
  foreach(line IN LISTS lines)
    math(EXPR number "${number} + 1")
    if(line MATCHES "error: ")
      list(APPEND errors "${number}|${line}")
      set(length 1)
    elseif(others_are_expected)
      list(APPEND errors "${number}|${line}")
    elseif(line MATCHES "^In file included|^ +from |In instantiation of|required (from|by)|in instantiation of|expansion of"
           OR line MATCHES "^compilation terminated|errors? generated")
      set(length 0)
    elseif(length GREATER 0 AND NOT line STREQUAL "")
      math(EXPR length "${length} + 1")
      if(length EQUAL 5)
        string(APPEND faults "A message takes more than four lines, at: ${line}\n")
      endif()
    endif()
  endforeach()
  list(LENGTH errors error_count)
  if(NOT others_are_expected AND NOT error_count EQUAL expected_count)
    string(APPEND faults "${error_count} errors, and ${expected_count} are expected.\n")
  endif()

  # Each expectation has an error of its own.
  set(first_found 1000000)
  foreach(expectation IN LISTS expectations)
    string(REGEX REPLACE "^[0-9]+\\|[^|]*\\|" "" expected "${expectation}")
    set(found FALSE)
    foreach(error IN LISTS errors)
      if(error MATCHES "^([0-9]+)\\|.*${expected}")
        set(found TRUE)
        string(REGEX MATCH "^[0-9]+" number "${error}")
        if(number LESS first_found)
          set(first_found ${number})
        endif()
        list(REMOVE_ITEM errors "${error}")
        break()
      endif()
    endforeach()
    if(NOT found)
      string(REGEX REPLACE "^[0-9]+\\|([^|]*)\\|.*$" "\\1" stem "${expectation}")
      string(APPEND faults "${stem}: no error says: ${expected}\n")
    endif()
  endforeach()
  if(first_found GREATER 25 AND first_found LESS 1000000)
    string(APPEND faults "The first expected error is in line ${first_found} of the output.\n")
  endif()
  if(NOT others_are_expected)
    foreach(error IN LISTS errors)
      string(APPEND faults "Not expected: ${error}\n")
    endforeach()
  endif()

  if(faults)
    message(FATAL_ERROR "${faults}\nThe compiler's output:\n${raw_output}")
  endif()
  return()
endif()

find_program(CAIRN_DIAGNOSTICS_GXX NAMES g++ DOC "The g++ whose error messages are tested")
find_program(
  CAIRN_DIAGNOSTICS_CLANGXX
  NAMES clang++-19 clang++-20 clang++-21 clang++-18 clang++-17 clang++-16
  DOC "The clang++ (16 or later) whose error messages are tested")
set(cairn_compile_fail_script "${CMAKE_CURRENT_LIST_FILE}")

function(cairn_add_compile_fail_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "TOGETHER" "")
  set(sources "")
  foreach(source IN LISTS arg_UNPARSED_ARGUMENTS)
    cmake_path(ABSOLUTE_PATH source)
    list(APPEND sources "${source}")
  endforeach()
  if(NOT arg_TOGETHER)
    set(names "")
    foreach(source IN LISTS sources)
      cmake_path(GET source STEM stem)
      list(APPEND names ${stem})
    endforeach()
  else()
    set(names ${arg_TOGETHER})
    set(sources_of_${arg_TOGETHER} "${sources}")
  endif()

  foreach(name IN LISTS names)
    if(NOT arg_TOGETHER)
      list(POP_FRONT sources sources_of_${name})
    endif()
    foreach(compiler IN ITEMS GXX CLANGXX)
      if(NOT CAIRN_DIAGNOSTICS_${compiler})
        continue()
      endif()
      set(compile
          "${CAIRN_DIAGNOSTICS_${compiler}}"
          -std=c++20
          -fsyntax-only
          -fno-diagnostics-color
          ${cairn_warnings}
          -I${PROJECT_SOURCE_DIR}/concepts
          -I${PROJECT_SOURCE_DIR}/include
          -I${PROJECT_SOURCE_DIR}/backends
          -I${PROJECT_SOURCE_DIR}/tests)
      if(compiler STREQUAL "CLANGXX")
        list(APPEND compile -ferror-limit=0)
      else()
        list(APPEND compile ${cairn_gxx_memory})
      endif()
      cmake_path(GET CAIRN_DIAGNOSTICS_${compiler} FILENAME compiler_name)
      set(test "compile_fail.${name}.${compiler_name}")
      set(control ON)
      if(compiler STREQUAL "GXX" AND CAIRN_DIAGNOSTICS_CLANGXX)
        set(control OFF)
      endif()
      set(unit "")
      if(arg_TOGETHER)
        set(unit "${CMAKE_CURRENT_BINARY_DIR}/${name}.${compiler_name}.cpp")
      endif()
      add_test(NAME ${test} COMMAND "${CMAKE_COMMAND}" "-Dsources=${sources_of_${name}}" "-Dunit=${unit}" -Dcontrol=${control}
                                    "-Dcompile=${compile}" -P "${cairn_compile_fail_script}")
      set_tests_properties(${test} PROPERTIES LABELS "compile_time;compile_fail" TIMEOUT 300)
    endforeach()
  endforeach()
endfunction()
