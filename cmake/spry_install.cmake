# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` copies, for find_package(spry). Read last: it installs what the layers and
# third_party have listed. A project that adds spry as a folder of its own installs nothing of it.
include(CMakePackageConfigHelpers)
include(cmake/spry_abi.cmake)

option(SPRY_INSTALL "Install spry's libraries, headers and CMake package" ${PROJECT_IS_TOP_LEVEL})
if(NOT SPRY_INSTALL)
    return()
endif()

spry_detect_abi(SPRY_ABI)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/spry")
get_property(targets GLOBAL PROPERTY SPRY_INSTALLED_TARGETS)
get_property(foreign_headers GLOBAL PROPERTY SPRY_INSTALLED_FOREIGN_HEADERS)
# What has to be built before anything can be installed.
add_custom_target(spry_installed DEPENDS ${targets})
install(TARGETS ${targets} EXPORT spry-targets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(FILES ${foreign_headers} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/spry/third_party")
install(EXPORT spry-targets NAMESPACE spry:: DESTINATION "${package_dir}")

configure_package_config_file(cmake/spry-config.cmake.in
    "${PROJECT_BINARY_DIR}/spry-config.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/spry-config-version.cmake"
    VERSION "${PROJECT_VERSION}" COMPATIBILITY SameMinorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/spry-config.cmake" "${PROJECT_BINARY_DIR}/spry-config-version.cmake"
    cmake/function.ld cmake/spry_abi.cmake cmake/spry_executable.cmake cmake/spry_image.cmake
    cmake/spry_strip.cmake cmake/spry_zip.cmake cmake/zig-toolchain.cmake
    DESTINATION "${package_dir}")
install(DIRECTORY cmake/spry_pack cmake/zig DESTINATION "${package_dir}" USE_SOURCE_PERMISSIONS)

# find_package(aws-lambda-runtime), for functions written for the blocking C++ runtime.
set(drop_in_dir "${CMAKE_INSTALL_LIBDIR}/cmake/aws-lambda-runtime")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/aws-lambda-runtime-config-version.cmake"
    VERSION "${PROJECT_VERSION}" COMPATIBILITY SameMajorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/aws-lambda-runtime-config-version.cmake"
    cmake/aws-lambda-runtime-config.cmake cmake/aws_lambda_package_target.cmake
    DESTINATION "${drop_in_dir}")
install(PROGRAMS cmake/aws_lambda_packager DESTINATION "${drop_in_dir}")

install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
get_property(licences GLOBAL PROPERTY SPRY_INSTALLED_LICENCES)
foreach(licence IN LISTS licences)
    string(REGEX MATCH "^([^=]+)=(.*)$" _ "${licence}")
    install(FILES "${CMAKE_MATCH_2}" DESTINATION "${CMAKE_INSTALL_DOCDIR}"
        RENAME "LICENSE.${CMAKE_MATCH_1}")
endforeach()
