# SPDX-License-Identifier: Apache-2.0
# spry_layer(<layer>
#     [IN <layer>]                 its files, and their include path, are those of another layer
#     [SOURCES <file>...]          compiled into the static library spry_<layer>
#     [HEADERS <file>...]          public: installed, and compiled alone by header verification
#     [USER_HEADER <file>]         public under its bare name: <spry/<file>>
#     [LINK <target>...]           what users of this layer's headers need too
#     [PRIVATE_LINK <target>...])  what only this layer's sources need
#
# Declares the library spry_<layer> (alias spry::<layer>) of the folder it is called in. Everybody
# writes <spry/<layer>/<header>>: in the build tree through the symlink made here, from an
# installation through the header file set. A header that is not listed is private: reachable
# through the symlink while spry itself is built, never installed. A library without HEADERS is no
# layer of its own, but a choice of what to link.
function(spry_layer layer)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "IN;USER_HEADER" "SOURCES;HEADERS;LINK;PRIVATE_LINK")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "spry_layer(${layer}): unexpected ${arg_UNPARSED_ARGUMENTS}")
    endif()
    set(target spry_${layer})
    set(include_root "${PROJECT_BINARY_DIR}/include")
    file(MAKE_DIRECTORY "${include_root}/spry")
    set(folder ${layer})
    if(arg_IN)
        set(folder ${arg_IN})
    elseif(arg_HEADERS)
        file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${include_root}/spry/${layer}" SYMBOLIC)
    endif()
    list(TRANSFORM arg_HEADERS PREPEND "${include_root}/spry/${folder}/")
    if(arg_USER_HEADER)
        file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}/${arg_USER_HEADER}"
            "${include_root}/spry/${arg_USER_HEADER}" SYMBOLIC)
        list(APPEND arg_HEADERS "${include_root}/spry/${arg_USER_HEADER}")
    endif()

    if(arg_SOURCES)
        add_library(${target} STATIC ${arg_SOURCES})
        target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:spry_warnings> ${arg_PRIVATE_LINK})
        set(scope PUBLIC)
    else()
        add_library(${target} INTERFACE)
        set(scope INTERFACE)
    endif()
    add_library(spry::${layer} ALIAS ${target})
    target_sources(${target} ${scope}
        FILE_SET HEADERS BASE_DIRS "${include_root}" FILES ${arg_HEADERS})
    target_compile_features(${target} ${scope} cxx_std_20)
    target_link_libraries(${target} ${scope} ${arg_LINK})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${layer} VERIFY_INTERFACE_HEADER_SETS ON)
    set_property(GLOBAL APPEND PROPERTY SPRY_INSTALLED_TARGETS ${target})
endfunction()
