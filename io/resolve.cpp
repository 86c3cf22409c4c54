// SPDX-License-Identifier: Apache-2.0
// The look-up of host names, in a file of its own: a binary that never resolves one does not carry
// libc's resolver.
#include <spry/io/address.hpp>

#include <string>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace spry::io {

result<address> address::resolve(std::string_view host, std::uint16_t port) {
    if (result<address> numeric = from_numeric(host, port))
        return numeric;

    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const std::string name{host};
    if (::getaddrinfo(name.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
        return failure(errc::host_not_found);
    const addrinfo* best = found;
    while (best != nullptr && best->ai_family != AF_INET)
        best = best->ai_next;
    if (best == nullptr)
        best = found;
    const address chosen = from_kernel(best->ai_addr, best->ai_addrlen);
    ::freeaddrinfo(found);
    return chosen;
}

} // namespace spry::io
