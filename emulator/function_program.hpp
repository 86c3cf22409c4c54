// SPDX-License-Identifier: Apache-2.0
// What the emulator runs as its function, and what that program finds in its environment.
#pragma once

#include <spry/emulator/extension_host.hpp>
#include <spry/io/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
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
    /// How long a process may take to ask for its first event; afterwards it is killed, and what
    /// waits gets one more, whose initialisation counts against `timeout` (contract 1.10).
    std::chrono::milliseconds init_timeout = std::chrono::seconds{10};
    std::string working_directory; ///< empty: this process's
    /// Not 0: as on Managed Instances, one process has several invocations at a time, at most this
    /// many by its own account (AWS_LAMBDA_MAX_CONCURRENCY, contract 3.1).
    std::size_t managed_concurrency = 0;
    /// Processes for overlapping invocations; 0: as many as of every other function.
    std::size_t environments_max = 0;
    bool freeze = false; ///< its processes are stopped while they have nothing to do
    extension_host_maker make_extensions = nullptr;        ///< null: there are none
    std::vector<std::string> extensions;                   ///< paths of the external ones
    std::optional<io::address> runtime_api = std::nullopt; ///< none: a free port of 127.0.0.1
};

/// The value of a variable in such a list; empty where it is not there.
std::string_view find_variable(const std::vector<std::string>& environment, std::string_view name);

/// The function's environment: all of `of.environment`, Lambda's variables where they are missing,
/// and where the Runtime API is.
std::vector<std::string> function_environment(const function_program& of,
                                              const io::address& runtime_api);

/// Sets "NAME=value" in such a list, in place of the one that is there.
void set_variable(std::vector<std::string>& environment, std::string_view name,
                  std::string_view value);

/// "arn:aws:lambda:REGION:012345678912:function:NAME", of the environment's region.
std::string function_arn(const function_program& of);

} // namespace spry::emulator
