// SPDX-License-Identifier: Apache-2.0
// Why a program could not be executed, in words that say what to do.
#pragma once

#include <spry/emulator/function_program.hpp>

#include <string>
#include <system_error>

namespace spry::emulator {

/// Looks at the file behind execve's error: missing, a folder, not executable, for another
/// processor, without its loader or interpreter...
std::string explain_start_failure(const function_program& program, const std::error_code& error);

} // namespace spry::emulator
