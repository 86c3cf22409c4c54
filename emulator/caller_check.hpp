// SPDX-License-Identifier: Apache-2.0
// Which requests are refused although they reach the port: those that a web page of another origin
// has made in somebody's browser (architecture 7).
#pragma once

#include <spry/http/exchange.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace spry::emulator {

/// What a request says about where it comes from; none where the header is absent.
struct caller_headers {
    std::optional<std::string_view> host;
    std::optional<std::string_view> origin;
    std::optional<std::string_view> sec_fetch_site;
};

/// Views into the request.
caller_headers caller_of(const http::exchange& exchange) noexcept;

/// Why the request is refused, as a sentence for its maker; empty where it is not.
///
/// 1. On a loopback bind the Host header must name this machine (or one of `allowed_hosts`): a name
///    of somebody else's that resolves to 127.0.0.1 would make his page a page of ours. Its port is
///    ignored, since tunnels and published container ports change it. On any other bind programs
///    use names of all kinds, so only a page's request is held to that; it may also name an
///    address, which nobody can make resolve to another one.
/// 2. An Origin must be the Host's. A simple POST needs no permission of the browser's.
/// 3. Sec-Fetch-Site, which a page cannot forge, must be same-origin or none.
std::string_view refuse_caller(const caller_headers& headers, bool loopback_bind,
                               std::span<const std::string> allowed_hosts) noexcept;

/// The same for what only people with a browser ask for, which is a page's request always: a
/// browser says nothing of where a GET comes from if its page has no secure origin.
std::string_view refuse_browser(const caller_headers& headers, bool loopback_bind,
                                std::span<const std::string> allowed_hosts) noexcept;

/// Of a Host header, "name:8080": "name", without a dot at its end. An IPv6 address keeps its
/// brackets.
std::string_view host_name(std::string_view host) noexcept;
/// "8080", or nothing.
std::string_view host_port(std::string_view host) noexcept;

/// localhost, *.localhost, 127.x.y.z or [::1], with or without a port.
bool is_local_host(std::string_view host) noexcept;

} // namespace spry::emulator
