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

/// Fills `*into` from SPRY_LISTEN, SPRY_ALLOW_HOST (names, separated by commas), SPRY_CORS
/// (origins, likewise) and the variables of RIE's: AWS_LAMBDA_FUNCTION_NAME, _VERSION, _MEMORY_SIZE
/// (MiB) and _TIMEOUT (seconds), and AWS_LAMBDA_MAX_CONCURRENCY, which makes it a Managed Instance.
///
/// PORT, which platforms for HTTP services set, makes it one, unless somebody has chosen where to
/// listen: it listens there on all addresses, every request is the function's, and as many
/// processes serve them as there are processors.
///
/// `listen` is what a flag has chosen, before any variable. `environment` also becomes the
/// function's. Returns a sentence where a value cannot be used.
std::optional<std::string> read_settings(std::vector<std::string> environment, bool in_container,
                                         emulator_options* into,
                                         const std::optional<listen_choice>& listen = {});

/// Of a list of origins, separated by commas, what pages need that are served elsewhere while they
/// are developed: any method and any header, no credentials. None where one is no origin.
std::optional<cors_settings> read_cors_origins(std::string_view list);

/// argv or environ, copied.
std::vector<std::string> strings_of(char** list);

/// True where a program was started under the name of AWS's emulator, aws-lambda-rie: it then
/// listens where that one does.
bool is_rie_name(std::string_view argv0) noexcept;

} // namespace spry::emulator
