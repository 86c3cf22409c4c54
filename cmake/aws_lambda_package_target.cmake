# SPDX-License-Identifier: Apache-2.0
# aws_lambda_package_target(<target> [NO_LIBC])
#
# Adds the target aws-lambda-package-<target>, which writes <target>.zip into the current binary
# folder, for a function on an OS-only runtime: `bootstrap` and what it needs. A static binary is
# the bootstrap itself. For a dynamic one the libraries that it loads lie beside it, the C library
# and its loader included; with NO_LIBC those are the system's. The same inputs give the same bytes.
# AWS_LAMBDA_PACKAGING_SCRIPT, where it is set, is run instead of our packager, which it has to be
# compatible with: [-d] OUTPUT BINARY, -d being NO_LIBC.
set(AWS_LAMBDA_PACKAGER "${CMAKE_CURRENT_LIST_DIR}/aws_lambda_packager" CACHE INTERNAL "")
function(aws_lambda_package_target target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "NO_LIBC" "" "")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "aws_lambda_package_target(${target}): unexpected ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT TARGET ${target})
        message(FATAL_ERROR "aws_lambda_package_target: there is no target ${target}")
    endif()
    find_program(AWS_LAMBDA_PYTHON python3 NO_CMAKE_FIND_ROOT_PATH)
    mark_as_advanced(AWS_LAMBDA_PYTHON)
    if(AWS_LAMBDA_PACKAGING_SCRIPT)
        set(packager "${AWS_LAMBDA_PACKAGING_SCRIPT}")
    elseif(AWS_LAMBDA_PYTHON)
        set(packager "${AWS_LAMBDA_PYTHON}" "${AWS_LAMBDA_PACKAGER}")
    else()
        add_custom_target(aws-lambda-package-${target}
            COMMAND "${CMAKE_COMMAND}" -E echo
                "aws_lambda_package_target: python3 is needed to write the zip (Debian: python3-minimal)"
            COMMAND "${CMAKE_COMMAND}" -E false
            VERBATIM)
        return()
    endif()
    set(options "")
    if(arg_NO_LIBC)
        set(options -d)
    endif()
    add_custom_target(aws-lambda-package-${target}
        COMMAND ${packager} ${options}
            "${CMAKE_CURRENT_BINARY_DIR}/${target}.zip" "$<TARGET_FILE:${target}>"
        DEPENDS ${target}
        COMMENT "Packaging ${target} for AWS Lambda"
        VERBATIM)
endfunction()
