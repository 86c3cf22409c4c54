// SPDX-License-Identifier: Apache-2.0
#include <spry/io/address.hpp>

#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace spry::io {

namespace {

sockaddr_in v4(std::uint32_t host, std::uint16_t port) noexcept {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    in.sin_addr.s_addr = htonl(host);
    return in;
}

template <class T>
address from(const T& native) noexcept {
    return address::from_kernel(reinterpret_cast<const sockaddr*>(&native), sizeof native);
}

// Four decimal numbers; not inet_pton, which a static binary would otherwise carry for this alone.
bool parse_v4(std::string_view text, std::uint32_t& host) noexcept {
    host = 0;
    const char* at = text.data();
    const char* const end = at + text.size();
    for (int part = 0; part < 4; ++part) {
        if (part > 0 && (at == end || *at++ != '.'))
            return false;
        unsigned number = 0;
        const auto [behind, error] = std::from_chars(at, end, number);
        if (error != std::errc{} || number > 255)
            return false;
        // A leading zero would mean octal to some.
        if (*at == '0' && behind - at > 1)
            return false;
        host = host << 8 | number;
        at = behind;
    }
    return at == end;
}

} // namespace

result<address> address::from_numeric(std::string_view host, std::uint16_t port) noexcept {
    std::uint32_t v4_host = 0;
    if (parse_v4(host, v4_host))
        return from(v4(v4_host, port));

    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    std::array<char, INET6_ADDRSTRLEN> text;
    if (host.find(':') == host.npos || host.size() >= text.size())
        return failure(errc::invalid_endpoint);
    std::memcpy(text.data(), host.data(), host.size());
    text[host.size()] = '\0';
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    if (::inet_pton(AF_INET6, text.data(), &in.sin6_addr) != 1)
        return failure(errc::invalid_endpoint);
    return from(in);
}

address address::loopback_v4(std::uint16_t port) noexcept {
    return from(v4(INADDR_LOOPBACK, port));
}
address address::any_v4(std::uint16_t port) noexcept {
    return from(v4(INADDR_ANY, port));
}

address address::loopback_v6(std::uint16_t port) noexcept {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    in.sin6_addr = IN6ADDR_LOOPBACK_INIT;
    return from(in);
}

address address::from_kernel(const sockaddr* data, std::size_t size) noexcept {
    static_assert(sizeof(sockaddr_in6) <= sizeof storage_);
    SPRY_ASSERT(size <= sizeof storage_);
    address copy;
    std::memcpy(copy.storage_.data(), data, size);
    copy.size_ = static_cast<std::uint32_t>(size);
    return copy;
}

const sockaddr* address::data() const noexcept {
    return reinterpret_cast<const sockaddr*>(storage_.data());
}

int address::family() const noexcept {
    return data()->sa_family;
}

std::uint16_t address::port() const noexcept {
    // The port stands in the same place in both forms.
    return ntohs(reinterpret_cast<const sockaddr_in*>(storage_.data())->sin_port);
}

bool address::is_loopback() const noexcept {
    if (family() == AF_INET) {
        const auto* in = reinterpret_cast<const sockaddr_in*>(storage_.data());
        return (ntohl(in->sin_addr.s_addr) >> 24) == 127;
    }
    const in6_addr loopback = IN6ADDR_LOOPBACK_INIT;
    const auto* in = reinterpret_cast<const sockaddr_in6*>(storage_.data());
    return std::memcmp(&in->sin6_addr, &loopback, sizeof loopback) == 0;
}

std::string address::to_string() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (family() == AF_INET) {
        ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(storage_.data())->sin_addr,
                    text.data(), text.size());
        return std::string{text.data()} + ":" + std::to_string(port());
    }
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(storage_.data())->sin6_addr,
                text.data(), text.size());
    return "[" + std::string{text.data()} + "]:" + std::to_string(port());
}

} // namespace spry::io
