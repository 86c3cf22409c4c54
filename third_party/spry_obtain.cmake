# SPDX-License-Identifier: Apache-2.0
# spry_obtain(<out_dir> <name> CRATE <crate-version> CRATE_PATHS <inside>=<upstream>... URL <archive>)
#
# Sets <out_dir> to a folder with the sources of <name>, laid out like the upstream archive. Only the
# files listed in files.sha256 are used, and each must have the hash listed there, whatever the
# origin. Tried in this order:
#   1. FETCHCONTENT_SOURCE_DIR_<NAME>: the user's own copy, taken as it is, unchecked
#   2. .deps/<name> of the project, where an earlier configure or ./dev setup has put it
#   3. the crate registry: `cargo fetch --locked`, where there is a cargo of 1.85 or newer
#   4. the upstream archive, by FetchContent
include(FetchContent)

# Below another project, the folder of our sources may be read-only and is not ours to fill.
if(PROJECT_IS_TOP_LEVEL OR EXISTS "${PROJECT_SOURCE_DIR}/.deps")
    set(SPRY_DEPS_DIR "${PROJECT_SOURCE_DIR}/.deps")
else()
    set(SPRY_DEPS_DIR "${PROJECT_BINARY_DIR}/deps")
endif()
set(SPRY_CARGO_VERSION_MIN 1.85)

# Reads the files listed for <name>: <out_files> relative paths, <out_hashes> their hashes.
function(spry_listed_files name out_files out_hashes)
    file(STRINGS "${CMAKE_CURRENT_SOURCE_DIR}/files.sha256" lines REGEX "  ${name}/")
    list(TRANSFORM lines REPLACE "^[0-9a-f]+  ${name}/" "" OUTPUT_VARIABLE files)
    list(TRANSFORM lines REPLACE "  .*$" "" OUTPUT_VARIABLE hashes)
    set(${out_files} ${files} PARENT_SCOPE)
    set(${out_hashes} ${hashes} PARENT_SCOPE)
endfunction()

# Sets <out> to the first listed file of <name> that is missing or different in <dir>, or to "".
function(spry_first_wrong_file name dir out)
    spry_listed_files(${name} files hashes)
    foreach(file expected IN ZIP_LISTS files hashes)
        set(actual "")
        if(EXISTS "${dir}/${file}")
            file(SHA256 "${dir}/${file}" actual)
        endif()
        if(NOT actual STREQUAL expected)
            set(${out} "${file}" PARENT_SCOPE)
            return()
        endif()
    endforeach()
    set(${out} "" PARENT_SCOPE)
endfunction()

# Fetches all four crates into <out_dir>, or sets it to "" and <out_why> to the reason.
function(spry_fetch_crates out_dir out_why)
    set(${out_dir} "" PARENT_SCOPE)
    find_program(SPRY_CARGO cargo NO_CMAKE_FIND_ROOT_PATH)
    mark_as_advanced(SPRY_CARGO)
    if(NOT SPRY_CARGO)
        set(${out_why} "no cargo" PARENT_SCOPE)
        return()
    endif()
    execute_process(COMMAND "${SPRY_CARGO}" --version OUTPUT_VARIABLE version ERROR_QUIET)
    if(NOT version MATCHES "^cargo ([0-9.]+)" OR CMAKE_MATCH_1 VERSION_LESS SPRY_CARGO_VERSION_MIN)
        set(${out_why} "cargo is older than ${SPRY_CARGO_VERSION_MIN}" PARENT_SCOPE)
        return()
    endif()
    # A home of its own: nothing of the user's is touched, and one folder holds what was fetched.
    # The target keeps crates for other systems out.
    execute_process(
        COMMAND "${CMAKE_COMMAND}" -E env "CARGO_HOME=${SPRY_DEPS_DIR}/cargo"
            "${SPRY_CARGO}" fetch --locked --target x86_64-unknown-linux-gnu
        WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
        RESULT_VARIABLE failed ERROR_VARIABLE output OUTPUT_QUIET)
    if(failed)
        set(${out_why} "cargo fetch failed:\n${output}" PARENT_SCOPE)
        return()
    endif()
    file(GLOB registry "${SPRY_DEPS_DIR}/cargo/registry/src/*")
    set(${out_dir} "${registry}" PARENT_SCOPE)
endfunction()

# Copies the listed files of <name> from its crate below <registry> to <dir>. Files of the licence
# lie beside the sources in the crate and at the top of the upstream archive.
function(spry_copy_from_crate name registry crate inside upstream dir)
    spry_listed_files(${name} files hashes)
    foreach(file IN LISTS files)
        string(REGEX REPLACE "^${upstream}/" "" below "${file}")
        get_filename_component(folder "${dir}/${file}" DIRECTORY)
        file(COPY "${registry}/${crate}/${inside}/${below}" DESTINATION "${folder}")
    endforeach()
endfunction()

function(spry_obtain out_dir name)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "CRATE;CRATE_PATHS;URL" "")
    string(TOUPPER ${name} upper)
    if(FETCHCONTENT_SOURCE_DIR_${upper})
        set(${out_dir} "${FETCHCONTENT_SOURCE_DIR_${upper}}" PARENT_SCOPE)
        return()
    endif()
    set(dir "${SPRY_DEPS_DIR}/${name}")
    set(${out_dir} "${dir}" PARENT_SCOPE)
    file(LOCK "${SPRY_DEPS_DIR}/lock" GUARD FUNCTION) # two presets may be configured at once
    spry_first_wrong_file(${name} "${dir}" wrong)
    if(NOT wrong)
        return()
    endif()

    spry_fetch_crates(registry why)
    if(registry)
        message(STATUS "${name}: ${arg_CRATE} from the crate registry")
        string(REGEX MATCH "^([^=]+)=(.+)$" _ "${arg_CRATE_PATHS}")
        spry_copy_from_crate(
            ${name} "${registry}" "${arg_CRATE}" "${CMAKE_MATCH_1}" "${CMAKE_MATCH_2}" "${dir}")
    else()
        message(STATUS "${name}: ${arg_URL} (${why})")
        # A stamp from before .deps was removed would stand for files that are gone.
        file(REMOVE_RECURSE "${PROJECT_BINARY_DIR}/deps-subbuild/${name}")
        FetchContent_Populate(${name} URL "${arg_URL}" SOURCE_DIR "${dir}"
            BINARY_DIR "${PROJECT_BINARY_DIR}/deps-build/${name}"
            SUBBUILD_DIR "${PROJECT_BINARY_DIR}/deps-subbuild/${name}" QUIET)
    endif()
    spry_first_wrong_file(${name} "${dir}" wrong)
    if(wrong)
        message(FATAL_ERROR "${name}: ${dir}/${wrong} is not the file listed in "
            "third_party/files.sha256 (obtained from ${arg_URL} or ${arg_CRATE})")
    endif()
endfunction()
