# SPDX-License-Identifier: Apache-2.0
# Static musl binaries for Lambda, compiled by zig. The same flags everywhere, in CMake's own
# probes too: zig keeps one compiled C library for each set.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

set(CMAKE_C_COMPILER "${CMAKE_CURRENT_LIST_DIR}/zig/cc")
set(CMAKE_CXX_COMPILER "${CMAKE_CURRENT_LIST_DIR}/zig/c++")
set(CMAKE_AR "${CMAKE_CURRENT_LIST_DIR}/zig/ar")
set(CMAKE_RANLIB "${CMAKE_CURRENT_LIST_DIR}/zig/ranlib")
foreach(language C CXX) # for link-time optimisation, where CMake would take a system's llvm-ar
    set(CMAKE_${language}_COMPILER_AR "${CMAKE_AR}")
    set(CMAKE_${language}_COMPILER_RANLIB "${CMAKE_RANLIB}")
endforeach()

# Lambda's x86 fleet has AVX2; PCLMUL is what simdjson's haswell code needs beyond x86-64-v3.
set(spry_zig_flags
    "-target x86_64-linux-musl -mcpu=x86_64_v3+pclmul -O2 -gline-tables-only -ffunction-sections -fdata-sections")
set(CMAKE_C_FLAGS_INIT "${spry_zig_flags}")
set(CMAKE_CXX_FLAGS_INIT "${spry_zig_flags}")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -Wl,--gc-sections,--build-id=sha1")
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)

# Nothing of the build machine's own libraries fits a musl program.
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
