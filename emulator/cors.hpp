// SPDX-License-Identifier: Apache-2.0
// cors: what a function's URL tells browsers about pages of other origins.
#pragma once

#include <spry/http/exchange.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spry::emulator {

/// The settings that a function's URL has in the service, with the service's meaning: what is not
/// set is not sent. Lists are as they are sent, with commas.
struct cors_settings {
    std::vector<std::string> origins; ///< "*": any. Without one there is no CORS
    std::string methods;
    std::string headers;
    std::string exposed_headers;
    std::optional<std::uint32_t> max_age_seconds; ///< of the answer to a preflight
    bool credentials = false;
};

/// What an origin in settings may be: "*", or as browsers send it, scheme and host and nothing
/// behind.
bool is_origin(std::string_view text) noexcept;

/// True where a browser asks whether it may send a request, and somebody has set what it may.
bool is_preflight(const http::exchange& of, const cors_settings& settings) noexcept;

/// Adds the headers that the settings have for the request's Origin. A browser compares
/// Access-Control-Allow-Origin with it letter by letter, so it is named where any is allowed, too.
void add_cors_headers(http::exchange& to, const cors_settings& settings);

} // namespace spry::emulator
