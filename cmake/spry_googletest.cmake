# SPDX-License-Identifier: Apache-2.0
# GTest::gmock_main for the compiler at hand: Debian's package where its ABI fits (libstdc++ and
# glibc), else compiled here from the same package's sources, so that what ships is what is tested.
# Where the package is not installed there is no such target, and no test: a user who only builds a
# function needs none. ./dev test sees to it that there is.
if(NOT CMAKE_CXX_COMPILER MATCHES "zig")
    find_package(GTest QUIET)
elseif(EXISTS /usr/src/googletest)
    set(INSTALL_GTEST OFF)
    add_subdirectory(/usr/src/googletest "${PROJECT_BINARY_DIR}/googletest" EXCLUDE_FROM_ALL SYSTEM)
    foreach(library gtest gtest_main gmock gmock_main)
        target_compile_options(${library} PRIVATE -w)
        set_target_properties(${library} PROPERTIES COMPILE_WARNING_AS_ERROR OFF)
        if(NOT TARGET GTest::${library})
            add_library(GTest::${library} ALIAS ${library})
        endif()
    endforeach()
endif()
if(NOT TARGET GTest::gmock_main)
    message(STATUS "GoogleTest is not installed: the tests are left out")
endif()
