# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# Configures, builds and runs the program as a project of its own.
#   cmake -DMODE=package|subdirectory|unknown_component|new_backend -DSOURCE=.. -DBUILD=.. -DSCRATCH=.. -DCOMPILER=..
#         [-DREGEX=ON] [-DLONG=ON] [-DPYTHON=..] -P run_consumer.cmake

file(REMOVE_RECURSE "${SCRATCH}")
set(program "${CMAKE_CURRENT_LIST_DIR}/program")
set(configure "${CMAKE_COMMAND}" -G Ninja -S "${program}" -B "${SCRATCH}/build" "-DCMAKE_CXX_COMPILER=${COMPILER}")

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

if(MODE STREQUAL "subdirectory")
  # A later language than ours: the headers must not mind. What the program does is seen where it is built.
  run(${configure} "-DCAIRN_SOURCE=${SOURCE}" -DCMAKE_CXX_STANDARD=23 -DCONSUMER_CHECK_ONLY=ON)
  run("${CMAKE_COMMAND}" --build "${SCRATCH}/build")
  return()
else()
  run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${SCRATCH}/installed" --component cairn_development)
  file(GLOB_RECURSE package_files "${SCRATCH}/installed/*.cmake")
  if(NOT package_files)
    message(FATAL_ERROR "the installation has no package files")
  endif()
  foreach(package_file IN LISTS package_files)
    file(READ "${package_file}" text)
    foreach(base IN ITEMS concepts include backends)
      # Where a path begins: in the middle of one it may be a part of the installation's own, as /include/cairn/concepts.
      foreach(before IN ITEMS "\"" ";" " ")
        string(FIND "${text}" "${before}${SOURCE}/${base}" position)
        if(NOT position EQUAL -1)
          message(FATAL_ERROR "${package_file} names ${SOURCE}/${base}: it would not work on another machine")
        endif()
      endforeach()
    endforeach()
  endforeach()
  list(APPEND configure "-DCMAKE_PREFIX_PATH=${SCRATCH}/installed")
  if(MODE STREQUAL "unknown_component")
    execute_process(COMMAND ${configure} -DCONSUMER_COMPONENTS=nosuch RESULT_VARIABLE result
                    OUTPUT_VARIABLE output ERROR_VARIABLE output)
    string(REGEX REPLACE "[ \n]+" " " output "${output}")
    if(result EQUAL 0 OR NOT output MATCHES "'nosuch' is not part of this installation of cairn")
      message(FATAL_ERROR "asking for an unknown component gave ${result} and said: ${output}")
    endif()
    return()
  endif()
  if(MODE STREQUAL "new_backend")
    # What a stranger begins with compiles, and so does the suite out of the installation. Its laws of databases, and the program that
    # measures, take a compiler minutes.
    foreach(taken IN ITEMS int log sqlite tiered)
      execute_process(COMMAND "${CMAKE_COMMAND}" -E env "CXX=${COMPILER}" "${SOURCE}/scripts/new-backend" ${taken} "${SCRATCH}" RESULT_VARIABLE result
                      ERROR_VARIABLE output)
      if(result EQUAL 0 OR NOT output MATCHES "choose another name" OR EXISTS "${SCRATCH}/${taken}")
        message(FATAL_ERROR "a backend called ${taken} gave ${result} and said: ${output}")
      endif()
    endforeach()
    run("${SOURCE}/scripts/new-backend" my_place "${SCRATCH}")
    set(flags -DCAIRN_LAWS_OF_BLOBS_ONLY)
    set(targets test_backend_my_place)
    if(LONG)
      set(flags "")
      list(APPEND targets bench_backend_my_place)
    endif()
    run("${CMAKE_COMMAND}" -G Ninja -S "${SCRATCH}/my_place" -B "${SCRATCH}/build" "-DCMAKE_CXX_COMPILER=${COMPILER}"
        "-DCMAKE_PREFIX_PATH=${SCRATCH}/installed" "-DCMAKE_CXX_FLAGS=${flags}")
    run("${CMAKE_CTEST_COMMAND}" --test-dir "${SCRATCH}/build" --no-tests=error --output-on-failure -R "check_backend.*concept$")
    run("${CMAKE_COMMAND}" --build "${SCRATCH}/build" --target ${targets})
    execute_process(COMMAND "${CMAKE_CTEST_COMMAND}" --test-dir "${SCRATCH}/build" --output-on-failure -R "^backend_my_place[.]"
                    RESULT_VARIABLE result OUTPUT_VARIABLE output)
    if(result EQUAL 0 OR NOT output MATCHES "empty_store is not written yet" OR NOT output MATCHES "kill -9 [.]+[*]+Skipped")
      message(FATAL_ERROR "the suite of a backend of which nothing is written gave ${result} and said: ${output}")
    endif()

    # The guide goes from there to a backend that keeps the laws: what its words and blocks make of such a folder does. (Databases on the same backend are
    # in a suite of the tree's.)
    run("${PYTHON}" "${SOURCE}/tests/docs/follow_guide.py" "${SCRATCH}/guide")
    run("${CMAKE_COMMAND}" -G Ninja -S "${SCRATCH}/guide/shelf" -B "${SCRATCH}/guide/build" "-DCMAKE_CXX_COMPILER=${COMPILER}"
        "-DCMAKE_PREFIX_PATH=${SCRATCH}/installed" -DCMAKE_CXX_FLAGS=-DCAIRN_LAWS_OF_BLOBS_ONLY)
    run("${CMAKE_COMMAND}" --build "${SCRATCH}/guide/build" --target test_backend_shelf)
    run("${CMAKE_CTEST_COMMAND}" --test-dir "${SCRATCH}/guide/build" --no-tests=error --output-on-failure -R "^check_backend.shelf.concept$|^backend_shelf[.]")

    # So does a suite with a server of the stranger's own, which ctest starts and stops.
    file(WRITE "${SCRATCH}/my_place/my_server" "#!/bin/sh\nmkdir -p \"$2\" && echo \"did=$1\" >>\"$2/service\"\n")
    file(CHMOD "${SCRATCH}/my_place/my_server" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
    file(READ "${SCRATCH}/my_place/CMakeLists.txt" text)
    string(REGEX REPLACE "cairn_test_backend\\(" "cairn_test_backend(SERVICE my_server " text "${text}")
    file(WRITE "${SCRATCH}/my_place/CMakeLists.txt" "${text}")
    run("${CMAKE_COMMAND}" "${SCRATCH}/build")
    run("${CMAKE_CTEST_COMMAND}" --test-dir "${SCRATCH}/build" --no-tests=error --output-on-failure -R "^service[.]my_server[.]")
    file(READ "${SCRATCH}/build/services/my_server/service" text)
    if(NOT text STREQUAL "did=start\ndid=stop\n")
      message(FATAL_ERROR "the stranger's server was told: ${text}")
    endif()
    return()
  endif()
  if(REGEX)
    list(APPEND configure -DCONSUMER_REGEX=ON)
  endif()
  # Of two programs the shorter one is built and run, and the longer one compiles; a tree of another standard library runs that.
  set(check_only OFF)
  if(REGEX AND NOT LONG)
    set(check_only ON)
  endif()
  run(${configure} -DCONSUMER_CHECK_ONLY=${check_only})
endif()

run("${CMAKE_COMMAND}" --build "${SCRATCH}/build")
if(NOT check_only)
  run("${SCRATCH}/build/cairn_consumer_program")
endif()
if(REGEX)
  run("${SCRATCH}/build/cairn_consumer_regex")
endif()
