# SPDX-License-Identifier: Apache-2.0
# spry_zip(<target>)
#
# Adds the target <target>_zip, which writes <target>.zip into the current binary folder: the
# executable as `bootstrap`, mode 0755, for a function on an OS-only runtime. It has to be static;
# aws_lambda_package_target packs a dynamic one. Needs a shell, gzip and coreutils. The same
# executable gives the same bytes.
include("${CMAKE_CURRENT_LIST_DIR}/spry_executable.cmake")

function(spry_zip target)
    if(ARGN)
        message(FATAL_ERROR "spry_zip(${target}): unexpected ${ARGN}; it takes no options")
    endif()
    spry_expect_executable("spry_zip(${target})" "${target}")
    set(output "${CMAKE_CURRENT_BINARY_DIR}/${target}.zip")
    set(packer "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/spry_pack/zip")
    add_custom_command(OUTPUT "${output}"
        COMMAND "${packer}" "${output}" "${CMAKE_SYSTEM_PROCESSOR}" "$<TARGET_FILE:${target}>"
        DEPENDS ${target} "${packer}" "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/spry_pack/common.sh"
        COMMENT "Packing ${target} into a zip"
        VERBATIM)
    add_custom_target(${target}_zip DEPENDS "${output}")
endfunction()
