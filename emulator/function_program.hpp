// SPDX-License-Identifier: Apache-2.0
// What the emulator runs as its function, and what that program finds in its environment.
#pragma once

#include <spry/io/address.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spry::emulator {

/// RIE's defaults (runtime contract 4.1, 7.2), so that what was written against it finds what it
/// expects.
struct function_program {
    std::string program;                  ///< a path
    std::vector<std::string> arguments;   ///< argv, with argv[0]
    std::vector<std::string> environment; ///< "NAME=value", from which the function's is made
    std::string name = "test_function";
    std::string version = "$LATEST";
    std::uint64_t memory_size_mib = 3008; ///< told, not enforced
    std::chrono::milliseconds timeout = std::chrono::seconds{300};
};

/// The value of a variable in such a list; empty where it is not there.
std::string_view find_variable(const std::vector<std::string>& environment, std::string_view name);

/// The function's environment: all of `of.environment`, Lambda's variables where they are missing,
/// and where the Runtime API is.
std::vector<std::string> function_environment(const function_program& of,
                                              const io::address& runtime_api);

/// "arn:aws:lambda:REGION:012345678912:function:NAME", of the environment's region.
std::string function_arn(const function_program& of);

} // namespace spry::emulator
