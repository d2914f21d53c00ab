# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# find_package(cairn COMPONENTS regex): defines cairn::regex. Included by the package file.
list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")
find_package(RE2 MODULE QUIET)
list(POP_FRONT CMAKE_MODULE_PATH)
if(RE2_FOUND)
  include("${CMAKE_CURRENT_LIST_DIR}/cairn-regex-targets.cmake")
  set(cairn_regex_FOUND TRUE)
else()
  string(APPEND cairn_NOT_FOUND_MESSAGE "The component 'regex' needs RE2, which was not found. ")
endif()
