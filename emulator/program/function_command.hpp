// SPDX-License-Identifier: Apache-2.0
// Which program a function's command is, as aws-lambda-rie takes it from its command line (runtime
// contract 7.2).
#pragma once

#include <spry/emulator/function_program.hpp>

#include <optional>
#include <string>
#include <vector>

namespace spry::emulator {

/// Sets the function's program, arguments and, where it is not set yet, its _HANDLER: the last
/// argument. Names without a slash are looked for along the PATH of the function's environment,
/// paths begin in its working directory. Without a command one of the default programs is taken,
/// with /var/task as its working directory. What is wrong, as a sentence, or none.
std::optional<std::string> set_command(const std::vector<std::string>& command,
                                       function_program& function);

} // namespace spry::emulator
