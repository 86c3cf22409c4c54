# SPDX-License-Identifier: Apache-2.0
# spry_third_party_library(<name> LICENCE <file> SOURCES <file>...
#     INCLUDE PUBLIC|PRIVATE <folder>...
#     [HEADERS <file>...])
#
# Declares spry_<name> (alias spry::<name>), a static library of foreign code. INCLUDE PRIVATE means
# that the headers are for the one layer that links it and are not installed; HEADERS (of the first
# INCLUDE folder) are installed below spry/third_party, out of the way of a system's own copy.
function(spry_third_party_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "LICENCE" "SOURCES;INCLUDE;HEADERS")
    set(target spry_${name})
    list(POP_FRONT arg_INCLUDE visibility)
    add_library(${target} STATIC ${arg_SOURCES})
    add_library(spry::${name} ALIAS ${target})
    target_include_directories(${target} SYSTEM PUBLIC "$<BUILD_INTERFACE:${arg_INCLUDE}>")
    if(visibility STREQUAL "PUBLIC")
        target_include_directories(${target} SYSTEM INTERFACE
            "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/spry/third_party>")
        list(GET arg_INCLUDE 0 folder)
        foreach(header IN LISTS arg_HEADERS)
            set_property(GLOBAL APPEND PROPERTY SPRY_INSTALLED_FOREIGN_HEADERS "${folder}/${header}")
        endforeach()
    endif()
    target_compile_options(${target} PRIVATE -w)
    set_target_properties(${target} PROPERTIES
        EXPORT_NAME ${name} C_STANDARD 11 COMPILE_WARNING_AS_ERROR OFF POSITION_INDEPENDENT_CODE OFF)
    set_property(GLOBAL APPEND PROPERTY SPRY_INSTALLED_TARGETS ${target})
    set_property(GLOBAL APPEND PROPERTY SPRY_INSTALLED_LICENCES "${name}=${arg_LICENCE}")
endfunction()
