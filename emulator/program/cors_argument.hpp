// SPDX-License-Identifier: Apache-2.0
// What stands behind --cors.
#pragma once

#include <spry/emulator/cors.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace spry::emulator {

/// Origins, separated by commas (`read_cors_origins`), or JSON as the service takes it for a
/// function's URL: AllowOrigins, AllowMethods, AllowHeaders and ExposeHeaders, which are lists,
/// MaxAge in seconds, and AllowCredentials. None where it is neither, or allows no origin. Where
/// JSON is invalid, or has other members, `*mistake` is set to a sentence with the place.
std::optional<cors_settings> read_cors_argument(std::string_view text, std::string* mistake);

} // namespace spry::emulator
