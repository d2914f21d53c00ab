# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# Tests of what must not compile, and of what the compiler says then.
#
# cairn_add_compile_fail_test(<source>...)
# registers, for each compiler found, a test that runs it on the source twice, with -fsyntax-only:
# - with SHOULD_FAIL defined it must fail with exactly the errors that the source expects, in lines of the form
#   `// EXPECT-ERROR: <regular expression of CMake>`. A `.` stands for the brackets and semicolons of a message.
#   The first must be within the first 25 lines of output, and none may take more than four lines;
# - without SHOULD_FAIL, which leaves everything else as it is, it must compile.
# A source that says `// EXPECT-ERROR-AMONG: <regular expression>` instead may have further errors, and the text may be in
# any line of the output: for errors in which a compiler puts no prose of ours.
# Nothing of it touches the build tree, so that the tests run beside each other.

if(CMAKE_SCRIPT_MODE_FILE)
  # cmake -D source=... -D compile=<command;flags> -P CairnCompileFail.cmake
  execute_process(
    COMMAND ${compile} "${source}"
    RESULT_VARIABLE status
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "The control half does not compile:\n${output}")
  endif()

  execute_process(
    COMMAND ${compile} -DSHOULD_FAIL "${source}"
    RESULT_VARIABLE status
    OUTPUT_VARIABLE raw_output
    ERROR_VARIABLE raw_output)
  if(status EQUAL 0)
    message(FATAL_ERROR "Compiles with SHOULD_FAIL, and should not.")
  endif()

  # Brackets and semicolons would join or split the elements of a list.
  function(to_lines variable text)
    string(REPLACE "[" "(" text "${text}")
    string(REPLACE "]" ")" text "${text}")
    string(REPLACE ";" "," text "${text}")
    string(REPLACE "\n" ";" text "${text}")
    set(${variable} "${text}" PARENT_SCOPE)
  endfunction()
  to_lines(lines "${raw_output}")
  file(READ "${source}" text)
  to_lines(source_lines "${text}")

  set(faults "")
  set(expected_count 0)
  set(others_are_expected FALSE)
  set(first_found 1000000)
  foreach(source_line IN LISTS source_lines)
    if(NOT source_line MATCHES "^// EXPECT-ERROR(-AMONG)?: (.+)$")
      continue()
    endif()
    set(expected "${CMAKE_MATCH_2}")
    if(CMAKE_MATCH_1)
      set(others_are_expected TRUE)
      set(where "")
    else()
      set(where "error: .*")
    endif()
    math(EXPR expected_count "${expected_count} + 1")
    set(number 0)
    set(found FALSE)
    foreach(line IN LISTS lines)
      math(EXPR number "${number} + 1")
      if(line MATCHES "${where}${expected}")
        set(found TRUE)
        if(number LESS first_found)
          set(first_found ${number})
        endif()
        break()
      endif()
    endforeach()
    if(NOT found)
      string(APPEND faults "No error says: ${expected}\n")
    endif()
  endforeach()
  if(expected_count EQUAL 0)
    string(APPEND faults "The source has no line '// EXPECT-ERROR: <regular expression>'.\n")
  elseif(first_found GREATER 25)
    string(APPEND faults "The first expected error is in line ${first_found} of the output.\n")
  endif()

  # How the compiler came to an instantiation is not a part of a message; everything else that follows an error is.
  set(error_count 0)
  set(length 0)
  foreach(line IN LISTS lines)
    if(line MATCHES "error: ")
      math(EXPR error_count "${error_count} + 1")
      set(length 1)
    elseif(line MATCHES "^In file included|^ +from |In instantiation of|required (from|by)|in instantiation of|expansion of"
           OR line MATCHES "^compilation terminated|errors? generated")
      set(length 0)
    elseif(length GREATER 0 AND NOT line STREQUAL "")
      math(EXPR length "${length} + 1")
      if(length EQUAL 5 AND NOT others_are_expected)
        string(APPEND faults "A message takes more than four lines, at: ${line}\n")
      endif()
    endif()
  endforeach()
  if(NOT others_are_expected AND NOT error_count EQUAL expected_count)
    string(APPEND faults "${error_count} errors, and ${expected_count} are expected.\n")
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
  foreach(source IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH source OUTPUT_VARIABLE source_path)
    cmake_path(GET source STEM stem)
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
      cmake_path(GET CAIRN_DIAGNOSTICS_${compiler} FILENAME compiler_name)
      set(name "compile_fail.${stem}.${compiler_name}")
      add_test(NAME ${name} COMMAND "${CMAKE_COMMAND}" "-Dsource=${source_path}" "-Dcompile=${compile}" -P
                                    "${cairn_compile_fail_script}")
      set_tests_properties(${name} PROPERTIES LABELS "compile_time;compile_fail" TIMEOUT 300)
    endforeach()
  endforeach()
endfunction()
