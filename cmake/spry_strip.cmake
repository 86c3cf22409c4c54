# SPDX-License-Identifier: Apache-2.0
# spry_strip(<target>)
#
# After the link of a Release build, moves the symbols and line tables of the executable into
# <file>.debug beside it and strips <file>: the .debug stays at home and turns addresses of a
# report into lines, the small file is what is deployed. It is the same wherever it is built, its
# build id as well. Other configurations stay as they are;
# where none is named, which is seldom meant, a message says so.
# Needs objcopy for the target's processor (Debian: binutils, binutils-aarch64-linux-gnu or llvm);
# zig's own cannot do it. Without one the executable keeps everything and a message says so.
function(spry_strip target)
    if(NOT CMAKE_BUILD_TYPE MATCHES "^(Release|MinSizeRel)$")
        get_property(is_multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
        if(NOT CMAKE_BUILD_TYPE AND NOT is_multi_config)
            set(fate "be neither optimised nor stripped")
            if(CMAKE_CXX_FLAGS MATCHES "-O([1-3sz]|fast)") # as the zig toolchain's
                set(fate "not be stripped")
            endif()
            message(STATUS "${target} will ${fate}: CMAKE_BUILD_TYPE is empty, Release is what is deployed")
        endif()
        return()
    endif()
    # The system's own objcopy knows no other processor than the system's; llvm's knows them all.
    set(names llvm-objcopy llvm-objcopy-19)
    if(CMAKE_SYSTEM_PROCESSOR STREQUAL CMAKE_HOST_SYSTEM_PROCESSOR)
        list(PREPEND names objcopy)
    else()
        list(PREPEND names ${CMAKE_SYSTEM_PROCESSOR}-linux-gnu-objcopy)
    endif()
    find_program(SPRY_OBJCOPY NAMES ${names} NO_CMAKE_FIND_ROOT_PATH)
    mark_as_advanced(SPRY_OBJCOPY)
    if(NOT SPRY_OBJCOPY)
        message(STATUS "${target} will not be stripped: there is no objcopy for ${CMAKE_SYSTEM_PROCESSOR}")
        return()
    endif()
    add_custom_command(TARGET ${target} POST_BUILD
        COMMAND "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/spry_pack/strip" "${SPRY_OBJCOPY}" "$<TARGET_FILE:${target}>"
        VERBATIM)
endfunction()
