// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/listen.hpp>

#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

namespace spry::emulator {

namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [behind, error] = std::from_chars(text.data(), end, port);
    if (error != std::errc{} || behind != end)
        return std::nullopt;
    return port;
}

listen_choice loopback(std::uint16_t port) noexcept {
    return {true, io::address::loopback_v4(port)};
}

} // namespace

result<listen_choice> parse_listen(std::string_view text) noexcept {
    const std::size_t colon = text.rfind(':');
    const bool has_host = colon != text.npos;
    const std::optional<std::uint16_t> port = parse_port(has_host ? text.substr(colon + 1) : text);
    if (!port)
        return failure(errc::invalid_endpoint);
    if (!has_host)
        return loopback(*port);

    const std::string_view host = text.substr(0, colon);
    if (host.empty())
        return listen_choice{false, io::address::any_v4(*port)};
    if (host == "localhost")
        return loopback(*port);
    // Without brackets nobody can tell where an IPv6 address ends and the port begins.
    if (host.find(':') != host.npos && (host.front() != '[' || host.back() != ']'))
        return failure(errc::invalid_endpoint);
    const result<io::address> address = io::address::from_numeric(host, *port);
    if (!address)
        return failure(address.error());
    return listen_choice{false, *address};
}

listen_choice default_listen(bool in_container) noexcept {
    if (in_container)
        return {false, io::address::any_v4(container_port)};
    return loopback(loopback_port_default);
}

result<std::vector<io::listener>> bind_all(io::event_loop& loop, const listen_choice& at) {
    std::vector<io::listener> bound;
    result<io::listener> first = io::listener::bind(loop, at.address);
    if (!first)
        return failure(first.error());
    const std::uint16_t port = first->local_address().port();
    bound.push_back(std::move(*first));
    if (!at.both_loopbacks)
        return bound;

    result<io::listener> second = io::listener::bind(loop, io::address::loopback_v6(port));
    if (second) {
        bound.push_back(std::move(*second));
    } else if (at.port() != 0 && second.error() == std::errc::address_in_use) {
        // "localhost" may mean ::1: somebody else would get half of the requests.
        return failure(second.error());
    }
    return bound;
}

} // namespace spry::emulator
