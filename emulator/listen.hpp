// SPDX-License-Identifier: Apache-2.0
// Where the emulator listens: what SPRY_LISTEN may say, and the choice without it (architecture 7).
#pragma once

#include <spry/core/result.hpp>
#include <spry/io/address.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/listener.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace spry::emulator {

inline constexpr std::uint16_t loopback_port_default = 9000;
inline constexpr std::uint16_t container_port = 8080; // aws-lambda-rie's

/// One address, or both loopback addresses with one port.
struct listen_choice {
    bool both_loopbacks = true;                                            ///< 127.0.0.1 and ::1
    io::address address = io::address::loopback_v4(loopback_port_default); ///< the (first) address

    std::uint16_t port() const noexcept { return address.port(); }
};

/// "HOST:PORT" with an IP address (IPv6 in brackets) or "localhost"; ":PORT", which is 0.0.0.0;
/// "PORT", which is loopback. Port 0 takes a free one. Else `errc::invalid_endpoint`.
result<listen_choice> parse_listen(std::string_view text) noexcept;

/// Without SPRY_LISTEN: in a container (as PID 1, or under RIE's name) 0.0.0.0:8080, else loopback.
listen_choice default_listen(bool in_container) noexcept;

/// Binds what was chosen, the first address first; ::1 is left out where there is no IPv6. Fails
/// with the errno of bind, for instance std::errc::address_in_use.
result<std::vector<io::listener>> bind_all(io::event_loop& loop, const listen_choice& at);

} // namespace spry::emulator
