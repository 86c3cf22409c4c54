// SPDX-License-Identifier: Apache-2.0
// The environment variables that tell the emulator what to do.
#pragma once

#include <spry/emulator/emulator.hpp>

#include <optional>
#include <string>
#include <vector>

namespace spry::emulator {

/// Fills `*into` from SPRY_LISTEN, SPRY_ALLOW_HOST (names, separated by commas) and the variables
/// of RIE's: AWS_LAMBDA_FUNCTION_NAME, _VERSION, _MEMORY_SIZE (MiB) and _TIMEOUT (seconds).
/// `environment` also becomes the function's. Returns a sentence where a value cannot be used.
std::optional<std::string> read_settings(std::vector<std::string> environment, bool in_container,
                                         emulator_options* into);

} // namespace spry::emulator
