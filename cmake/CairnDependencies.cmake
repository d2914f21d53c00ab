# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# What `cairn::cairn` stands on. The installed package file repeats these as find_dependency calls.

if(POLICY CMP0167)
  cmake_policy(SET CMP0167 NEW) # Boost's own package file, not CMake's FindBoost
endif()
find_package(Boost 1.81 REQUIRED)
find_package(range-v3 REQUIRED)
find_package(Threads REQUIRED)
find_package(xxHash REQUIRED MODULE)
