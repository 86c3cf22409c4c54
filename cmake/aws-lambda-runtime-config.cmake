# SPDX-License-Identifier: Apache-2.0
# find_package(aws-lambda-runtime) gives AWS::aws-lambda-runtime and
# aws_lambda_package_target(<target> [NO_LIBC]). It finds the spry that it was installed with.
include(CMakeFindDependencyMacro)
get_filename_component(spry_DIR "${CMAKE_CURRENT_LIST_DIR}/../spry" ABSOLUTE)
find_dependency(spry)
if(NOT TARGET AWS::aws-lambda-runtime)
    add_library(AWS::aws-lambda-runtime INTERFACE IMPORTED)
    set_target_properties(AWS::aws-lambda-runtime PROPERTIES
        INTERFACE_LINK_LIBRARIES spry::aws_lambda_runtime)
endif()
include("${CMAKE_CURRENT_LIST_DIR}/aws_lambda_package_target.cmake")
