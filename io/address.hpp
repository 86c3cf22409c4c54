// SPDX-License-Identifier: Apache-2.0
// address: where a TCP socket connects to or listens on.
#pragma once

#include <spry/core/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

struct sockaddr;

namespace spry::io {

/// An IPv4 or IPv6 address with its port: a value, in the kernel's form.
class address {
public:
    /// "127.0.0.1" or "::1" (with or without brackets), in numbers only; `errc::invalid_endpoint`
    /// for anything else. Parsed by hand: start-up calls no resolver for what is a number already.
    static result<address> from_numeric(std::string_view host, std::uint16_t port) noexcept;

    /// As `from_numeric`, but a host name is looked up by libc's resolver, which blocks;
    /// `errc::host_not_found` where it knows none. Of several addresses an IPv4 one is taken: that
    /// is where Runtime APIs listen, while "localhost" often means ::1 first. Not on a running
    /// loop.
    static result<address> resolve(std::string_view host, std::uint16_t port);

    static address loopback_v4(std::uint16_t port) noexcept;
    static address loopback_v6(std::uint16_t port) noexcept;
    static address any_v4(std::uint16_t port) noexcept;

    /// From what the kernel filled in (getsockname, accept).
    static address from_kernel(const sockaddr* data, std::size_t size) noexcept;

    const sockaddr* data() const noexcept;
    std::uint32_t size() const noexcept { return size_; }
    int family() const noexcept;
    std::uint16_t port() const noexcept;
    bool is_loopback() const noexcept;

    /// "127.0.0.1:9000", "[::1]:9000".
    std::string to_string() const;

private:
    alignas(8) std::array<std::byte, 28> storage_{}; // sockaddr_in6, the larger of the two
    std::uint32_t size_ = 0;
};

} // namespace spry::io
