# SPDX-License-Identifier: Apache-2.0
# spry_compile_for_size(<target> [<source>...])
#
# Compiles a target, or only some of its sources, for size before speed in a Release build: what lies
# in every binary and never runs on Lambda, or only when something has failed.
function(spry_compile_for_size target)
    set(flags -Os)
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        # clang's -Os inlines too much. Its -Oz, which zig turns into -Os, inlines so little that the
        # unwind tables grow by what the code loses, since each function left has an entry there.
        # The emulator of an echo is 221 KB at -Os, 198 at -Oz, and least between them: 193 at 25.
        list(APPEND flags -Xclang -Oz -mllvm -inline-threshold=25)
    endif()
    set(options "$<$<CONFIG:Release>:${flags}>")
    if(ARGN)
        set_property(SOURCE ${ARGN} TARGET_DIRECTORY ${target} APPEND PROPERTY COMPILE_OPTIONS "${options}")
    else()
        target_compile_options(${target} PRIVATE "${options}")
    endif()
endfunction()
