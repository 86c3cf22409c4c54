// SPDX-License-Identifier: Apache-2.0
// Why a program could not be executed, in words that say what to do.
#pragma once

#include <spry/emulator/function_program.hpp>

#include <optional>
#include <string>
#include <system_error>

namespace spry::emulator {

/// Looks at the file behind execve's error: missing, a folder, not executable, for another
/// processor, without its loader or interpreter...
std::string explain_start_failure(const function_program& program, const std::error_code& error);

/// What can be seen without execve, in the same words: the program is not there, is a folder, is
/// not executable. None where execve has to be asked.
std::optional<std::string> find_start_failure(const function_program& program);

} // namespace spry::emulator
