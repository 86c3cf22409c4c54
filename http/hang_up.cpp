// SPDX-License-Identifier: Apache-2.0
// What servers wait for and clients never do, in a file of its own: a function's start does not
// read it (cmake/function.ld).
#include <spry/core/assert.hpp>
#include <spry/http/connection.hpp>

#include <cstddef>
#include <span>
#include <utility>

namespace spry::http {

task<result<>> connection::peer_gone(stop_token stop) {
    SPRY_ASSERT(at_message_end());
    if (!buffer_.is_retained())
        buffer_.retain();
    for (;;) {
        const std::span<std::byte> room = buffer_.room();
        if (room.empty()) { // it has sent so much more that it can hardly have gone
            io::io_awaiter<void> stopped{stream_.loop(), io::opcode::resume, stop};
            const result<> never = co_await std::move(stopped);
            co_return never;
        }
        const result<std::size_t> received = co_await stream_.recv(room, stop);
        if (!received && received.error() == errc::cancelled)
            co_return failure(errc::cancelled);
        if (!received || *received == 0)
            co_return result<>{};
        buffer_.received(*received);
        bytes_received_ += *received;
    }
}

} // namespace spry::http
