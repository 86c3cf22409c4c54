# SPDX-License-Identifier: Apache-2.0
# aws_lambda_package_target(<target> [NO_LIBC])
#
# Adds the target aws-lambda-package-<target>, which writes a zip, named after the executable, into
# the current binary folder, for a function on an OS-only runtime: `bootstrap` and what it needs. A
# static binary is the bootstrap itself. For a dynamic one the libraries that it loads lie beside it,
# the C library and its loader included; with NO_LIBC those are the system's. The same inputs give
# the same bytes. AWS_LAMBDA_PACKAGING_SCRIPT is what is run, with [-d] <executable>, -d being
# NO_LIBC: our packager, unless it was set before.
set(SPRY_AWS_LAMBDA_PACKAGER "${CMAKE_CURRENT_LIST_DIR}/aws_lambda_packager" CACHE INTERNAL "")
if(NOT DEFINED AWS_LAMBDA_PACKAGING_SCRIPT)
    set(AWS_LAMBDA_PACKAGING_SCRIPT "${SPRY_AWS_LAMBDA_PACKAGER}")
endif()

function(aws_lambda_package_target target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "NO_LIBC" "" "")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "aws_lambda_package_target(${target}): unexpected ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT TARGET ${target})
        message(FATAL_ERROR "aws_lambda_package_target: there is no target ${target}")
    endif()
    # Not set where spry is a folder of the project.
    set(packager "${SPRY_AWS_LAMBDA_PACKAGER}")
    if(AWS_LAMBDA_PACKAGING_SCRIPT)
        set(packager "${AWS_LAMBDA_PACKAGING_SCRIPT}")
    endif()
    if(packager STREQUAL SPRY_AWS_LAMBDA_PACKAGER)
        find_program(SPRY_PYTHON python3 NO_CMAKE_FIND_ROOT_PATH)
        mark_as_advanced(SPRY_PYTHON)
        if(NOT SPRY_PYTHON)
            add_custom_target(aws-lambda-package-${target}
                COMMAND "${CMAKE_COMMAND}" -E echo
                    "aws_lambda_package_target: python3 is needed to write the zip (Debian: python3-minimal)"
                COMMAND "${CMAKE_COMMAND}" -E false
                VERBATIM)
            return()
        endif()
        list(PREPEND packager "${SPRY_PYTHON}")
    endif()
    if(arg_NO_LIBC)
        list(APPEND packager -d)
    endif()
    add_custom_target(aws-lambda-package-${target}
        COMMAND ${packager} "$<TARGET_FILE:${target}>"
        WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}"
        DEPENDS ${target}
        COMMENT "Packaging ${target} for AWS Lambda"
        VERBATIM)
endfunction()
