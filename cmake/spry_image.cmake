# SPDX-License-Identifier: Apache-2.0
# spry_image(<target>
#     [NAME <name>] [TAG <tag>]           what the archive is loaded as; the target's name, latest
#     [ENTRYPOINT <path> [<argument>...]] where the executable lies and how it is started;
#                                         /var/runtime/bootstrap
#     [CMD <word>...]                     the handler, for an executable with several functions
#     [WORKDIR <path>]                    where it is started; /
#     [ENV <name>=<value>...] [LABELS <name>=<value>...]
#     [FILES <file> <path>...]            more files, each with its absolute path in the image
#     [CA_CERTIFICATES <file>]            a PEM bundle, for a function that calls others by HTTPS
#     [FORMAT oci|docker])                OCI, or Docker's image manifest v2 schema 2; oci
#
# Adds the target <target>_image, which writes into the current binary folder a container image of
# one layer and one architecture that Lambda accepts (contract section 6):
#     <target>.oci          an OCI layout (a folder), for skopeo copy oci:...
#     <target>.oci.tar      the same for podman load, docker load, skopeo's oci- and docker-archive
#     <target>.oci.digest   the manifest's digest
# Needs neither a container engine nor root: a shell, GNU tar, gzip, grep, coreutils and findutils. The executable has
# to be static. The same inputs give the same bytes; their date is SOURCE_DATE_EPOCH, or 1970.

include("${CMAKE_CURRENT_LIST_DIR}/spry_executable.cmake")

# A text as a JSON string.
function(spry_json_string out text)
    string(ASCII 1 first)
    string(ASCII 31 last)
    if(text MATCHES "[${first}-${last}]")
        message(FATAL_ERROR "spry_image: line breaks, tabs and other control characters cannot be in an image's settings: ${text}")
    endif()
    string(REPLACE "\\" "\\\\" text "${text}")
    string(REPLACE "\"" "\\\"" text "${text}")
    set(${out} "\"${text}\"" PARENT_SCOPE)
endfunction()

# The rest of the arguments as a JSON array of strings.
function(spry_json_strings out)
    set(array "")
    set(comma "")
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "WORDS")
    foreach(word IN LISTS arg_WORDS)
        spry_json_string(word "${word}")
        string(APPEND array "${comma}${word}")
        set(comma ",")
    endforeach()
    set(${out} "[${array}]" PARENT_SCOPE)
endfunction()

