# SPDX-License-Identifier: Apache-2.0
# Static musl binaries for Lambda, compiled by zig. The same flags everywhere, in CMake's own
# probes too: zig keeps one compiled C library for each set. SPRY_ARCH chooses the processor: x86_64
# (default) or aarch64.
set(SPRY_ARCH x86_64 CACHE STRING "The processor to compile for: x86_64 or aarch64")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SPRY_ARCH)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${SPRY_ARCH})

# Said here, since CMake would only say that the compiler is broken. Looks where zig/zig looks.
get_property(spry_is_probe GLOBAL PROPERTY IN_TRY_COMPILE)
if(NOT spry_is_probe AND NOT EXISTS "${CMAKE_CURRENT_LIST_DIR}/../.deps/zig/bin/zig")
    find_program(spry_zig zig PATHS ENV PATH NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH NO_CACHE)
    if(NOT spry_zig)
        message(FATAL_ERROR "spry: there is no zig in PATH: put one there; ./dev setup installs one in .deps/zig/bin of spry's folder")
    endif()
    unset(spry_zig)
endif()

set(CMAKE_C_COMPILER "${CMAKE_CURRENT_LIST_DIR}/zig/cc")
set(CMAKE_CXX_COMPILER "${CMAKE_CURRENT_LIST_DIR}/zig/c++")
set(CMAKE_AR "${CMAKE_CURRENT_LIST_DIR}/zig/ar")
set(CMAKE_RANLIB "${CMAKE_CURRENT_LIST_DIR}/zig/ranlib")
foreach(language C CXX) # for link-time optimisation, where CMake would take a system's llvm-ar
    set(CMAKE_${language}_COMPILER_AR "${CMAKE_AR}")
    set(CMAKE_${language}_COMPILER_RANLIB "${CMAKE_RANLIB}")
endforeach()

# Lambda's x86 fleet has AVX2; PCLMUL is what simdjson's haswell code needs beyond x86-64-v3. Its arm
# fleet begins with Graviton2, a Neoverse N1.
if(SPRY_ARCH STREQUAL "x86_64")
    set(spry_zig_cpu x86_64_v3+pclmul)
elseif(SPRY_ARCH STREQUAL "aarch64")
    set(spry_zig_cpu neoverse_n1)
else()
    message(FATAL_ERROR "spry: SPRY_ARCH is ${SPRY_ARCH}; there are x86_64 and aarch64")
endif()
# zig keeps frame pointers at every level of optimisation. Nothing here walks them: a crash record and
# the frames of an error unwind by .eh_frame. Without, an invocation takes 400 of 6,760 instructions less.
set(spry_zig_flags
    "-target ${SPRY_ARCH}-linux-musl -mcpu=${spry_zig_cpu} -O2 -fomit-frame-pointer -gline-tables-only -ffunction-sections -fdata-sections")
set(CMAKE_C_FLAGS_INIT "${spry_zig_flags}")
set(CMAKE_CXX_FLAGS_INIT "${spry_zig_flags}")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -Wl,--gc-sections,--build-id=sha1")
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)

# Nothing of the build machine's own libraries fits a musl program.
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)

# Programs of the other processor run where qemu-user is (Debian: qemu-user), which has no io_uring.
if(NOT SPRY_ARCH STREQUAL CMAKE_HOST_SYSTEM_PROCESSOR)
    find_program(SPRY_QEMU qemu-${SPRY_ARCH})
    mark_as_advanced(SPRY_QEMU)
    if(SPRY_QEMU)
        set(CMAKE_CROSSCOMPILING_EMULATOR "${SPRY_QEMU}")
    endif()
endif()
