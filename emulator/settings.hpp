// SPDX-License-Identifier: Apache-2.0
// The environment variables that tell the emulator what to do.
#pragma once

#include <spry/emulator/emulator.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spry::emulator {

/// What a function's timeout may be. A day: beyond Lambda's 900, for whoever stops in a debugger.
inline constexpr std::uint64_t timeout_seconds_max = 86'400;
/// What a function's memory size may be.
inline constexpr std::uint64_t memory_size_mib_max = 1'048'576;

/// Fills `*into` from SPRY_LISTEN, SPRY_ALLOW_HOST (names, separated by commas) and the variables
/// of RIE's: AWS_LAMBDA_FUNCTION_NAME, _VERSION, _MEMORY_SIZE (MiB) and _TIMEOUT (seconds), and
/// AWS_LAMBDA_MAX_CONCURRENCY, which makes it a Managed Instance. PORT, which platforms for HTTP
/// services set, makes it one: it listens there on all addresses, and every request is the
/// function's.
/// `environment` also becomes the function's. Returns a sentence where a value cannot be used.
std::optional<std::string> read_settings(std::vector<std::string> environment, bool in_container,
                                         emulator_options* into);

/// argv or environ, copied.
std::vector<std::string> strings_of(char** list);

/// True where a program was started under the name of AWS's emulator, aws-lambda-rie: it then
/// listens where that one does.
bool is_rie_name(std::string_view argv0) noexcept;

} // namespace spry::emulator