function(spry_image target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "NAME;TAG;WORKDIR;CA_CERTIFICATES;FORMAT"
        "ENTRYPOINT;CMD;ENV;LABELS;FILES")
    set(who "spry_image(${target})")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "${who}: unexpected ${arg_UNPARSED_ARGUMENTS}; the options are NAME, TAG, ENTRYPOINT, CMD, WORKDIR, ENV, LABELS, FILES, CA_CERTIFICATES and FORMAT")
    endif()
    if(arg_KEYWORDS_MISSING_VALUES)
        message(FATAL_ERROR "${who}: there is no value after ${arg_KEYWORDS_MISSING_VALUES}")
    endif()
    spry_expect_executable("${who}" "${target}")
    # A [ without its ] hides from CMake where the next value begins.
    foreach(number RANGE 1 ${ARGC})
        string(REGEX REPLACE "[^[]" "" opened "${ARGV${number}}")
        string(REGEX REPLACE "[^]]" "" closed "${ARGV${number}}")
        string(LENGTH "${opened}" opened)
        string(LENGTH "${closed}" closed)
        if(NOT opened EQUAL closed)
            message(FATAL_ERROR "${who}: ${ARGV${number}} has a [ or ] without its other half, which CMake's lists cannot hold; set it when the image is run")
        endif()
    endforeach()
    # Compared with nothing, since a value such as 0 or no is false.
    if("${arg_NAME}" STREQUAL "")
        string(TOLOWER "${target}" arg_NAME)
    endif()
    set(word "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*")
    if(NOT arg_NAME MATCHES "^(${word}(:[0-9]+)?/)?${word}(/${word})*$" OR arg_NAME MATCHES "^.$")
        message(FATAL_ERROR "${who}: NAME ${arg_NAME} is no image name: use two or more of a-z 0-9, with single . _ - / between them; a tag goes to TAG")
    endif()
    if("${arg_TAG}" STREQUAL "")
        set(arg_TAG latest)
    endif()
    string(LENGTH "${arg_TAG}" length)
    if(NOT arg_TAG MATCHES "^[A-Za-z0-9_][A-Za-z0-9_.-]*$" OR length GREATER 128)
        message(FATAL_ERROR "${who}: TAG ${arg_TAG} is no tag: use at most 128 of A-Z a-z 0-9 _ . -")
    endif()
    if("${arg_FORMAT}" STREQUAL "")
        set(arg_FORMAT oci)
    endif()
    if(NOT arg_FORMAT MATCHES "^(oci|docker)$")
        message(FATAL_ERROR "${who}: FORMAT ${arg_FORMAT} is not known; there are oci and docker")
    endif()
    if("${arg_ENTRYPOINT}" STREQUAL "")
        set(arg_ENTRYPOINT /var/runtime/bootstrap)
    endif()
    if("${arg_WORKDIR}" STREQUAL "")
        set(arg_WORKDIR /)
    endif()

    # The packer reads: what comes from where.
    list(GET arg_ENTRYPOINT 0 entry)
    set(paths "${entry}")
    set(placed "$<TARGET_FILE:${target}>" "${entry}")
    set(inputs "")
    if(arg_CA_CERTIFICATES)
        list(APPEND arg_FILES "${arg_CA_CERTIFICATES}" /etc/ssl/certs/ca-certificates.crt)
    endif()
    while(arg_FILES)
        list(POP_FRONT arg_FILES file path)
        if("${path}" STREQUAL "")
            message(FATAL_ERROR "${who}: FILES takes pairs, a file and its path in the image; ${file} has no path")
        endif()
        if("${file}${path}" MATCHES ";")
            message(FATAL_ERROR "${who}: there is a ; in ${file} ${path}, which CMake's lists cannot hold; choose another name")
        endif()
        cmake_path(ABSOLUTE_PATH file NORMALIZE)
        list(APPEND placed "${file}" "${path}")
        list(APPEND paths "${path}")
        list(APPEND inputs "${file}")
    endwhile()
    foreach(path IN LISTS placed ITEMS "${arg_WORKDIR}")
        if(path MATCHES "(^|/)\\.\\.?(/|$)")
            message(FATAL_ERROR "${who}: ${path} has . or .. in it; write the path in full")
        endif()
    endforeach()
    foreach(path IN LISTS paths)
        if(path MATCHES "^/tmp/")
            message(FATAL_ERROR "${who}: Lambda mounts a /tmp of its own, in which there is no ${path}; put it elsewhere")
        endif()
    endforeach()

    spry_json_strings(entrypoint WORDS ${arg_ENTRYPOINT})
    spry_json_string(workdir "${arg_WORKDIR}")
    set(config "{\"Entrypoint\":${entrypoint},\"WorkingDir\":${workdir}")
    if(NOT "${arg_CMD}" STREQUAL "")
        spry_json_strings(cmd WORDS ${arg_CMD})
        string(APPEND config ",\"Cmd\":${cmd}")
    endif()
    foreach(setting IN LISTS arg_ENV arg_LABELS)
        if(NOT setting MATCHES "^[^=]+=")
            message(FATAL_ERROR "${who}: ${setting} in ENV or LABELS is not of the form name=value")
        endif()
    endforeach()
    if(arg_ENV)
        spry_json_strings(env WORDS ${arg_ENV})
        string(APPEND config ",\"Env\":${env}")
    endif()
    if(arg_LABELS)
        set(labels "")
        set(comma "")
        foreach(label IN LISTS arg_LABELS)
            string(REGEX MATCH "^([^=]+)=(.*)$" _ "${label}")
            set(value "${CMAKE_MATCH_2}")
            spry_json_string(name "${CMAKE_MATCH_1}")
            spry_json_string(value "${value}")
            string(APPEND labels "${comma}${name}:${value}")
            set(comma ",")
        endforeach()
        string(APPEND config ",\"Labels\":{${labels}}")
    endif()
    string(APPEND config "}")

    set(output "${CMAKE_CURRENT_BINARY_DIR}/${target}.oci")
    set(settings "${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${target}_image.json")
    file(GENERATE OUTPUT "${settings}" CONTENT "${config}")
    set(packer "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/spry_pack/image")
    set_property(DIRECTORY APPEND PROPERTY ADDITIONAL_CLEAN_FILES "${output}")
    add_custom_command(OUTPUT "${output}.tar" "${output}.digest"
        COMMAND "${packer}" "${output}" "${CMAKE_SYSTEM_PROCESSOR}" "${arg_FORMAT}" "${arg_NAME}"
            "${arg_TAG}" "${settings}" "${arg_WORKDIR}" ${placed}
        DEPENDS ${target} ${inputs} "${settings}" "${packer}"
            "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/spry_pack/common.sh"
            "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/spry_pack/layout.sh"
        COMMENT "Packing ${target} into a container image"
        VERBATIM)
    add_custom_target(${target}_image DEPENDS "${output}.tar" "${output}.digest")
endfunction()
