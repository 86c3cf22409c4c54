# SPDX-License-Identifier: Apache-2.0
# The warnings our own code is written against. Linked privately and never installed: a user's
# flags are the user's business. Presets turn warnings into errors, this file does not.
add_library(spry_warnings INTERFACE)
target_compile_options(spry_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion
    # g++ would also forbid a parameter to be called like a field it initialises.
    $<IF:$<CXX_COMPILER_ID:GNU>,-Wshadow=local,-Wshadow>)
