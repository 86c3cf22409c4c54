// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/cors.hpp>

#include <algorithm>
#include <cstddef>

namespace spry::emulator {

namespace {

bool is_allowed(std::string_view origin, const std::vector<std::string>& origins) noexcept {
    return std::any_of(origins.begin(), origins.end(),
                       [origin](const std::string& each) { return each == "*" || each == origin; });
}

void add_unless_empty(http::exchange& to, std::string_view name, std::string_view value) {
    if (!value.empty())
        to.add_header(name, value);
}

} // namespace

bool is_origin(std::string_view text) noexcept {
    if (text == "*")
        return true;
    const std::size_t scheme_end = text.find("://");
    if (scheme_end == 0 || scheme_end == text.npos || text.find_first_of(" ,*?#") != text.npos)
        return false;
    const std::string_view host = text.substr(scheme_end + 3);
    return !host.empty() && host.find('/') == host.npos;
}

bool is_preflight(const http::exchange& of, const cors_settings& settings) noexcept {
    return !settings.origins.empty() && of.method() == "OPTIONS" && of.header("Origin") &&
           of.header("Access-Control-Request-Method");
}

void add_cors_headers(http::exchange& to, const cors_settings& settings) {
    if (settings.origins.empty())
        return;
    to.add_header("Vary", "Origin");
    const std::optional<std::string_view> origin = to.header("Origin");
    if (!origin || !is_allowed(*origin, settings.origins))
        return;
    to.add_header("Access-Control-Allow-Origin", *origin);
    if (settings.credentials)
        to.add_header("Access-Control-Allow-Credentials", "true");
    if (!is_preflight(to, settings)) {
        add_unless_empty(to, "Access-Control-Expose-Headers", settings.exposed_headers);
        return;
    }
    add_unless_empty(to, "Access-Control-Allow-Methods", settings.methods);
    add_unless_empty(to, "Access-Control-Allow-Headers", settings.headers);
    if (settings.max_age_seconds)
        to.add_header("Access-Control-Max-Age", std::to_string(*settings.max_age_seconds));
}

} // namespace spry::emulator
