# SPDX-License-Identifier: Apache-2.0
# GTest::gmock_main for the compiler at hand: Debian's package where its ABI fits (libstdc++ and
# glibc), else compiled here from the same package's sources, so that what ships is what is tested.
if(CMAKE_CXX_COMPILER MATCHES "zig")
    set(CMAKE_COMPILE_WARNING_AS_ERROR OFF)
    set(INSTALL_GTEST OFF)
    add_subdirectory(/usr/src/googletest "${PROJECT_BINARY_DIR}/googletest" EXCLUDE_FROM_ALL SYSTEM)
    foreach(library gtest gtest_main gmock gmock_main)
        target_compile_options(${library} PRIVATE -w)
        if(NOT TARGET GTest::${library})
            add_library(GTest::${library} ALIAS ${library})
        endif()
    endforeach()
else()
    find_package(GTest REQUIRED)
endif()
include(GoogleTest)
