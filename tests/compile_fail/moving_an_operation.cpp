// SPDX-License-Identifier: Apache-2.0
// The kernel writes to where an operation was submitted.
// expects: deleted
#include <spry/io/socket.hpp>

#include <cstddef>
#include <span>
#include <utility>

void receive(spry::io::socket& from, std::span<std::byte> into) {
    spry::io::socket::recv_awaiter receiving = from.recv(into);
#ifdef SPRY_WRONG
    spry::io::socket::recv_awaiter moved = std::move(receiving);
    (void)moved;
#endif
    (void)receiving;
}
