# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# The target `cairn::cairn`: the framework with the backends that need no library, `mem` and `file`.

# Sets `variable` to the headers below `folders`. They are globbed because the library is its headers: one that is in the
# tree and not in the set would be missing from the installation only.
function(cairn_headers variable)
  set(headers "")
  foreach(folder IN LISTS ARGN)
    file(GLOB_RECURSE found CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*.hpp")
    list(APPEND headers ${found})
  endforeach()
  set(${variable} "${headers}" PARENT_SCOPE)
endfunction()

cairn_headers(cairn_public_headers concepts include backends/cairn/backends/common backends/cairn/backends/mem
              backends/cairn/backends/file)
list(REMOVE_ITEM cairn_public_headers "${PROJECT_SOURCE_DIR}/include/cairn/query/regex.hpp" # of cairn::regex
     "${PROJECT_SOURCE_DIR}/include/cairn/dump/gzip.hpp") # of cairn::gzip
set(cairn_compressed_headers ${cairn_public_headers})
list(FILTER cairn_compressed_headers INCLUDE REGEX "/layer/(compressed|zstd_codec)\\.hpp$")
set(cairn_encrypted_headers ${cairn_public_headers})
list(FILTER cairn_encrypted_headers INCLUDE REGEX "/layer/(encrypted|encrypted_[a-z]+|encryption_keys|sealed_box)\\.hpp$")
set(cairn_audited_headers ${cairn_public_headers})
list(FILTER cairn_audited_headers INCLUDE REGEX "/layer/(audited|audited_[a-z]+|audit_[a-z]+|encryption_keys)\\.hpp$")
list(REMOVE_ITEM cairn_public_headers ${cairn_compressed_headers} ${cairn_encrypted_headers} ${cairn_audited_headers})

add_library(cairn INTERFACE)
add_library(cairn::cairn ALIAS cairn)
target_sources(
  cairn
  INTERFACE FILE_SET
            HEADERS
            BASE_DIRS
            "${PROJECT_SOURCE_DIR}/concepts"
            "${PROJECT_SOURCE_DIR}/include"
            "${PROJECT_SOURCE_DIR}/backends"
            FILES
            ${cairn_public_headers})
target_compile_features(cairn INTERFACE cxx_std_20)
target_link_libraries(cairn INTERFACE Boost::headers range-v3::range-v3 xxHash::inline Threads::Threads)
