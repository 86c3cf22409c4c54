// SPDX-License-Identifier: Apache-2.0
// functions_file: several functions and their settings, from a small JSON file.
#pragma once

#include <spry/emulator/function_program.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spry::emulator {

/// Reads such a text; all but the names may be left out:
///
///     {"functions": [{
///         "name": "clerk",                    by which it is invoked
///         "command": ["./clerk", "serve"],    else that of the command line
///         "handler": "serve",                 its _HANDLER; else the command's last argument, or
///                                             the name
///         "timeout": 3,                       seconds
///         "memory": 128,                      MiB, told and not enforced
///         "concurrency": 2,                   processes for overlapping invocations
///         "environment": {"LOG_LEVEL": "debug"}}]}
///
/// Each function is `common`, changed by its settings. Paths in a command begin in `folder`, which
/// is also the working directory of a function with a command of its own; empty: this process's.
/// `line_command` is the command line's. A member that has no meaning here is refused. What is
/// wrong, as a sentence, or none, and then `*into` has at least one function.
std::optional<std::string> read_functions(std::string_view text, const std::string& folder,
                                          const function_program& common,
                                          const std::vector<std::string>& line_command,
                                          std::vector<function_program>* into);

/// The same from a file, whose name stands in front of what is wrong and whose folder is the one
/// that paths begin in.
std::optional<std::string> read_functions_file(const std::string& path,
                                               const function_program& common,
                                               const std::vector<std::string>& line_command,
                                               std::vector<function_program>* into);

} // namespace spry::emulator
