# SPDX-License-Identifier: Apache-2.0
# spry_detect_abi(<out>): what the C++ compiler at hand, with the flags at hand, compiles for, as
# "<processor>, <C library>, <C++ library>", for instance "x86_64, musl, libc++". Libraries of two
# kinds do not link with each other, or, worse, they do. Compiles one file, once per build folder.
function(spry_detect_abi out)
    if(NOT SPRY_DETECTED_ABI)
        set(probe "${CMAKE_BINARY_DIR}/CMakeFiles/spry_abi")
        file(WRITE "${probe}/abi.cpp" [[
            #include <version>
            #include <stdlib.h>
            #if defined(__x86_64__)
            #define PROCESSOR "x86_64"
            #elif defined(__aarch64__)
            #define PROCESSOR "aarch64"
            #else
            #define PROCESSOR "unknown processor"
            #endif
            #if defined(__GLIBC__)
            #define C_LIBRARY "glibc"
            #else
            #define C_LIBRARY "musl"
            #endif
            #if defined(_LIBCPP_VERSION)
            #define CXX_LIBRARY "libc++"
            #else
            #define CXX_LIBRARY "libstdc++"
            #endif
            extern const char spry_abi[];
            const char spry_abi[] = "spry-abi[" PROCESSOR ", " C_LIBRARY ", " CXX_LIBRARY "]";
        ]])
        set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
        set(CMAKE_INTERPROCEDURAL_OPTIMIZATION OFF)
        try_compile(compiled "${probe}/build" "${probe}/abi.cpp" CXX_STANDARD 20
            COPY_FILE "${probe}/libabi.a" OUTPUT_VARIABLE output)
        if(NOT compiled)
            message(FATAL_ERROR "spry: this C++ compiler cannot compile C++20:\n${output}")
        endif()
        file(STRINGS "${probe}/libabi.a" text REGEX "spry-abi\\[")
        string(REGEX REPLACE ".*spry-abi\\[([^]]*)\\].*" "\\1" text "${text}")
        set(SPRY_DETECTED_ABI "${text}" CACHE INTERNAL "what this build folder compiles for")
    endif()
    set(${out} "${SPRY_DETECTED_ABI}" PARENT_SCOPE)
endfunction()
