// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/caller_check.hpp>

#include <spry/http/headers.hpp>
#include <spry/io/address.hpp>

#include <cstddef>

namespace spry::emulator {

namespace {

// Of the port; npos where there is none.
std::size_t find_colon(std::string_view host) noexcept {
    const std::size_t bracket = host.find(']');
    return host.find(':', bracket == host.npos ? 0 : bracket);
}

// "http://name:8080" without its scheme.
std::string_view origin_host(std::string_view origin) noexcept {
    const std::size_t scheme_end = origin.find("://");
    return scheme_end == origin.npos ? std::string_view{} : origin.substr(scheme_end + 3);
}

bool is_allowed(std::string_view name, std::span<const std::string> allowed) noexcept {
    for (const std::string& host : allowed) {
        if (http::equal_ignoring_case(name, host))
            return true;
    }
    return false;
}

bool is_address(std::string_view host) noexcept {
    return io::address::from_numeric(host_name(host), 0).has_value();
}

} // namespace

std::string_view host_name(std::string_view host) noexcept {
    host = host.substr(0, find_colon(host));
    if (host.ends_with('.')) // the same name, fully qualified
        host.remove_suffix(1);
    return host;
}

std::string_view host_port(std::string_view host) noexcept {
    const std::size_t colon = find_colon(host);
    return colon == host.npos ? std::string_view{} : host.substr(colon + 1);
}

caller_headers caller_of(const http::exchange& exchange) noexcept {
    return {exchange.header("Host"), exchange.header("Origin"), exchange.header("Sec-Fetch-Site")};
}

bool is_local_host(std::string_view host) noexcept {
    const std::string_view name = host_name(host);
    constexpr std::string_view local = "localhost";
    if (name.size() >= local.size()) {
        const std::string_view front = name.substr(0, name.size() - local.size());
        if (http::equal_ignoring_case(name.substr(front.size()), local) &&
            (front.empty() || front.ends_with('.')))
            return true;
    }
    const result<io::address> address = io::address::from_numeric(name, 0);
    return address && address->is_loopback();
}

std::string_view refuse_caller(const caller_headers& headers, bool loopback_bind,
                               std::span<const std::string> allowed_hosts) noexcept {
    const bool is_page = headers.origin || headers.sec_fetch_site;
    return is_page || loopback_bind ? refuse_browser(headers, loopback_bind, allowed_hosts)
                                    : std::string_view{};
}

std::string_view refuse_browser(const caller_headers& headers, bool loopback_bind,
                                std::span<const std::string> allowed_hosts) noexcept {
    // Only old and hand-made clients send no Host; browsers always do.
    if (headers.host && !is_local_host(*headers.host) &&
        !is_allowed(host_name(*headers.host), allowed_hosts) &&
        (loopback_bind || !is_address(*headers.host)))
        return "The Host header names another machine; SPRY_ALLOW_HOST=NAME allows it.";
    if (headers.sec_fetch_site && *headers.sec_fetch_site != "same-origin" &&
        *headers.sec_fetch_site != "none")
        return "A web page of another origin may not invoke functions here (Sec-Fetch-Site).";
    if (headers.origin && (!headers.host || origin_host(*headers.origin).empty() ||
                           !http::equal_ignoring_case(origin_host(*headers.origin), *headers.host)))
        return "A web page of another origin may not invoke functions here (Origin).";
    return {};
}

} // namespace spry::emulator
